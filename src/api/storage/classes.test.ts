import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, objectFrom, problemsOf } from "#api/testing.ts";
import { StorageClass } from "./storageclass.ts";
import { VolumeAttributesClass } from "./volumeattributesclass.ts";

const storageClass = (change: object = {}, annotations: object = {}) => ({
  metadata: { name: "fast", annotations },
  provisioner: "example.com/disk",
  ...change,
});

test("volumes are made at once and go with their claim unless said", () => {
  const made = draftFrom(StorageClass, storageClass());
  equal(made.reclaimPolicy, "Delete");
  equal(made.volumeBindingMode, "Immediate");
});

test("a storage class says what is wrong with it", () => {
  const topology = (...matchLabelExpressions: object[]) =>
    storageClass({ allowedTopologies: [{ matchLabelExpressions }] });
  const zone = { key: "zone", values: ["a"] };
  const at = "allowedTopologies[0].matchLabelExpressions";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [storageClass({ parameters: { type: "ssd" } })],
    [topology(zone)],
    [storageClass({ provisioner: "" }), "provisioner: Required value"],
    [
      storageClass({ parameters: { "": "x" } }),
      'parameters: Invalid value: "": field can not be empty.',
    ],
    [
      storageClass({ reclaimPolicy: "Recycle" }),
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
    ],
    [
      storageClass({ reclaimPolicy: "Keep" }),
      'reclaimPolicy: Unsupported value: "Keep": supported values: "Delete", "Retain"',
    ],
    [storageClass({ reclaimPolicy: "" })],
    [
      storageClass({ volumeBindingMode: "Later" }),
      'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer"',
    ],
    [topology({ key: "zone", values: [] }), `${at}[0].values: Required value`],
    [
      topology({ key: "zone", values: ["a", "a"] }, zone),
      `${at}[0].values[1]: Duplicate value: "a"`,
      `${at}[1].key: Duplicate value: "zone"`,
    ],
    [
      storageClass({
        allowedTopologies: [{ matchLabelExpressions: [zone] }, { matchLabelExpressions: [zone] }],
      }),
      'allowedTopologies[1].matchLabelExpressions: Duplicate value: ""',
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(StorageClass, manifest), problems);
  }
  const many = Object.fromEntries(Array.from({ length: 513 }, (_none, i) => [`p${i}`, "x"]));
  deepEqual(problemsOf(StorageClass, storageClass({ parameters: many })), [
    "parameters: Too long: may not be more than 512 bytes",
  ]);
});

test("labels that nodes had once are no good topology", () => {
  const key = "failure-domain.beta.kubernetes.io/zone";
  const term = { matchLabelExpressions: [{ key, values: ["a"] }] };
  const made = objectFrom(StorageClass, storageClass({ allowedTopologies: [term] }));
  deepEqual(
    [...(StorageClass.warnings?.(made) ?? [])],
    [
      'allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    ],
  );
});

test("what makes volumes stays", () => {
  const to = storageClass({ provisioner: "example.com/other", reclaimPolicy: "Retain" });
  deepEqual(changeProblems(StorageClass, { from: storageClass(), to }), [
    'provisioner: Invalid value: "example.com/other": field is immutable',
    'reclaimPolicy: Invalid value: "Retain": field is immutable',
  ]);
});

test("columns show which class is the default", () => {
  const marked = { "storageclass.kubernetes.io/is-default-class": "true" };
  deepEqual(cellsOf(StorageClass, storageClass({ allowVolumeExpansion: true }, marked)), {
    Name: "fast (default)",
    Provisioner: "example.com/disk",
    ReclaimPolicy: "Delete",
    VolumeBindingMode: "Immediate",
    AllowVolumeExpansion: true,
    Age: "<unknown>",
  });
});

const attributes = (change: object = {}) => ({
  metadata: { name: "gold" },
  driverName: "disk.example.com",
  parameters: { iops: "3000" },
  ...change,
});

test("a class of attributes has a driver and parameters, which stay", () => {
  deepEqual(problemsOf(VolumeAttributesClass, attributes()), []);
  deepEqual(problemsOf(VolumeAttributesClass, attributes({ driverName: "", parameters: {} })), [
    "driverName: Required value",
    "parameters: Required value: must contain at least one key/value pair",
  ]);
  const to = attributes({ driverName: "other.example.com", parameters: { iops: "1" } });
  deepEqual(changeProblems(VolumeAttributesClass, { from: attributes(), to }), [
    "driverName: Forbidden: updates to driverName are forbidden.",
    "parameters: Forbidden: updates to parameters are forbidden.",
  ]);
  equal(cellsOf(VolumeAttributesClass, attributes())["DriverName"], "disk.example.com");
});
