import { ageColumn, nameColumn } from "#api/columns.ts";
import { validateCsiDriverName } from "#api/core/volume-source-rules.ts";
import { immutable, nonNegative } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { byteLength, invalidEach, labelKey } from "#api/names.ts";
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  required,
} from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

const nodeIdBytesMax = 256;

export const VolumeNodeResources = s.struct("storage/v1.VolumeNodeResources", {
  count: s.int32(1, { optional: true, doc: "How many volumes the node can use at once." }),
});

export interface VolumeNodeResources extends ValueOf<typeof VolumeNodeResources> {}

export const CSINodeDriver = s.struct("storage/v1.CSINodeDriver", {
  name: s.string(1, { required: true }),
  nodeID: s.string(2, { required: true, doc: "What the driver calls the node." }),
  topologyKeys: s.list(3, "string", {
    always: true,
    listType: "atomic",
    doc: "Labels of the node that say which volumes it can reach.",
  }),
  allocatable: s.object(4, VolumeNodeResources, { optional: true }),
});

export interface CSINodeDriver extends ValueOf<typeof CSINodeDriver> {}

export const CSINodeSpec = s.struct("storage/v1.CSINodeSpec", {
  drivers: s.list(1, CSINodeDriver, {
    required: true,
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
  }),
});

export interface CSINodeSpec extends ValueOf<typeof CSINodeSpec> {}

/** upstream: pkg/apis/storage/validation/validation.go#ValidateCSINode */
export const CSINode = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  scope: "Cluster",
  doc: "The storage drivers on a node, told by its kubelet. It has the name of the node.",
  storage: { prefix: "/registry/csinodes", hash: "Pe62DkZtjuo=" },
  deleteReturnsObject: true,
  needsResourceVersion: true,
  schema: s.struct("storage/v1.CSINode", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, CSINodeSpec, { required: true }),
  }),

  *validate({ spec: { drivers } }) {
    const names = new Set<string>();
    for (const [at, driver] of drivers.entries()) {
      const path = index("spec.drivers", at);
      yield* validDriver(path, driver);
      if (names.has(driver.name)) yield duplicate(child(path, "name"), driver.name);
      names.add(driver.name);
    }
  },

  *validateUpdate({ spec }, old) {
    for (const driver of spec.drivers) {
      const before = old.spec.drivers.find(({ name }) => name === driver.name);
      if (before) yield* immutable("spec.drivers", withoutCount(driver), withoutCount(before));
    }
  },

  columns: [
    nameColumn,
    { name: "Drivers", type: "integer", cell: ({ spec }) => spec.drivers.length },
    ageColumn,
  ],
});

export interface CSINode extends ObjectOf<typeof CSINode> {}

/** How much a node can take may change; who it is may not. */
const withoutCount = (driver: CSINodeDriver) => ({ ...driver, allocatable: undefined });

function* validDriver(path: string, driver: CSINodeDriver): Iterable<FieldError> {
  const { name, nodeID, topologyKeys, allocatable } = driver;
  yield* validateCsiDriverName(name, child(path, "name"));
  if (nodeID === "") yield required(child(path, "nodeID"));
  if (byteLength(nodeID) > nodeIdBytesMax) {
    yield invalid(child(path, "nodeID"), nodeID, `must be ${nodeIdBytesMax} characters or less`);
  }
  yield* nonNegative(child(child(path, "allocatable"), "count"), allocatable?.count);
  for (const [at, key] of topologyKeys.entries()) {
    if (key === "") yield required(path);
    if (topologyKeys.indexOf(key) < at) yield duplicate(path, key);
    yield* invalidEach(path, key, labelKey(key));
  }
}
