/**
 * Whether the files of a driver's volume are given to the pod's fsGroup.
 * upstream: pkg/volume/csi/csi_mounter.go#supportsFSGroup
 */
import type { Disk } from "#base/disk.ts";
import { groupOf, ownTree } from "../volumes/ownership.ts";
import type { RequestParts } from "./requests.ts";

type Parts = Pick<RequestParts, "wanted" | "driver" | "capabilities">;

export async function ownVolume(disk: Disk, path: string, parts: Parts): Promise<void> {
  const { pod, isReadOnly, isDevice } = parts.wanted;
  const gid = groupOf(pod);
  if (gid === undefined || isReadOnly || isDevice || !takesGroup(parts)) return;
  const isOnceOnly = pod.spec.securityContext?.fsGroupChangePolicy === "OnRootMismatch";
  await ownTree(disk, path, { gid, isOnceOnly });
}

function takesGroup({ wanted, driver, capabilities }: Parts): boolean {
  // The driver has done it itself.
  if (capabilities.has("VOLUME_MOUNT_GROUP")) return false;
  switch (driver?.spec.fsGroupPolicy ?? "ReadWriteOnceWithFSType") {
    case "None":
      return false;
    case "File":
      return true;
    default:
      return wanted.fsType !== "" && wanted.accessModes.includes("ReadWriteOnce");
  }
}
