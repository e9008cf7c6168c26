import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, draftFrom, objectFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { PersistentVolumeClaim } from "./persistentvolumeclaim.ts";
import type { Cases } from "./testing.ts";

const small = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const claim = (spec: object, status: object = {}) => ({
  metadata: { name: "a", namespace: "b" },
  spec: { ...small, ...spec },
  status,
});

test("a claim wants a file system unless it says otherwise", () => {
  const { spec, status } = objectFrom(PersistentVolumeClaim, claim({}));
  deepEqual([spec.volumeMode, status], ["Filesystem", { phase: "Pending" }]);
});

test("both fields for where data comes from say the same", () => {
  const source = { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "s" };
  const fields = (spec: object) => {
    const object = objectFrom(PersistentVolumeClaim, claim(spec)).spec;
    return [object.dataSource, object.dataSourceRef];
  };
  deepEqual(fields({ dataSource: source }), [source, source]);
  deepEqual(fields({ dataSourceRef: source }), [source, source]);
  const other = { apiGroup: "example.com", kind: "Backup", name: "s" };
  deepEqual(fields({ dataSourceRef: other }), [other, other]);
  deepEqual(fields({ dataSource: other }), [undefined, undefined]);
  // Of other namespaces nothing is taken (CrossNamespaceVolumeDataSource), not even by accident here.
  deepEqual(fields({ dataSourceRef: { ...other, namespace: "n" } }), [undefined, undefined]);
});

test("a claim asks for storage in some mode", () => {
  const cases: Cases = [
    [{ storageClassName: "", selector: { matchLabels: { a: "b" } } }],
    [
      { accessModes: undefined, resources: {} },
      "spec.accessModes: Required value: at least 1 access mode is required",
      "spec.resources[storage]: Required value",
    ],
    [
      {
        accessModes: ["Sometimes"],
        resources: { requests: { storage: "-1" } },
        volumeMode: "Tape",
      },
      'spec.accessModes: Unsupported value: "Sometimes": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'spec.resources[storage]: Invalid value: "-1": must be greater than zero',
      'spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
    ],
    [
      { dataSourceRef: { kind: "Backup", name: "" } },
      "spec.dataSource.name: Required value",
      "spec.dataSource: Invalid value: \"Backup\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
      "spec.dataSourceRef.name: Required value",
      "spec.dataSourceRef: Invalid value: \"Backup\": must be 'PersistentVolumeClaim' when referencing the default apiGroup",
    ],
  ];
  for (const [spec, ...problems] of cases) {
    deepEqual(problemsOf(PersistentVolumeClaim, claim(spec)), problems);
  }
});

const bound = { phase: "Bound", capacity: { storage: "1Gi" } };

/** Of an update: the status is that of the stored claim. */
function change(from: object, to: object, status: object = bound): readonly string[] {
  const old: PersistentVolumeClaim = draftFrom(PersistentVolumeClaim, claim(from, status));
  const now: PersistentVolumeClaim = draftFrom(PersistentVolumeClaim, claim(to, status));
  const errors = PersistentVolumeClaim.validateUpdate?.(now, old) ?? [];
  return Array.from(errors, ({ path, message }) => `${path}: ${message}`);
}

test("a bound claim may grow; nothing else of it changes", () => {
  const sized = (storage: string) => ({ resources: { requests: { storage } } });
  const fixed =
    "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n";
  deepEqual(change({}, sized("2Gi")), []);
  deepEqual(change({}, { volumeName: "v", storageClassName: "x" }), []);
  deepEqual(change({ volumeName: "v" }, { volumeName: "w" }), [`${fixed}  volumeName: "v" -> "w"`]);
  deepEqual(change({ storageClassName: "" }, { storageClassName: "x" }), [
    `${fixed}  storageClassName: "" -> "x"`,
  ]);
  deepEqual(change({}, sized("2Gi"), { phase: "Pending" }), [
    `${fixed}  resources.requests.storage: "1Gi" -> "2Gi"`,
  ]);
  deepEqual(change(sized("2Gi"), sized("512Mi")), [
    "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
  ]);
});

test("attributes that a volume was given are changed, not taken from it", () => {
  const gold = { volumeAttributesClassName: "gold" };
  const given = { ...bound, currentVolumeAttributesClassName: "gold" };
  const at = "spec.volumeAttributesClassName: Forbidden: update to";
  const why = "is forbidden when status.currentVolumeAttributesClassName is not nil";
  deepEqual(change(gold, {}), []);
  deepEqual(change(gold, { volumeAttributesClassName: "tin" }, given), []);
  deepEqual(change(gold, {}, given), [`${at} nil ${why}`]);
  deepEqual(change(gold, { volumeAttributesClassName: "" }, given), [`${at} empty string ${why}`]);
});

test("a status speaks of sizes and of steps that there are", () => {
  const wrong = (status: object) =>
    statusProblems(PersistentVolumeClaim, { from: claim({}), to: claim({}, status) });
  deepEqual(wrong({ phase: "Odd", accessModes: ["Any"] }), []);
  deepEqual(
    wrong({
      capacity: { storage: "-1" },
      allocatedResources: { storage: "-1", cpu: "1" },
      allocatedResourceStatuses: { storage: "Soon" },
    }),
    [
      "status.capacity[storage]: Invalid value: -1: must be a valid resource quantity",
      'status.allocatedResourceStatuses: Unsupported value: "storage": supported values: "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"',
      'status.allocatedResources: Unsupported value: "cpu": supported values: "storage"',
      "status.allocatedResources[storage]: Invalid value: -1: must be a valid resource quantity",
    ],
  );
});

test("claims are shown with their volumes", () => {
  const cell = (spec: object, title: string) => {
    const object: PersistentVolumeClaim = draftFrom(
      PersistentVolumeClaim,
      claim(spec, { ...bound, accessModes: ["ReadWriteOnce"] }),
    );
    return PersistentVolumeClaim.columns?.find(({ name }) => name === title)?.cell(object, 0);
  };
  deepEqual(
    ["Status", "Volume", "Capacity", "Access Modes"].map((name) => cell({ volumeName: "v" }, name)),
    ["Bound", "v", "1Gi", "RWO"],
  );
  deepEqual(
    ["Capacity", "Access Modes"].map((name) => cell({}, name)),
    ["", ""],
  );
  equal(
    cellsOf(PersistentVolumeClaim, claim({ storageClassName: "fast" }))["StorageClass"],
    "fast",
  );
});

test("a claim keeps the source that it was made with, whatever it is", () => {
  const other = { apiGroup: "example.com", kind: "Backup", name: "s" };
  const old: PersistentVolumeClaim = draftFrom(
    PersistentVolumeClaim,
    claim({ dataSource: other, dataSourceRef: other }),
  );
  const draft = draftFrom(PersistentVolumeClaim, claim({ dataSource: other }));
  PersistentVolumeClaim.prepareForUpdate?.(draft, old);
  deepEqual([draft.spec.dataSource, draft.spec.dataSourceRef], [other, other]);
});

test("parts of bytes are warned of", () => {
  const draft = draftFrom(
    PersistentVolumeClaim,
    claim({ resources: { requests: { storage: "1500m" } } }),
  );
  deepEqual(
    [...(PersistentVolumeClaim.warnings?.(draft) ?? [])],
    [
      'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
    ],
  );
});
