/**
 * How the parties of an attachment call it: the controller that asks for it, the kubelet that waits
 * for it, and whoever attaches volumes for a driver.
 * upstream: pkg/volume/csi/csi_attacher.go#getAttachmentName, csi_plugin.go#GetVolumeName
 */
import type { PersistentVolumeSpec } from "#api/core/persistentvolume.ts";
import { sha256Hex } from "#base/hash.ts";
import type { CSIDriver } from "./csidriver.ts";

/** A volume as its driver knows it. */
export type CsiSource = Pick<NonNullable<PersistentVolumeSpec["csi"]>, "driver" | "volumeHandle">;

const prefix = "kubernetes.io/csi/";

/** As a node's status lists it. exact: kubelet */
export const attachedNameOf = ({ driver, volumeHandle }: CsiSource): string =>
  `${prefix}${driver}^${volumeHandle}`;

/** Undefined for what is no driver's volume. */
export function sourceOfAttachedName(name: string): CsiSource | undefined {
  const [driver = "", ...rest] = name.slice(prefix.length).split("^");
  if (!name.startsWith(prefix) || driver === "" || rest.length === 0) return undefined;
  return { driver, volumeHandle: rest.join("^") };
}

/** The name of the VolumeAttachment. exact: kube-controller-manager */
export const attachmentNameOf = ({ driver, volumeHandle }: CsiSource, nodeName: string): string =>
  `csi-${sha256Hex(`${volumeHandle}${driver}${nodeName}`)}`;

/** A driver that says nothing of itself wants its volumes to be attached. */
export const needsAttachment = (driver: CSIDriver | undefined): boolean =>
  driver?.spec.attachRequired ?? true;
