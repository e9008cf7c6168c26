import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, objectFrom, problemsOf } from "#api/testing.ts";
import { PersistentVolume } from "./persistentvolume.ts";
import type { Cases } from "./testing.ts";

const onDisk = {
  capacity: { storage: "1Gi" },
  accessModes: ["ReadWriteOnce"],
  hostPath: { path: "/data" },
};
const volume = (spec: object, metadata: object = {}) => ({
  metadata: { name: "a", ...metadata },
  spec: { ...onDisk, ...spec },
});
const nodes = {
  required: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/os", operator: "Exists" }] }],
  },
};

test("a volume is kept, and has a file system, unless said", () => {
  const { spec, status } = objectFrom(PersistentVolume, volume({}));
  deepEqual(
    [spec.persistentVolumeReclaimPolicy, spec.volumeMode, status],
    ["Retain", "Filesystem", { phase: "Pending" }],
  );
});

test("a volume has a size, modes and one source", () => {
  const cases: Cases = [
    [{}],
    [{ hostPath: undefined, local: { path: "/mnt" }, nodeAffinity: nodes }],
    [{ hostPath: undefined, csi: { driver: "a.b", volumeHandle: "1" } }],
    [{ hostPath: undefined }, "spec: Required value: must specify a volume type"],
    [
      { nfs: { server: "a", path: "/" } },
      "spec.nfs: Forbidden: may not specify more than 1 volume type",
    ],
    [
      { capacity: undefined, accessModes: [] },
      "spec.accessModes: Required value",
      "spec.capacity: Required value",
      'spec.capacity: Unsupported value: {}: supported values: "storage"',
    ],
    [
      { capacity: { storage: "0" }, accessModes: ["ReadWriteOncePod", "ReadOnlyMany"] },
      "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
      'spec.capacity[storage]: Invalid value: "0": must be greater than zero',
    ],
    [
      { hostPath: undefined, local: { path: "/mnt" } },
      "spec.nodeAffinity: Required value: Local volume requires node affinity",
    ],
    [
      { hostPath: { path: "/" }, persistentVolumeReclaimPolicy: "Recycle" },
      "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
    ],
    [{ hostPath: undefined, csi: { driver: "a.b" } }, "spec.csi.volumeHandle: Required value"],
    [
      {
        accessModes: ["Any", "ReadWriteOncePod"],
        persistentVolumeReclaimPolicy: "Burn",
        volumeMode: "Tape",
      },
      'spec.accessModes: Unsupported value: "Any": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'spec.persistentVolumeReclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Recycle", "Retain"',
      'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
    ],
    [
      { cephfs: { monitors: ["a"] } },
      "spec.cephFS: Forbidden: may not specify more than 1 volume type",
    ],
    // A second one of this kind is looked at, but not refused.
    [{ flexVolume: { driver: "" } }, "spec.flexVolume.driver: Required value"],
    [
      { hostPath: undefined, iscsi: { targetPortal: "a", iqn: "x", lun: 0, secretRef: {} } },
      'spec.iscsi.iqn: Invalid value: "x": must be valid format',
      "spec.iscsi.secretRef.name: Required value",
    ],
    [
      { hostPath: undefined, cinder: { volumeID: "a", secretRef: { name: "s" } } },
      "spec.cinder.secretRef.namespace: Required value",
    ],
    [
      { hostPath: undefined, storageos: { volumeName: "a", secretRef: { name: "s" } } },
      "spec.storageos.secretRef.namespace: Required value",
    ],
    [
      { hostPath: undefined, azureFile: { secretName: "a", shareName: "b", secretNamespace: "" } },
      "spec.azureFile.secretNamespace: Required value",
    ],
    [
      { hostPath: undefined, glusterfs: { endpoints: "a", path: "b", endpointsNamespace: "" } },
      'spec.glusterfs.endpointsNamespace: Invalid value: "": if the endpointnamespace is set, it must be a valid namespace name',
    ],
    [
      { nodeAffinity: { required: { nodeSelectorTerms: [] } } },
      "spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term",
    ],
    [
      { volumeAttributesClassName: "gold" },
      "spec.csi: Required value: has to be specified when using volumeAttributesClassName",
    ],
  ];
  for (const [spec, ...problems] of cases) {
    deepEqual(problemsOf(PersistentVolume, volume(spec)), problems);
  }
});

test("the source of a volume stays, as do its nodes", () => {
  const change = (from: object, to: object): readonly string[] =>
    changeProblems(PersistentVolume, { from: volume(from), to: volume(to) });
  deepEqual(change({}, { capacity: { storage: "2Gi" }, storageClassName: "x" }), []);
  deepEqual(change({}, { hostPath: { path: "/other" } }), [
    'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n  hostPath.path: "/data" -> "/other"',
  ]);
  deepEqual(change({}, { volumeMode: "Block" }), [
    'volumeMode: Invalid value: "Block": field is immutable',
  ]);
  deepEqual(change({ nodeAffinity: nodes }, {}), [
    "nodeAffinity: Invalid value: null: field is immutable, except for updating from beta label to GA",
  ]);
  const beta = JSON.parse(
    JSON.stringify(nodes).replace("kubernetes.io/os", "beta.kubernetes.io/os"),
  );
  deepEqual(change({ nodeAffinity: beta }, { nodeAffinity: nodes }), []);
});

test("volumes are shown with what they are for", () => {
  const cells = cellsOf(
    PersistentVolume,
    volume({
      accessModes: ["ReadWriteMany", "ReadWriteOnce"],
      claimRef: { namespace: "b", name: "c" },
      storageClassName: "fast",
    }),
  );
  deepEqual(
    [
      "Capacity",
      "Access Modes",
      "Reclaim Policy",
      "Status",
      "Claim",
      "StorageClass",
      "VolumeMode",
    ].map((name) => cells[name]),
    ["1Gi", "RWO,RWX", "Retain", "Pending", "b/c", "fast", "Filesystem"],
  );
  equal(cells["VolumeAttributesClass"], "<unset>");
  const deletionTimestamp = "2024-01-01T00:00:00Z";
  equal(cellsOf(PersistentVolume, volume({}, { deletionTimestamp }))["Status"], "Terminating");
});

test("old ways are warned of", () => {
  const annotations = { "volume.beta.kubernetes.io/storage-class": "slow" };
  const storageos = { volumeName: "v" };
  const draft = draftFrom(
    PersistentVolume,
    volume({ persistentVolumeReclaimPolicy: "Recycle", storageos }, { annotations }),
  );
  deepEqual(
    [...(PersistentVolume.warnings?.(draft) ?? [])],
    [
      'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
      "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
      "spec.storageOS: deprecated in v1.22, non-functional in v1.25+",
    ],
  );
});
