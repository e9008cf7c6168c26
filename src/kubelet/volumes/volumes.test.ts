import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ConfigMap } from "#api/core/configmap.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Secret } from "#api/core/secret.ts";
import type { Volume } from "#api/core/volume-sources.ts";
import { systemDisk } from "#host/disk.ts";
import { Metrics } from "#base/metrics.ts";
import { VirtualClock } from "#sim/clock.ts";
import { containerWith, podWith } from "../pod/testing.ts";
import { writeFolder } from "./atomic-folder.ts";
import { ownTree } from "./ownership.ts";
import { checkType } from "./host-path.ts";
import {
  mountVolumes,
  type PodVolumesOptions,
  unmountVolumes,
  volumeReferences,
} from "./pod-volumes.ts";
import { resolveSubPath } from "./sub-path.ts";

const disk = systemDisk;

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "k8ts-volumes-"));
  context.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

const file = (path: string, content: string, mode = 0o644) => ({ path, content, mode });
const write = (path: string, files: readonly ReturnType<typeof file>[], nowMs = 0) =>
  writeFolder({ disk, path, gid: undefined, nowMs }, files);

test("a folder of files is seen through one link that is swapped", async (context) => {
  const path = await folder(context);
  await write(path, [file("a", "1"), file("sub/b", "2", 0o600)]);
  deepEqual(
    readdirSync(path).filter((name) => !name.startsWith("..")),
    ["a", "sub"],
  );
  equal(readlinkSync(join(path, "a")), "..data/a");
  const before = readlinkSync(join(path, "..data"));
  equal(readFileSync(join(path, "sub/b"), "utf8"), "2");
  equal(statSync(join(path, "sub/b")).mode & 0o777, 0o600);
  await write(path, [file("a", "3")], 1_000);
  const now = readlinkSync(join(path, "..data"));
  equal(now === before, false);
  deepEqual(readdirSync(path).sort(), ["..data", now, "a"].sort());
  equal(readFileSync(join(path, "a"), "utf8"), "3");
});

test("nobody sees a file before it has its mode: it is made behind a door that is shut", async (context) => {
  const path = await folder(context);
  const doors: (number | undefined)[] = [];
  const watched = {
    ...disk,
    append: async (name: string, content: Uint8Array | string) => {
      const parts = name.slice(path.length + 1).split("/");
      doors.push((await disk.facts(join(path, parts[0] ?? "")))?.mode);
      await disk.append(name, content);
    },
  };
  const files = [file("a", "1", 0o400), file("sub/b", "2", 0o400)];
  await writeFolder({ disk: watched, path, gid: undefined, nowMs: 0 }, files);
  deepEqual(
    doors.map((mode = 0) => mode & 0o777),
    [0o700, 0o700],
  );
  for (const [name, mode] of [
    ["..data/", 0o755],
    ["..data/sub", 0o755],
    ["sub/b", 0o400],
  ] as const)
    equal(statSync(join(path, name)).mode & 0o777, mode, name);
});

test("nothing is touched while the content stays the same", async (context) => {
  const path = await folder(context);
  await write(path, [file("a", "1")]);
  const before = readlinkSync(join(path, "..data"));
  await write(path, [file("a", "1")], 5_000);
  equal(readlinkSync(join(path, "..data")), before);
});

test("what an interrupted write left behind is no obstacle", async (context) => {
  const path = await folder(context);
  await mkdir(join(path, "..1970_01_01_00_00_00.000000000"));
  await write(path, [file("a", "1")]);
  equal(readFileSync(join(path, "a"), "utf8"), "1");
});

test("a subPath is followed through links, but never out of the volume", async (context) => {
  const path = await folder(context);
  await mkdir(join(path, "real"));
  await symlink("real", join(path, "link"));
  await symlink("/etc", join(path, "out"));
  await symlink("../../etc", join(path, "up"));
  await symlink(join(path, "real"), join(path, "absolute"));
  await symlink("loop", join(path, "loop"));
  equal(await resolveSubPath(disk, { path }, "link"), join(path, "real"));
  equal(await resolveSubPath(disk, { path }, "absolute/new"), join(path, "real/new"));
  equal(statSync(join(path, "real/new")).isDirectory(), true);
  for (const bad of ["out", "up", "loop", "out/passwd"])
    equal(await resolveSubPath(disk, { path }, bad), undefined, bad);
});

