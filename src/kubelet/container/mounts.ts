/**
 * What a container sees of its pod's volumes.
 * upstream: pkg/kubelet/kubelet_pods.go#makeMounts
 */
import type { Container, VolumeMount } from "#api/core/container.ts";
import type { Device, Mount } from "../runtime.ts";
import { ConfigError } from "./environment.ts";
import { expandAll } from "./expansion.ts";

/** A volume in place. */
export interface MountedVolume {
  /** On the node. */
  readonly path: string;
  /** Whatever the mount says. */
  readonly isReadOnly: boolean;
  /** Its file system itself is read-only: nothing can be made in it. */
  readonly isSealed?: boolean;
  /** A block device, not a folder. */
  readonly isDevice?: boolean;
}

export type MountedVolumes = ReadonlyMap<string, MountedVolume>;

/** A mount whose path below its volume still has to be found. */
export interface PlannedMount {
  readonly mount: VolumeMount;
  readonly volume: MountedVolume;
  /** Below the volume; empty for the whole of it. */
  readonly subPath: string;
}

export function plannedMounts(
  { name, volumeMounts = [] }: Container,
  volumes: MountedVolumes,
  environment: ReadonlyMap<string, string>,
): readonly PlannedMount[] {
  return volumeMounts.map((mount) => {
    // exact: kubelet
    if (mount.recursiveReadOnly === "Enabled")
      throw new ConfigError(
        `volume ${JSON.stringify(mount.name)} requested recursive read-only mode, but it is not supported by the runtime`,
      );
    const volume = volumes.get(mount.name);
    // exact: kubelet
    if (!volume)
      throw new ConfigError(
        `cannot find volume ${JSON.stringify(mount.name)} to mount into container ${JSON.stringify(name)}`,
      );
    return { mount, volume, subPath: subPathOf(mount, environment) };
  });
}

/** Block devices, as the container sees them. upstream: pkg/kubelet/kubelet_pods.go#makeBlockVolumes */
export const devicesOf = (
  { name, volumeDevices = [] }: Container,
  volumes: MountedVolumes,
): readonly Device[] =>
  volumeDevices.map((device) => {
    const volume = volumes.get(device.name);
    // exact: kubelet
    if (!volume?.isDevice)
      throw new ConfigError(
        `cannot find volume ${JSON.stringify(device.name)} to pass into container ${JSON.stringify(name)}`,
      );
    const permissions = volume.isReadOnly ? "r" : "mrw";
    return { containerPath: device.devicePath, hostPath: volume.path, permissions };
  });

function subPathOf(
  { subPath = "", subPathExpr = "" }: VolumeMount,
  environment: ReadonlyMap<string, string>,
): string {
  if (subPathExpr === "") return checkedSubPath(subPath);
  const expanded = expandAll(subPathExpr, (name) => environment.get(name));
  if ("missing" in expanded)
    throw new ConfigError(`missing value for ${JSON.stringify(expanded.missing)}`);
  return checkedSubPath(expanded.text);
}

/** exact: kubelet */
function checkedSubPath(path: string): string {
  if (path.startsWith("/"))
    throw new ConfigError(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split("/").includes(".."))
    throw new ConfigError(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  return path;
}

const propagations = {
  None: "PROPAGATION_PRIVATE",
  HostToContainer: "PROPAGATION_HOST_TO_CONTAINER",
  Bidirectional: "PROPAGATION_BIDIRECTIONAL",
} as const;

/**
 * What is sealed is bound as it is: runc binds anew to make a mount read-only, and what it was bound
 * with, noexec, is lost then.
 */
export const mountOf = ({ mount, volume }: PlannedMount, hostPath: string): Mount => ({
  containerPath: absolute(mount.mountPath),
  hostPath,
  readonly: !volume.isSealed && (volume.isReadOnly || (mount.readOnly ?? false)),
  propagation: propagations[mount.mountPropagation ?? "None"],
});

/** Relative paths are relative to the root: containers have no folder of their own. */
const absolute = (path: string): string => (path.startsWith("/") ? path : `/${path}`);

/** Files that the kubelet adds: hosts, termination message. */
export const fileMount = (containerPath: string, hostPath: string): Mount => ({
  containerPath,
  hostPath,
  readonly: false,
  propagation: "PROPAGATION_PRIVATE",
});
