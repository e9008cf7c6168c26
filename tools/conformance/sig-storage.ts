/** Who holds what the group sig-storage asks for. */
import { type Behaviours, by, gap, row, statusOf, verbs } from "./behaviour.ts";

const operations = "src/apiserver/conformance/operations.test.ts";
const kubelet = "src/kubelet/kubelet.test.ts";
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
  "ConfigMap optional updates should be reflected in volume [NodeConformance]": gap(
    "an optional object that comes and goes while the pod runs has no test",
  ),
  "ConfigMap should be consumable from pods in volume [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "ConfigMap should be consumable from pods in volume as non-root [NodeConformance]": gap(
    "read as root by our test",
  ),
  "ConfigMap should be consumable from pods in volume with defaultMode set [LinuxOnly] [NodeConformance]":
    gap("the mode of a single file, and a default one without fsGroup, have no test"),
  "ConfigMap should be consumable from pods in volume with mappings [NodeConformance]": [
    row(volumes, "a volume of ${what}", "some of a ConfigMap"),
  ],
  "ConfigMap should be consumable from pods in volume with mappings and Item mode set [LinuxOnly] [NodeConformance]":
    gap("the mode of a single file, and a default one without fsGroup, have no test"),
  "ConfigMap should be consumable from pods in volume with mappings as non-root [NodeConformance]":
    gap("read as root by our test"),
  "ConfigMap should be consumable in multiple volumes in the same pod [NodeConformance]": gap(
    "one object in two volumes has no test",
  ),
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
  "Downward API volume should provide container's cpu limit [NodeConformance]": gap(
    "resource fields have a test as variables, not as files",
  ),
  "Downward API volume should provide container's cpu request [NodeConformance]": gap(
    "resource fields have a test as variables, not as files",
  ),
  "Downward API volume should provide container's memory limit [NodeConformance]": gap(
    "resource fields have a test as variables, not as files",
  ),
  "Downward API volume should provide container's memory request [NodeConformance]": gap(
    "resource fields have a test as variables, not as files",
  ),
  "Downward API volume should provide node allocatable (cpu) as default cpu limit if the limit is not set [NodeConformance]":
    gap("resource fields have a test as variables, not as files"),
  "Downward API volume should provide node allocatable (memory) as default memory limit if the limit is not set [NodeConformance]":
    gap("resource fields have a test as variables, not as files"),
  "Downward API volume should provide podname only [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
  ],
  "Downward API volume should set DefaultMode on files [LinuxOnly] [NodeConformance]": gap(
    "the mode of a single file, and a default one without fsGroup, have no test",
  ),
  "Downward API volume should set mode on item file [LinuxOnly] [NodeConformance]": gap(
    "the mode of a single file, and a default one without fsGroup, have no test",
  ),
  "Downward API volume should update annotations on modification [NodeConformance]": gap(
    "labels and annotations in files have no test that changes them",
  ),
  "Downward API volume should update labels on modification [NodeConformance]": gap(
    "labels and annotations in files have no test that changes them",
  ),
  "EmptyDir volumes pod should support shared volumes between containers": by(
    kubelet,
    "mounts and settings of every sort",
  ),
  "EmptyDir volumes should support (non-root,0644,default) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (non-root,0644,tmpfs) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (non-root,0666,default) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (non-root,0666,tmpfs) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (non-root,0777,default) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (non-root,0777,tmpfs) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (root,0644,default) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (root,0644,tmpfs) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (root,0666,default) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (root,0666,tmpfs) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (root,0777,default) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes should support (root,0777,tmpfs) [LinuxOnly] [NodeConformance]": gap(
    "files that a container makes there with modes of its own have no test",
  ),
  "EmptyDir volumes volume on default medium should have the correct mode [LinuxOnly] [NodeConformance]":
    by(volumes, "an emptyDir keeps what is in it, in memory it has a size"),
  "EmptyDir volumes volume on tmpfs should have the correct mode [LinuxOnly] [NodeConformance]": by(
    volumes,
    "an emptyDir keeps what is in it, in memory it has a size",
  ),
  "EmptyDir wrapper volumes should not cause race condition when used for configmaps [Serial]": gap(
    "nobody has matched it with a test yet",
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
  "Projected configMap optional updates should be reflected in volume [NodeConformance]": gap(
    "an optional object that comes and goes while the pod runs has no test",
  ),
  "Projected configMap should be consumable from pods in volume [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "Projected configMap should be consumable from pods in volume as non-root [NodeConformance]": gap(
    "read as root by our test",
  ),
  "Projected configMap should be consumable from pods in volume with defaultMode set [LinuxOnly] [NodeConformance]":
    gap("the mode of a single file, and a default one without fsGroup, have no test"),
  "Projected configMap should be consumable from pods in volume with mappings [NodeConformance]": [
    row(volumes, "a volume of ${what}", "some of a ConfigMap"),
  ],
  "Projected configMap should be consumable from pods in volume with mappings and Item mode set [LinuxOnly] [NodeConformance]":
    gap("the mode of a single file, and a default one without fsGroup, have no test"),
  "Projected configMap should be consumable from pods in volume with mappings as non-root [NodeConformance]":
    gap("read as root by our test"),
  "Projected configMap should be consumable in multiple volumes in the same pod [NodeConformance]":
    gap("one object in two volumes has no test"),
  "Projected configMap updates should be reflected in volume [NodeConformance]": [
    ...by(kubelet, "a changed ConfigMap reaches the running pod"),
    ...by(volumes, "changed objects change the files; a token says when it is due"),
  ],
  "Projected downwardAPI should provide container's cpu limit [NodeConformance]": gap(
    "resource fields have a test as variables, not as files",
  ),
  "Projected downwardAPI should provide container's cpu request [NodeConformance]": gap(
    "resource fields have a test as variables, not as files",
  ),
  "Projected downwardAPI should provide container's memory limit [NodeConformance]": gap(
    "resource fields have a test as variables, not as files",
  ),
  "Projected downwardAPI should provide container's memory request [NodeConformance]": gap(
    "resource fields have a test as variables, not as files",
  ),
  "Projected downwardAPI should provide node allocatable (cpu) as default cpu limit if the limit is not set [NodeConformance]":
    gap("resource fields have a test as variables, not as files"),
  "Projected downwardAPI should provide node allocatable (memory) as default memory limit if the limit is not set [NodeConformance]":
    gap("resource fields have a test as variables, not as files"),
  "Projected downwardAPI should provide podname only [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
  ],
  "Projected downwardAPI should set DefaultMode on files [LinuxOnly] [NodeConformance]": gap(
    "the mode of a single file, and a default one without fsGroup, have no test",
  ),
  "Projected downwardAPI should set mode on item file [LinuxOnly] [NodeConformance]": gap(
    "the mode of a single file, and a default one without fsGroup, have no test",
  ),
  "Projected downwardAPI should update annotations on modification [NodeConformance]": gap(
    "labels and annotations in files have no test that changes them",
  ),
  "Projected downwardAPI should update labels on modification [NodeConformance]": gap(
    "labels and annotations in files have no test that changes them",
  ),
  "Projected secret optional updates should be reflected in volume [NodeConformance]": gap(
    "an optional object that comes and goes while the pod runs has no test",
  ),
  "Projected secret should be consumable from pods in volume [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "Projected secret should be consumable from pods in volume as non-root with defaultMode and fsGroup set [LinuxOnly] [NodeConformance]":
    by(kubelet, "runs a pod with everything in place, and tells all about it"),
  "Projected secret should be consumable from pods in volume with defaultMode set [LinuxOnly] [NodeConformance]":
    gap("the mode of a single file, and a default one without fsGroup, have no test"),
  "Projected secret should be consumable from pods in volume with mappings [NodeConformance]": gap(
    "items of a Secret have no test; those of a ConfigMap do",
  ),
  "Projected secret should be consumable from pods in volume with mappings and Item Mode set [LinuxOnly] [NodeConformance]":
    gap("the mode of a single file, and a default one without fsGroup, have no test"),
  "Projected secret should be consumable in multiple volumes in a pod [NodeConformance]": gap(
    "one object in two volumes has no test",
  ),
  "Secrets optional updates should be reflected in volume [NodeConformance]": gap(
    "an optional object that comes and goes while the pod runs has no test",
  ),
  "Secrets should be able to mount in a volume regardless of a different secret existing with same name in different namespace [NodeConformance]":
    gap("two Secrets of one name have no test"),
  "Secrets should be consumable from pods in volume [NodeConformance]": [
    row(volumes, "a volume of ${what}", "a volume of ${what}"),
    ...by(kubelet, "runs a pod with everything in place, and tells all about it"),
  ],
  "Secrets should be consumable from pods in volume as non-root with defaultMode and fsGroup set [LinuxOnly] [NodeConformance]":
    by(kubelet, "runs a pod with everything in place, and tells all about it"),
  "Secrets should be consumable from pods in volume with defaultMode set [LinuxOnly] [NodeConformance]":
    gap("the mode of a single file, and a default one without fsGroup, have no test"),
  "Secrets should be consumable from pods in volume with mappings [NodeConformance]": gap(
    "items of a Secret have no test; those of a ConfigMap do",
  ),
  "Secrets should be consumable from pods in volume with mappings and Item Mode set [LinuxOnly] [NodeConformance]":
    gap("the mode of a single file, and a default one without fsGroup, have no test"),
  "Secrets should be consumable in multiple volumes in a pod [NodeConformance]": gap(
    "one object in two volumes has no test",
  ),
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
    gap("only a ConfigMap is mounted by subPath in a test"),
  "Subpath Atomic writer volumes should support subpaths with downward pod": gap(
    "only a ConfigMap is mounted by subPath in a test",
  ),
  "Subpath Atomic writer volumes should support subpaths with projected pod": gap(
    "only a ConfigMap is mounted by subPath in a test",
  ),
  "Subpath Atomic writer volumes should support subpaths with secret pod": gap(
    "only a ConfigMap is mounted by subPath in a test",
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