test("a key of a ConfigMap as subPath is the file behind the links", async (context) => {
  const path = await folder(context);
  await write(path, [file("a", "1")]);
  const resolved = await resolveSubPath(disk, { path }, "a");
  equal(resolved && lstatSync(resolved).isFile(), true);
});

test("a hostPath is what it is said to be", async (context) => {
  const path = await folder(context);
  await writeFile(join(path, "file"), "");
  await checkType(disk, join(path, "none"), "");
  await checkType(disk, path, "Directory");
  await checkType(disk, join(path, "file"), "File");
  await checkType(disk, join(path, "new"), "DirectoryOrCreate");
  equal(statSync(join(path, "new")).isDirectory(), true);
  await checkType(disk, join(path, "new-file"), "FileOrCreate");
  for (const [name, type, what] of [
    ["file", "Directory", "a directory"],
    ["none", "File", "a file"],
    ["file", "Socket", "a socket file"],
    ["file", "CharDevice", "a character device"],
  ] as const)
    await rejects(checkType(disk, join(path, name), type), {
      message: `hostPath type check failed: ${join(path, name)} is not ${what}`,
    });
});

interface World {
  readonly options: PodVolumesOptions;
  readonly mounted: string[];
  readonly objects: { settings: ConfigMap; key: Secret };
}

async function world(context: TestContext): Promise<World> {
  const path = await folder(context);
  const mounted: string[] = [];
  const objects = {
    settings: {
      data: { mode: "fast", other: "x" },
      binaryData: { raw: "AAE=" },
    } as unknown as ConfigMap,
    key: { data: { pass: Buffer.from("s3").toString("base64") } } as unknown as Secret,
  };
  const options: PodVolumesOptions = {
    disk,
    clock: new VirtualClock(),
    metrics: new Metrics(),
    runtime: { releaseLayers: async (key) => void mounted.push(`release ${key}`) },
    mounts: {
      layers: async () => undefined,
      tmpfs: async (at, { sizeBytes } = {}) =>
        void mounted.push(`${at.split("/").at(-1)} ${sizeBytes}`),
      isMounted: async () => false,
      unmountBelow: async (at) => void mounted.push(`unmount ${at.split("/").at(-1)}`),
    },
    diskFolder: `${path}/disk`,
    memoryFolder: `${path}/memory`,
    objects: {
      configMap: async (_namespace, name) => (name === "settings" ? objects.settings : undefined),
      secret: async (_namespace, name) => (name === "key" ? objects.key : undefined),
      claim: async (_namespace, name) =>
        name === "bound"
          ? ({ spec: { volumeName: "pv" }, status: { phase: "Bound" } } as never)
          : name === "waiting"
            ? ({ spec: {}, status: { phase: "Pending" } } as never)
            : undefined,
      persistentVolume: async () => ({ spec: { local: { path } } }) as never,
      token: async () => ({ token: "jwt", refreshAtMs: 77, expiresAtMs: 99 }),
    },
    csi: {
      setUp: async ({ name }) => ({ path: `/csi/${name}`, isReadOnly: false }),
      tearDown: async (uid) => void mounted.push(`tear down ${uid}`),
    },
    addresses: { podIps: [], hostIps: [] },
    allocatable: {},
  };
  return { options, mounted, objects };
}

function podOf(source: object, parts: Parameters<typeof podWith>[0] = {}): Pod {
  const volumes = [{ name: "v", ...source }] as unknown as readonly Volume[];
  const mount = { name: "v", mountPath: "/v" };
  return podWith({
    volumes,
    containers: [containerWith("app", { volumeMounts: [mount] })],
    ...parts,
  });
}

const readAll = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path)
      .filter((name) => !name.startsWith(".."))
      .map((name) => [name, readFileSync(join(path, name), "utf8")]),
  );

