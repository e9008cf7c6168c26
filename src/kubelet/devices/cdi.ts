/**
 * What a container gets with a device, as the container device interface (CDI) describes it in
 * files on the node: variables, device files, mounts, groups. We read the files ourselves and tell
 * the runtime the outcome, because containerd before 1.7 knows nothing of them.
 *
 * differs: CDI hooks cannot be passed on to the runtime; a device with hooks is refused.
 *
 * source: github.com/cncf-tags/container-device-interface/SPEC.md
 */
import type { Disk } from "#base/disk.ts";
import { parseYaml } from "#base/yaml.ts";
import type { ContainerConfig, Device, Mount } from "../runtime.ts";

/** exact: CDI; later folders come first. */
const folders = ["/etc/cdi", "/var/run/cdi"] as const;

/** What is added to a container. */
export interface ContainerEdits {
  readonly envs: readonly (readonly [name: string, value: string])[];
  readonly devices: readonly Device[];
  readonly mounts: readonly Mount[];
  readonly groups: readonly number[];
}

const noEdits: ContainerEdits = { envs: [], devices: [], mounts: [], groups: [] };

interface RawEdits {
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly {
    readonly path: string;
    readonly hostPath?: string;
    readonly permissions?: string;
  }[];
  readonly mounts?: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly options?: readonly string[];
    readonly type?: string;
  }[];
  readonly hooks?: readonly object[];
  readonly additionalGids?: readonly number[];
}

interface Spec {
  readonly kind: string;
  readonly devices: readonly { readonly name: string; readonly containerEdits?: RawEdits }[];
  readonly containerEdits?: RawEdits;
}

/** A device that is asked for, with what describes it. */
interface Described {
  readonly id: string;
  readonly spec: Spec;
  readonly edits: RawEdits;
}

/** For devices named `vendor.com/class=device`. Throws for those that no file describes. */
export async function editsFor(ids: readonly string[], disk: Disk): Promise<ContainerEdits> {
  if (ids.length === 0) return noEdits;
  const specs = await readSpecs(disk);
  const described = ids.map((id) => describe(id, specs));
  const missing = described.flatMap((one, i) => (one ? [] : [ids[i]]));
  // exact: CDI
  if (missing.length > 0) throw new Error(`unresolvable CDI devices ${missing.join(", ")}`);
  const found = described.filter((one) => one !== undefined);
  const whole = new Set(found.map(({ spec }) => spec));
  const edits = [
    ...found.map(({ id, edits: raw }) => editsOf(raw, id)),
    ...[...whole].map(({ kind, containerEdits = {} }) => editsOf(containerEdits, kind)),
  ];
  return {
    envs: edits.flatMap(({ envs }) => envs),
    devices: edits.flatMap(({ devices }) => devices),
    mounts: edits.flatMap(({ mounts }) => mounts),
    groups: edits.flatMap(({ groups }) => groups),
  };
}

/** What devices say goes over what the pod says. */
export function withEdits(config: ContainerConfig, edits: ContainerEdits): ContainerConfig {
  if (edits === noEdits) return config;
  const envs = new Map([
    ...config.envs.map(({ key, value }) => [key, value] as const),
    ...edits.envs,
  ]);
  const security = config.linux.securityContext;
  const supplementalGroups = [...new Set([...security.supplementalGroups, ...edits.groups])];
  return {
    ...config,
    envs: Array.from(envs, ([key, value]) => ({ key, value })),
    mounts: [...config.mounts, ...edits.mounts],
    devices: [...(config.devices ?? []), ...edits.devices],
    linux: { ...config.linux, securityContext: { ...security, supplementalGroups } },
  };
}

async function readSpecs(disk: Disk): Promise<readonly Spec[]> {
  const specs: Spec[] = [];
  for (const folder of folders) {
    for (const name of (await disk.list(folder)) ?? []) {
      if (!/\.(json|ya?ml)$/.test(name)) continue;
      const bytes = await disk.read(`${folder}/${name}`);
      if (bytes) specs.unshift(specIn(`${folder}/${name}`, new TextDecoder().decode(bytes)));
    }
  }
  return specs;
}

function specIn(path: string, text: string): Spec {
  let spec: unknown;
  try {
    spec = path.endsWith(".json") ? JSON.parse(text) : parseYaml(text);
  } catch (cause) {
    throw new Error(`failed to parse CDI Spec ${JSON.stringify(path)}: ${String(cause)}`, {
      cause,
    });
  }
  const { kind, devices } = (spec ?? {}) as Partial<Spec>;
  if (typeof kind !== "string" || !Array.isArray(devices))
    throw new Error(`invalid CDI Spec ${JSON.stringify(path)}: it has no kind, or no devices`);
  return spec as Spec;
}

function describe(id: string, specs: readonly Spec[]): Described | undefined {
  const [kind, name] = id.split("=");
  for (const spec of specs) {
    const device = spec.kind === kind && spec.devices.find((one) => one.name === name);
    if (device) return { id, spec, edits: device.containerEdits ?? {} };
  }
  return undefined;
}

function editsOf(raw: RawEdits, whose: string): ContainerEdits {
  if (raw.hooks?.length)
    throw new Error(`CDI device ${whose} has hooks, which this kubelet cannot pass on`);
  return {
    envs: (raw.env ?? []).map((line) => {
      const at = line.indexOf("=");
      return [at < 0 ? line : line.slice(0, at), at < 0 ? "" : line.slice(at + 1)];
    }),
    devices: (raw.deviceNodes ?? []).map(({ path, hostPath, permissions }) => ({
      containerPath: path,
      hostPath: hostPath || path,
      permissions: permissions || "rwm",
    })),
    mounts: (raw.mounts ?? []).map((mount) => mountOf(mount, whose)),
    groups: raw.additionalGids ?? [],
  };
}

type RawMount = NonNullable<RawEdits["mounts"]>[number];

const propagations: Readonly<Record<string, Mount["propagation"]>> = {
  rshared: "PROPAGATION_BIDIRECTIONAL",
  shared: "PROPAGATION_BIDIRECTIONAL",
  rslave: "PROPAGATION_HOST_TO_CONTAINER",
  slave: "PROPAGATION_HOST_TO_CONTAINER",
};

function mountOf({ hostPath, containerPath, options = [], type }: RawMount, whose: string): Mount {
  if (type && type !== "bind" && type !== "none")
    throw new Error(
      `CDI device ${whose} has a mount of type ${type}: only bind mounts can be passed on`,
    );
  const propagation = options.map((option) => propagations[option]).find(Boolean);
  return {
    containerPath,
    hostPath,
    readonly: options.includes("ro"),
    propagation: propagation ?? "PROPAGATION_PRIVATE",
  };
}
