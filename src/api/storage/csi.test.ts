import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  cellsOf,
  changeProblems,
  draftFrom,
  objectFrom,
  problemsOf,
  statusProblems,
} from "#api/testing.ts";
import { CSIDriver } from "./csidriver.ts";
import { CSINode } from "./csinode.ts";
import { CSIStorageCapacity } from "./csistoragecapacity.ts";
import { VolumeAttachment } from "./volumeattachment.ts";

const driver = (spec: object = {}) => ({ metadata: { name: "disk.example.com" }, spec });

test("a driver has defaults", () => {
  const { spec } = draftFrom(CSIDriver, driver());
  deepEqual(spec, {
    attachRequired: true,
    podInfoOnMount: false,
    volumeLifecycleModes: ["Persistent"],
    storageCapacity: false,
    fsGroupPolicy: "ReadWriteOnceWithFSType",
    requiresRepublish: false,
    seLinuxMount: false,
  });
});

test("a driver says what is wrong with it", () => {
  const cases: readonly [spec: object, ...problems: string[]][] = [
    [{ tokenRequests: [{ audience: "a" }, { audience: "b", expirationSeconds: 600 }] }],
    [
      { fsGroupPolicy: "Maybe", volumeLifecycleModes: ["Forever"] },
      'spec.fsGroupPolicy: Unsupported value: "Maybe": supported values: "File", "None", "ReadWriteOnceWithFSType"',
      'spec.volumeLifecycleModes: Unsupported value: "Forever": supported values: "Persistent", "Ephemeral"',
    ],
    [
      { nodeAllocatableUpdatePeriodSeconds: 9 },
      "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds",
    ],
    [
      { serviceAccountTokenInSecrets: true },
      "spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified",
    ],
    [
      { tokenRequests: [{ audience: "a", expirationSeconds: 599 }, { audience: "a" }] },
      "spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes",
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
    ],
  ];
  for (const [spec, ...problems] of cases) deepEqual(problemsOf(CSIDriver, driver(spec)), problems);
});

test("how volumes of a driver live stays, and other changes are counted", () => {
  const to = driver({ attachRequired: false, volumeLifecycleModes: ["Ephemeral"] });
  deepEqual(changeProblems(CSIDriver, { from: driver(), to }), [
    "spec.attachedRequired: Invalid value: false: field is immutable",
    'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
  ]);
  const draft = draftFrom(CSIDriver, driver({ podInfoOnMount: true }));
  CSIDriver.prepareForUpdate?.(draft, objectFrom(CSIDriver, driver()));
  equal(draft.metadata.generation, 1);
  const same = draftFrom(CSIDriver, driver());
  CSIDriver.prepareForUpdate?.(same, objectFrom(CSIDriver, driver()));
  equal(same.metadata.generation, undefined);
});

test("columns show what a driver needs", () => {
  deepEqual(cellsOf(CSIDriver, driver({ tokenRequests: [{ audience: "a" }, { audience: "b" }] })), {
    Name: "disk.example.com",
    AttachRequired: true,
    PodInfoOnMount: false,
    StorageCapacity: false,
    TokenRequests: "a,b",
    RequiresRepublish: false,
    Modes: "Persistent",
    Age: "<unknown>",
  });
  equal(cellsOf(CSIDriver, driver())["TokenRequests"], "<unset>");
});

const onNode = { name: "disk.example.com", nodeID: "node-1", topologyKeys: ["zone"] };
const csiNode = (...drivers: object[]) => ({ metadata: { name: "node-1" }, spec: { drivers } });

test("drivers of a node say who they are, for good", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [csiNode({ ...onNode, allocatable: { count: 5 } })],
    [
      csiNode({ ...onNode, nodeID: "", allocatable: { count: -1 } }),
      "spec.drivers[0].nodeID: Required value",
      "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      csiNode({ ...onNode, topologyKeys: ["zone", "zone"] }),
      'spec.drivers[0]: Duplicate value: "zone"',
    ],
    [csiNode(onNode, onNode), 'spec.drivers[1].name: Duplicate value: "disk.example.com"'],
  ];
  for (const [manifest, ...problems] of cases) deepEqual(problemsOf(CSINode, manifest), problems);
  const change = (to: object) =>
    changeProblems(CSINode, { from: csiNode(onNode), to: csiNode(to) }).length;
  equal(change({ ...onNode, allocatable: { count: 3 } }), 0);
  equal(change({ ...onNode, nodeID: "other" }), 1);
  equal(change({ ...onNode, name: "other.example.com" }), 0);
  equal(cellsOf(CSINode, csiNode(onNode))["Drivers"], 1);
});

