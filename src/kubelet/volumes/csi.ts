/** A volume that a storage driver makes for the pod, and that goes with it. */
import { wantedOfPod } from "../csi/wanted-volume.ts";
import { defineVolume } from "./volume.ts";

export const csi = defineVolume({
  of: "csi",
  folder: "kubernetes.io~csi",
  setUp: (source, { pod, name, csi: volumes, objects }) =>
    volumes.setUp(wantedOfPod(source, { pod, name }), objects),
});