for (const [what, source, content] of [
  ["a ConfigMap", { configMap: { name: "settings" } }, { mode: "fast", other: "x", raw: "\0\x01" }],
  [
    "some of a ConfigMap",
    { configMap: { name: "settings", items: [{ key: "mode", path: "m" }] } },
    { m: "fast" },
  ],
  ["a Secret", { secret: { secretName: "key" } }, { pass: "s3" }],
  ["an optional Secret that is not there", { secret: { secretName: "none", optional: true } }, {}],
  [
    "the downward API",
    { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
    { name: "web" },
  ],
  [
    "several sources",
    {
      projected: {
        sources: [
          { configMap: { name: "settings", items: [{ key: "mode", path: "m" }] } },
          { secret: { name: "key" } },
          { serviceAccountToken: { path: "token" } },
        ],
      },
    },
    { m: "fast", pass: "s3", token: "jwt" },
  ],
] as const) {
  test(`a volume of ${what}`, async (context) => {
    const { options } = await world(context);
    const { volumes, failures } = await mountVolumes(podOf(source), options);
    deepEqual(failures, []);
    deepEqual(readAll(volumes.get("v")?.path ?? ""), content);
  });
}

for (const [what, source, message] of [
  ["a ConfigMap", { configMap: { name: "none" } }, 'configmap "none" not found'],
  ["a Secret", { secret: { secretName: "none" } }, 'secret "none" not found'],
  [
    "a key",
    { configMap: { name: "settings", items: [{ key: "x", path: "x" }] } },
    "references non-existent config key: x",
  ],
  [
    "a claim",
    { persistentVolumeClaim: { claimName: "none" } },
    'persistentvolumeclaim "none" not found',
  ],
  [
    "a volume for a claim",
    { persistentVolumeClaim: { claimName: "waiting" } },
    "error processing PVC default/waiting: PVC is not bound",
  ],
  ["its type", { nfs: { server: "x", path: "/" } }, "no volume plugin matched"],
] as const) {
  test(`a volume says that ${what} is not there`, async (context) => {
    const { options } = await world(context);
    const { failures } = await mountVolumes(podOf(source), options);
    deepEqual(failures, [{ volume: "v", message }]);
  });
}

test("changed objects change the files; a token says when it is due", async (context) => {
  const { options, objects } = await world(context);
  const sources = [{ configMap: { name: "settings" } }, { serviceAccountToken: { path: "token" } }];
  const pod = podOf({ projected: { sources } });
  const first = await mountVolumes(pod, options);
  equal(first.refreshAtMs, 77);
  objects.settings = { data: { mode: "slow" } } as unknown as ConfigMap;
  await mountVolumes(pod, options);
  deepEqual(readAll(first.volumes.get("v")?.path ?? ""), { mode: "slow", token: "jwt" });
});

test(
  "a token is private where it is known who reads it",
  { skip: process.getuid?.() !== 0 && "needs root" },
  async (context) => {
    const { options } = await world(context);
    const projected = { sources: [{ serviceAccountToken: { path: "token" } }] };
    const pod = podOf({ projected }, { securityContext: { runAsUser: 1_234, fsGroup: 55 } });
    const { volumes } = await mountVolumes(pod, options);
    const { mode, uid, gid } = statSync(join(volumes.get("v")?.path ?? "", "token"));
    deepEqual([mode & 0o777, uid, gid], [0o640, 1_234, 55]);
  },
);

test("an emptyDir keeps what is in it, in memory it has a size", async (context) => {
  const { options, mounted } = await world(context);
  const pod = podOf({ emptyDir: {} });
  const { volumes } = await mountVolumes(pod, options);
  const path = volumes.get("v")?.path ?? "";
  equal(statSync(path).mode & 0o777, 0o777);
  await writeFile(join(path, "kept"), "");
  await mountVolumes(pod, options);
  deepEqual(readdirSync(path), ["kept"]);
  await mountVolumes(podOf({ emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }), options);
  deepEqual(mounted, [`v ${1_024 ** 2}`]);
});

test("a claim is the folder behind its volume", async (context) => {
  const { options } = await world(context);
  const source = { persistentVolumeClaim: { claimName: "bound", readOnly: true } };
  const { volumes } = await mountVolumes(podOf(source), options);
  match(volumes.get("v")?.path ?? "", /k8ts-volumes-/);
  equal(volumes.get("v")?.isReadOnly, true);
});

test("a volume that nobody mounts is not made", async (context) => {
  const { options } = await world(context);
  const volumes = [{ name: "v", configMap: { name: "none" } }] as unknown as readonly Volume[];
  const { failures } = await mountVolumes(podWith({ volumes }), options);
  deepEqual(failures, []);
});

test("an image's layers are let go when nothing of them is mounted any more", async (context) => {
  const { options, mounted } = await world(context);
  const { volumes } = await mountVolumes(podOf({ image: { reference: "app:1" } }), options);
  deepEqual(readdirSync(volumes.get("v")?.path ?? ""), []);
  await unmountVolumes("u", options);
  deepEqual(mounted, ["tear down u", "unmount disk", "release k8ts/volumes/u/v"]);
});

test("below an image a subPath has to be there", async (context) => {
  const path = await folder(context);
  await mkdir(join(path, "there"));
  const image = { path, isSealed: true };
  equal(await resolveSubPath(disk, image, "there"), join(path, "there"));
  await rejects(resolveSubPath(disk, image, "there/not"), {
    message: 'subPath "there/not" is not in the image',
  });
});

test("when a pod ends, its volumes go", async (context) => {
  const { options, mounted } = await world(context);
  await mountVolumes(podOf({ emptyDir: {} }), options);
  await unmountVolumes("u", options);
  deepEqual(mounted, ["tear down u", "unmount disk"]);
  equal(await disk.facts(options.diskFolder), undefined);
});

test("a pod's volumes depend on these objects", () => {
  const sources = [
    { configMap: { name: "a" } },
    { secret: { name: "b" } },
    { serviceAccountToken: { path: "t" } },
  ];
  deepEqual(volumeReferences(podOf({ projected: { sources } })), [
    { kind: "ConfigMap", name: "a" },
    { kind: "Secret", name: "b" },
  ]);
});

test("a volume is given to a group with everything in it, links left alone", async (context) => {
  const path = await folder(context);
  await mkdir(join(path, "sub"), { mode: 0o700 });
  await writeFile(join(path, "sub/file"), "", { mode: 0o600 });
  await symlink("/etc/passwd", join(path, "link"));
  const gid = process.getgid?.() ?? 0;
  await ownTree(disk, path, { gid, isOnceOnly: false });
  equal(statSync(join(path, "sub")).mode & 0o7777, 0o2770);
  equal(statSync(join(path, "sub/file")).mode & 0o777, 0o660);
  equal(statSync("/etc/passwd").mode & 0o020, 0);
  await writeFile(join(path, "later"), "", { mode: 0o600 });
  await ownTree(disk, path, { gid, isOnceOnly: true });
  equal(statSync(join(path, "later")).mode & 0o777, 0o600, "the root was the group's already");
});

for (const [mode, use, problem] of [
  ["Block", "volumeMounts", "volume v has volumeMode Block, but is specified in volumeMounts"],
  [
    "Filesystem",
    "volumeDevices",
    "volume v has volumeMode Filesystem, but is specified in volumeDevices",
  ],
  ["Block", "volumeDevices", undefined],
] as const)
  test(`a claim's volume of mode ${mode} among ${use}`, async (context) => {
    const { options } = await world(context);
    const claim = { spec: { volumeName: "pv", volumeMode: mode }, status: { phase: "Bound" } };
    const csi = { driver: "d", volumeHandle: "h" };
    const objects = {
      ...options.objects,
      claim: async () => claim as never,
      persistentVolume: async () =>
        ({ metadata: { name: "pv" }, spec: { csi, volumeMode: mode } }) as never,
    };
    const place = use === "volumeMounts" ? { mountPath: "/v" } : { devicePath: "/dev/v" };
    const pod = podWith({
      volumes: [{ name: "v", persistentVolumeClaim: { claimName: "bound" } }] as never,
      containers: [containerWith("app", { [use]: [{ name: "v", ...place }] })],
    });
    const { failures, volumes } = await mountVolumes(pod, { ...options, objects });
    deepEqual(
      failures.map(({ message }) => message),
      problem === undefined ? [] : [problem],
    );
    equal(volumes.has("v"), problem === undefined);
  });
