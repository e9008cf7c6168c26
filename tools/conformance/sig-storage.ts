/** Who holds what the group sig-storage asks for. */
import { type Behaviours, by, row, statusOf, verbs } from "./behaviour.ts";

const operations = "src/apiserver/conformance/operations.test.ts";
const kubelet = "src/kubelet/kubelet.test.ts";
const realVolumes = "src/kubelet/real/volumes.test.ts";
const volumes = "src/kubelet/volumes/volumes.test.ts";

export const sigStorage: Behaviours = {
  "CSIInlineVolumes should run through the lifecycle of a CSIDriver": [verbs("csidrivers")],
  "CSIInlineVolumes should support CSIVolumeSource in Pod API": by(
    operations,
    "a pod may have a CSI volume of its own",
  ),
  "CSINodes CSI Conformance should run through the lifecycle of a csinode": [verbs("csinodes")],
  "CSIStorageCapacity should support CSIStorageCapacities API operations": [
    verbs("csistoragecapacities"),
  ],
  "ConfigMap binary data should be reflected in volume [NodeConformance]": [
    row(volumes, "a volume of ${what}", "raw: "),
  ],
  "ConfigMap optional updates should be reflected in volume [NodeConformance]": by(
    realVolumes,
    "optional objects come, change and go while the pod runs",
  ),
  "ConfigMap should be consumable from pods in volume [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "ConfigMap should be consumable from pods in volume as non-root [NodeConformance]": [
    row(
      realVolumes,
      "${kind}: who is not root reads what everybody may, and nothing else",
      'kind: "configMap"',
    ),
  ],
  "ConfigMap should be consumable from pods in volume with defaultMode set [LinuxOnly] [NodeConformance]":
    [row(realVolumes, "${kind}: files have the mode that the volume says", 'kind: "configMap"')],
  "ConfigMap should be consumable from pods in volume with mappings [NodeConformance]": [
    row(volumes, "a volume of ${what}", "some of a ConfigMap"),
  ],
  "ConfigMap should be consumable from pods in volume with mappings and Item mode set [LinuxOnly] [NodeConformance]":
    [
      row(realVolumes, "${kind}: a file has the mode that its item says", 'kind: "configMap"'),
      row(
        realVolumes,
        "${kind}: files are where items say, and no others are there",
        'kind: "configMap"',
      ),
    ],
  "ConfigMap should be consumable from pods in volume with mappings as non-root [NodeConformance]":
    [
      row(
        realVolumes,
        "${kind}: who is not root reads what everybody may, and nothing else",
        'kind: "configMap"',
      ),
    ],
  "ConfigMap should be consumable in multiple volumes in the same pod [NodeConformance]": [
    row(realVolumes, "${kind}: one object is in many volumes of a pod", 'kind: "configMap"'),
  ],
  "ConfigMap should be immutable if `immutable` field is set": [
    row(
      operations,
      "${plural} that are immutable keep their data, and may be labelled and deleted",
      "immutable",
    ),
  ],
  "ConfigMap updates should be reflected in volume [NodeConformance]": [
    ...by(kubelet, "a changed ConfigMap reaches the running pod"),
    ...by(volumes, "changed objects change the files; a token says when it is due"),
  ],
  "Downward API volume should provide container's cpu limit [NodeConformance]": by(
    realVolumes,
    "what a container asks for and may use is in files; what has no limit has the node's",
  ),
  "Downward API volume should provide container's cpu request [NodeConformance]": by(
    realVolumes,
    "what a container asks for and may use is in files; what has no limit has the node's",
  ),
  "Downward API volume should provide container's memory limit [NodeConformance]": by(
    realVolumes,
    "what a container asks for and may use is in files; what has no limit has the node's",
  ),
  "Downward API volume should provide container's memory request [NodeConformance]": by(
    realVolumes,
    "what a container asks for and may use is in files; what has no limit has the node's",
  ),
  "Downward API volume should provide node allocatable (cpu) as default cpu limit if the limit is not set [NodeConformance]":
    by(
      realVolumes,
      "what a container asks for and may use is in files; what has no limit has the node's",
    ),
  "Downward API volume should provide node allocatable (memory) as default memory limit if the limit is not set [NodeConformance]":
    by(
      realVolumes,
      "what a container asks for and may use is in files; what has no limit has the node's",
    ),
  "Downward API volume should provide podname only [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
  ],
  "Downward API volume should set DefaultMode on files [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "${kind}: files have the mode that the volume says", 'kind: "downwardAPI"'),
  ],
  "Downward API volume should set mode on item file [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "${kind}: a file has the mode that its item says", 'kind: "downwardAPI"'),
  ],
  "Downward API volume should update annotations on modification [NodeConformance]": by(
    realVolumes,
    "labels and annotations that change are seen in both sorts of volumes",
  ),
  "Downward API volume should update labels on modification [NodeConformance]": by(
    realVolumes,
    "labels and annotations that change are seen in both sorts of volumes",
  ),
  "EmptyDir volumes pod should support shared volumes between containers": by(
    kubelet,
    "mounts and settings of every sort",
  ),
  "EmptyDir volumes should support (non-root,0644,default) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["nobody", "0644", "default"]'),
  ],
  "EmptyDir volumes should support (non-root,0644,tmpfs) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["nobody", "0644", "tmpfs"]'),
  ],
  "EmptyDir volumes should support (non-root,0666,default) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["nobody", "0666", "default"]'),
  ],
  "EmptyDir volumes should support (non-root,0666,tmpfs) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["nobody", "0666", "tmpfs"]'),
  ],
  "EmptyDir volumes should support (non-root,0777,default) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["nobody", "0777", "default"]'),
  ],
  "EmptyDir volumes should support (non-root,0777,tmpfs) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["nobody", "0777", "tmpfs"]'),
  ],
  "EmptyDir volumes should support (root,0644,default) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["root", "0644", "default"]'),
  ],
  "EmptyDir volumes should support (root,0644,tmpfs) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["root", "0644", "tmpfs"]'),
  ],
  "EmptyDir volumes should support (root,0666,default) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["root", "0666", "default"]'),
  ],
  "EmptyDir volumes should support (root,0666,tmpfs) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["root", "0666", "tmpfs"]'),
  ],
  "EmptyDir volumes should support (root,0777,default) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["root", "0777", "default"]'),
  ],
  "EmptyDir volumes should support (root,0777,tmpfs) [LinuxOnly] [NodeConformance]": [
    row(realVolumes, "emptyDir (${person},${mode},${medium})", '["root", "0777", "tmpfs"]'),
  ],
  "EmptyDir volumes volume on default medium should have the correct mode [LinuxOnly] [NodeConformance]":
    by(volumes, "an emptyDir keeps what is in it, in memory it has a size"),
  "EmptyDir volumes volume on tmpfs should have the correct mode [LinuxOnly] [NodeConformance]": by(
    volumes,
    "an emptyDir keeps what is in it, in memory it has a size",
  ),
  "EmptyDir wrapper volumes should not cause race condition when used for configmaps [Serial]": by(
    realVolumes,
    "many volumes in pods that start together do not get into each other's way",
  ),
  "EmptyDir wrapper volumes should not conflict": by(
    kubelet,
    "runs a pod with everything in place, and tells all about it",
  ),
  "PersistentVolumes CSI Conformance should apply changes to a pv/pvc status": [
    statusOf("persistentvolumes"),
    statusOf("persistentvolumeclaims"),
  ],
  "PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC": [
    verbs("persistentvolumes"),
    verbs("persistentvolumeclaims"),
  ],
  "Projected combined should project all components that make up the projection API [Projection] [NodeConformance]":
    [row(volumes, "a volume of ${what}", "a volume of ${what}")],
  "Projected configMap optional updates should be reflected in volume [NodeConformance]": by(
    realVolumes,
    "optional objects come, change and go while the pod runs",
  ),
  "Projected configMap should be consumable from pods in volume [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "Projected configMap should be consumable from pods in volume as non-root [NodeConformance]": [
    row(
      realVolumes,
      "${kind}: who is not root reads what everybody may, and nothing else",
      'kind: "projected configMap"',
    ),
  ],
  "Projected configMap should be consumable from pods in volume with defaultMode set [LinuxOnly] [NodeConformance]":
    [
      row(
        realVolumes,
        "${kind}: files have the mode that the volume says",
        'kind: "projected configMap"',
      ),
    ],
  "Projected configMap should be consumable from pods in volume with mappings [NodeConformance]": [
    row(volumes, "a volume of ${what}", "some of a ConfigMap"),
  ],
  "Projected configMap should be consumable from pods in volume with mappings and Item mode set [LinuxOnly] [NodeConformance]":
    [
      row(
        realVolumes,
        "${kind}: a file has the mode that its item says",
        'kind: "projected configMap"',
      ),
      row(
        realVolumes,
        "${kind}: files are where items say, and no others are there",
        'kind: "projected configMap"',
      ),
    ],
  "Projected configMap should be consumable from pods in volume with mappings as non-root [NodeConformance]":
    [
      row(
        realVolumes,
        "${kind}: who is not root reads what everybody may, and nothing else",
        'kind: "projected configMap"',
      ),
    ],
  "Projected configMap should be consumable in multiple volumes in the same pod [NodeConformance]":
    [
      row(
        realVolumes,
        "${kind}: one object is in many volumes of a pod",
        'kind: "projected configMap"',
      ),
    ],
  "Projected configMap updates should be reflected in volume [NodeConformance]": [
    ...by(kubelet, "a changed ConfigMap reaches the running pod"),
    ...by(volumes, "changed objects change the files; a token says when it is due"),
  ],
  "Projected downwardAPI should provide container's cpu limit [NodeConformance]": by(
    realVolumes,
    "what a container asks for and may use is in files; what has no limit has the node's",
  ),
  "Projected downwardAPI should provide container's cpu request [NodeConformance]": by(
    realVolumes,
    "what a container asks for and may use is in files; what has no limit has the node's",
  ),
  "Projected downwardAPI should provide container's memory limit [NodeConformance]": by(
    realVolumes,
    "what a container asks for and may use is in files; what has no limit has the node's",
  ),
  "Projected downwardAPI should provide container's memory request [NodeConformance]": by(
    realVolumes,
    "what a container asks for and may use is in files; what has no limit has the node's",
  ),
  "Projected downwardAPI should provide node allocatable (cpu) as default cpu limit if the limit is not set [NodeConformance]":
    by(
      realVolumes,
      "what a container asks for and may use is in files; what has no limit has the node's",
    ),
  "Projected downwardAPI should provide node allocatable (memory) as default memory limit if the limit is not set [NodeConformance]":
    by(
      realVolumes,
      "what a container asks for and may use is in files; what has no limit has the node's",
    ),
  "Projected downwardAPI should provide podname only [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
  ],
  "Projected downwardAPI should set DefaultMode on files [LinuxOnly] [NodeConformance]": [
    row(
      realVolumes,
      "${kind}: files have the mode that the volume says",
      'kind: "projected downwardAPI"',
    ),
  ],
  "Projected downwardAPI should set mode on item file [LinuxOnly] [NodeConformance]": [
    row(
      realVolumes,
      "${kind}: a file has the mode that its item says",
      'kind: "projected downwardAPI"',
    ),
  ],
  "Projected downwardAPI should update annotations on modification [NodeConformance]": by(
    realVolumes,
    "labels and annotations that change are seen in both sorts of volumes",
  ),
  "Projected downwardAPI should update labels on modification [NodeConformance]": by(
    realVolumes,
    "labels and annotations that change are seen in both sorts of volumes",
  ),
  "Projected secret optional updates should be reflected in volume [NodeConformance]": by(
    realVolumes,
    "optional objects come, change and go while the pod runs",
  ),
  "Projected secret should be consumable from pods in volume [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "Projected secret should be consumable from pods in volume as non-root with defaultMode and fsGroup set [LinuxOnly] [NodeConformance]":
    by(kubelet, "runs a pod with everything in place, and tells all about it"),
  "Projected secret should be consumable from pods in volume with defaultMode set [LinuxOnly] [NodeConformance]":
    [
      row(
        realVolumes,
        "${kind}: files have the mode that the volume says",
        'kind: "projected secret"',
      ),
    ],
  "Projected secret should be consumable from pods in volume with mappings [NodeConformance]": [
    row(
      realVolumes,
      "${kind}: files are where items say, and no others are there",
      'kind: "projected secret"',
    ),
  ],
  "Projected secret should be consumable from pods in volume with mappings and Item Mode set [LinuxOnly] [NodeConformance]":
    [
      row(
        realVolumes,
        "${kind}: a file has the mode that its item says",
        'kind: "projected secret"',
      ),
      row(
        realVolumes,
        "${kind}: files are where items say, and no others are there",
        'kind: "projected secret"',
      ),
    ],
  "Projected secret should be consumable in multiple volumes in a pod [NodeConformance]": [
    row(realVolumes, "${kind}: one object is in many volumes of a pod", 'kind: "projected secret"'),
  ],
  "Secrets optional updates should be reflected in volume [NodeConformance]": by(
    realVolumes,
    "optional objects come, change and go while the pod runs",
  ),
  "Secrets should be able to mount in a volume regardless of a different secret existing with same name in different namespace [NodeConformance]":
    by(realVolumes, "two secrets of one name are two, each in its namespace"),
  "Secrets should be consumable from pods in volume [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "Secrets should be consumable from pods in volume as non-root with defaultMode and fsGroup set [LinuxOnly] [NodeConformance]":
    by(kubelet, "runs a pod with everything in place, and tells all about it"),
  "Secrets should be consumable from pods in volume with defaultMode set [LinuxOnly] [NodeConformance]":
    [row(realVolumes, "${kind}: files have the mode that the volume says", 'kind: "secret"')],
  "Secrets should be consumable from pods in volume with mappings [NodeConformance]": [
    row(
      realVolumes,
      "${kind}: files are where items say, and no others are there",
      'kind: "secret"',
    ),
  ],
  "Secrets should be consumable from pods in volume with mappings and Item Mode set [LinuxOnly] [NodeConformance]":
    [
      row(realVolumes, "${kind}: a file has the mode that its item says", 'kind: "secret"'),
      row(
        realVolumes,
        "${kind}: files are where items say, and no others are there",
        'kind: "secret"',
      ),
    ],
  "Secrets should be consumable in multiple volumes in a pod [NodeConformance]": [
    row(realVolumes, "${kind}: one object is in many volumes of a pod", 'kind: "secret"'),
  ],
  "Secrets should be immutable if `immutable` field is set": [
    row(
      operations,
      "${plural} that are immutable keep their data, and may be labelled and deleted",
      "immutable",
    ),
  ],
  "StorageClasses CSI Conformance should run through the lifecycle of a StorageClass": [
    verbs("storageclasses"),
  ],
  "Subpath Atomic writer volumes should support subpaths with configmap pod": by(
    volumes,
    "a key of a ConfigMap as subPath is the file behind the links",
  ),
  "Subpath Atomic writer volumes should support subpaths with configmap pod with mountPath of existing file":
    by(
      realVolumes,
      "one file of a volume of any sort is mounted, over a file of the image as well",
    ),
  "Subpath Atomic writer volumes should support subpaths with downward pod": by(
    realVolumes,
    "one file of a volume of any sort is mounted, over a file of the image as well",
  ),
  "Subpath Atomic writer volumes should support subpaths with projected pod": by(
    realVolumes,
    "one file of a volume of any sort is mounted, over a file of the image as well",
  ),
  "Subpath Atomic writer volumes should support subpaths with secret pod": by(
    realVolumes,
    "one file of a volume of any sort is mounted, over a file of the image as well",
  ),
  "VolumeAttachment Conformance should apply changes to a volumeattachment status": [
    statusOf("volumeattachments"),
  ],
  "VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment": [
    verbs("volumeattachments"),
  ],
  "VolumeAttributesClass [FeatureGate:VolumeAttributesClass] should run through the lifecycle of a VolumeAttributesClass":
    [verbs("volumeattributesclasses")],
};