test("capacity is of a class, and not negative", () => {
  const capacity = (change: object) => ({
    metadata: { name: "a", namespace: "b" },
    storageClassName: "fast",
    ...change,
  });
  deepEqual(problemsOf(CSIStorageCapacity, capacity({ capacity: "1Gi" })), []);
  deepEqual(problemsOf(CSIStorageCapacity, capacity({ capacity: "-1" })), [
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ]);
  const to = capacity({ storageClassName: "slow", nodeTopology: {} });
  deepEqual(changeProblems(CSIStorageCapacity, { from: capacity({}), to }), [
    "nodeTopology: Invalid value: {}: field is immutable",
    'storageClassName: Invalid value: "slow": field is immutable',
  ]);
});

test("labels that nodes had once are no good topology of a capacity", () => {
  const nodeTopology = {
    matchLabels: { "beta.kubernetes.io/os": "linux", zone: "a" },
    matchExpressions: [{ key: "beta.kubernetes.io/arch", operator: "Exists" }],
  };
  const made = objectFrom(CSIStorageCapacity, {
    metadata: { name: "a", namespace: "b" },
    storageClassName: "fast",
    nodeTopology,
  });
  deepEqual(
    [...(CSIStorageCapacity.warnings?.(made) ?? [])],
    [
      'nodeTopology.matchExpressions[0].key: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead',
      'nodeTopology.matchLabels.beta.kubernetes.io/os: deprecated since v1.14; use "kubernetes.io/os" instead',
    ],
  );
});

const attachment = (spec: object = {}, status: object = {}) => ({
  metadata: { name: "a" },
  spec: {
    attacher: "disk.example.com",
    nodeName: "node-1",
    source: { persistentVolumeName: "pv-1" },
    ...spec,
  },
  status: { attached: false, ...status },
});

test("an attachment is of one volume, for good", () => {
  const onlyOne = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  deepEqual(problemsOf(VolumeAttachment, attachment()), []);
  deepEqual(problemsOf(VolumeAttachment, attachment({ source: {} })), [
    `spec.source: Required value: ${onlyOne}`,
  ]);
  equal(
    changeProblems(VolumeAttachment, {
      from: attachment(),
      to: attachment({ nodeName: "node-2" }),
    }).length,
    1,
  );
});

test("an inline volume is a persistent volume without a claim", () => {
  const csi = { driver: "disk.example.com", volumeHandle: "a" };
  const inline = (inlineVolumeSpec: object) =>
    problemsOf(VolumeAttachment, attachment({ source: { inlineVolumeSpec } }));
  const path = "spec.source.inlineVolumeSpec";
  const why = "may not be specified in the context of inline volumes";
  deepEqual(inline({ csi, accessModes: ["ReadWriteOnce"] }), []);
  deepEqual(inline({ csi, claimRef: { name: "a" }, capacity: { storage: "1Gi" } }), [
    `${path}.claimRef: Forbidden: ${why}`,
    `${path}.capacity: Forbidden: ${why}`,
    `${path}.accessModes: Required value`,
  ]);
  deepEqual(inline({ hostPath: { path: "/a" }, accessModes: ["ReadWriteOnce"] }), [
    `${path}.csi: Required value: has to be specified in the context of inline volumes`,
  ]);
});

test("what a driver tells of an attachment is not too long", () => {
  const change = (status: object) =>
    statusProblems(VolumeAttachment, { from: attachment(), to: attachment({}, status) });
  deepEqual(change({ attached: true, attachmentMetadata: { device: "sda" } }), []);
  deepEqual(change({ attachmentMetadata: { device: "x".repeat(256 * 1024) } }), [
    "status.attachmentMetadata: Too long: may not be more than 262144 bytes",
  ]);
  deepEqual(change({ attachError: { message: "x".repeat(1025), errorCode: -1 } }), [
    "status.attachError.message: Too long: may not be more than 1024 bytes",
    "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive",
  ]);
});

test("columns show where a volume is attached", () => {
  deepEqual(cellsOf(VolumeAttachment, attachment({}, { attached: true })), {
    Name: "a",
    Attacher: "disk.example.com",
    PV: "pv-1",
    Node: "node-1",
    Attached: true,
    Age: "<unknown>",
  });
});
