import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { deepFreeze } from "#schema/copy.ts";
import type { AnyStruct } from "#schema/struct.ts";
import { Deployment, JSONSchemaProps, ObjectMeta, Pod } from "#schema/testing.ts";
import { applyStrategicPatch } from "./strategic.ts";

type Case = [name: string, struct: AnyStruct, document: object, patch: object, result: object];

const run = (cases: readonly Case[]): void => {
  for (const [name, struct, document, patch, result] of cases) {
    test(name, () => {
      deepEqual(applyStrategicPatch(struct, deepFreeze(document), deepFreeze(patch)), result);
    });
  }
};

const containers = (...list: object[]): object => ({ spec: { containers: list } });

describe("without directives", () => {
  run([
    [
      "maps are merged, null deletes",
      ObjectMeta,
      { name: "p", labels: { a: "1", b: "2" } },
      { labels: { a: null, c: "3", d: null } },
      { name: "p", labels: { b: "2", c: "3" } },
    ],
    [
      "lists with a merge key are merged, and put in the order of the patch",
      Pod,
      containers({ name: "a", image: "1" }, { name: "b", image: "1" }),
      containers({ name: "c" }, { name: "a", image: "2" }),
      containers({ name: "c" }, { name: "a", image: "2" }, { name: "b", image: "1" }),
    ],
    [
      "lists without one are replaced",
      Pod,
      containers({ name: "a", command: ["x", "y"] }),
      containers({ name: "a", command: ["z"] }),
      containers({ name: "a", command: ["z"] }),
    ],
    [
      "lists of scalars that merge are joined",
      ObjectMeta,
      { finalizers: ["a", "b"] },
      { finalizers: ["b", "c"] },
      { finalizers: ["a", "b", "c"] },
    ],
    [
      "nulls in what is new are left out",
      Pod,
      {},
      { spec: { nodeSelector: { a: null, b: "1" }, hostNetwork: null } },
      { spec: { nodeSelector: { b: "1" } } },
    ],
    [
      "nested lists are merged by their own key",
      Pod,
      containers({ name: "a", ports: [{ containerPort: 80, protocol: "TCP" }] }),
      containers({
        name: "a",
        ports: [{ containerPort: 81 }, { containerPort: 80, name: "http" }],
      }),
      containers({
        name: "a",
        ports: [{ containerPort: 81 }, { containerPort: 80, protocol: "TCP", name: "http" }],
      }),
    ],
    [
      "a scalar replaces a list, a list a map",
      ObjectMeta,
      { finalizers: ["a"], labels: { a: "1" } },
      { finalizers: "x", labels: ["y"] },
      { finalizers: "x", labels: ["y"] },
    ],
  ]);
});

describe("$patch", () => {
  run([
    [
      "replace, in a map",
      ObjectMeta,
      { labels: { a: "1" } },
      { labels: { $patch: "replace", b: "2" } },
      { labels: { b: "2" } },
    ],
    [
      "delete, in a map",
      ObjectMeta,
      { labels: { a: "1" } },
      { labels: { $patch: "delete" } },
      { labels: {} },
    ],
    [
      "delete, of an item",
      Pod,
      containers({ name: "a" }, { name: "b" }),
      containers({ $patch: "delete", name: "a" }),
      containers({ name: "b" }),
    ],
    [
      "replace, of a list",
      Pod,
      containers({ name: "a" }, { name: "b" }),
      containers({ $patch: "replace" }, { name: "c" }),
      containers({ name: "c" }),
    ],
    [
      "delete, where there is nothing",
      Pod,
      {},
      {
        metadata: { $patch: "delete" },
        spec: { containers: [{ $patch: "delete", name: "a" }, { name: "b" }] },
      },
      containers({ name: "b" }),
    ],
  ]);
});

describe("$deleteFromPrimitiveList", () => {
  run([
    [
      "takes items out; new ones come first",
      ObjectMeta,
      { finalizers: ["a", "b", "c"] },
      { "$deleteFromPrimitiveList/finalizers": ["b"], finalizers: ["d"] },
      { finalizers: ["d", "a", "c"] },
    ],
    [
      "does nothing where there is no list",
      ObjectMeta,
      {},
      { "$deleteFromPrimitiveList/finalizers": ["b"] },
      {},
    ],
  ]);
});

describe("$setElementOrder", () => {
  run([
    [
      "orders what the patch knows; the rest stays before what it stood before",
      Pod,
      containers({ name: "a" }, { name: "x" }, { name: "b" }),
      {
        spec: {
          "$setElementOrder/containers": [{ name: "b" }, { name: "new" }, { name: "a" }],
          containers: [{ name: "new" }],
        },
      },
      containers({ name: "x" }, { name: "b" }, { name: "new" }, { name: "a" }),
    ],
    [
      "orders without changing anything",
      ObjectMeta,
      { finalizers: ["a", "b"] },
      { "$setElementOrder/finalizers": ["b", "a"] },
      { finalizers: ["b", "a"] },
    ],
    [
      "comes with deletions",
      Pod,
      containers({ name: "a" }, { name: "b" }),
      {
        spec: {
          "$setElementOrder/containers": [{ name: "b" }],
          containers: [
            { $patch: "delete", name: "a" },
            { name: "b", image: "2" },
          ],
        },
      },
      containers({ name: "b", image: "2" }),
    ],
    [
      "adds a list",
      Pod,
      { spec: {} },
      { spec: { "$setElementOrder/containers": [{ name: "a" }], containers: [{ name: "a" }] } },
      containers({ name: "a" }),
    ],
  ]);
});

describe("$retainKeys", () => {
  run([
    [
      "clears the other members of a union",
      Deployment,
      { spec: { replicas: 2, strategy: { type: "RollingUpdate", rollingUpdate: { a: "1" } } } },
      { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
      { spec: { replicas: 2, strategy: { type: "Recreate" } } },
    ],
    [
      "does so in items of lists, too",
      Pod,
      { spec: { volumes: [{ name: "v", emptyDir: {} }] } },
      {
        spec: {
          volumes: [{ $retainKeys: ["name", "secret"], name: "v", secret: { secretName: "s" } }],
        },
      },
      { spec: { volumes: [{ name: "v", secret: { secretName: "s" } }] } },
    ],
  ]);
});

describe("refused", () => {
  const cases: [
    name: string,
    struct: AnyStruct,
    document: object,
    patch: unknown,
    message: string,
  ][] = [
    ["no object", Pod, {}, [], "invalid JSON document"],
    [
      "an unknown directive",
      ObjectMeta,
      { labels: {} },
      { labels: { $patch: "merge" } },
      "unknown patch type: merge in map: map[$patch:merge]",
    ],
    [
      "an item without its merge key",
      Pod,
      containers({ name: "a" }),
      containers({ image: "1" }),
      "map: map[image:1] does not contain declared merge key: name",
    ],
    [
      "a deletion without the merge key",
      Pod,
      containers({ name: "a" }),
      containers({ $patch: "delete" }),
      "map: map[$patch:delete] does not contain declared merge key: name",
    ],
    [
      "merge for an item",
      Pod,
      containers({ name: "a" }),
      containers({ $patch: "merge", name: "a" }),
      "merging lists cannot yet be specified in the patch",
    ],
    [
      "items of different kinds",
      ObjectMeta,
      { finalizers: ["a"] },
      { finalizers: [1] },
      "list element types are not identical: [[a] [1]]",
    ],
    [
      "lists of lists",
      ObjectMeta,
      { finalizers: ["a"] },
      { finalizers: [["b"]], "$setElementOrder/finalizers": [] },
      "list element types are not identical: [[a] [[b]]]",
    ],
    [
      "an order that the patch does not keep",
      Pod,
      containers(),
      { spec: { "$setElementOrder/containers": [{ name: "b" }], containers: [{ name: "a" }] } },
      "the order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
    ],
    [
      "an order for a field that nobody knows",
      Pod,
      { spec: {} },
      { spec: { "$setElementOrder/nope": [] } },
      'unable to find api field in struct PodSpec for the json field "nope"',
    ],
    [
      "an order that is no list",
      Pod,
      { spec: {} },
      { spec: { "$setElementOrder/containers": "x" } },
      "expected a []interface {}, but received a string",
    ],
  ];
  for (const [name, struct, document, patch, message] of cases) {
    test(name, () => {
      throws(() => applyStrategicPatch(struct, document, patch), { name: "PatchError", message });
    });
  }

  test("a key that is not retained", () => {
    const patch = { spec: { strategy: { $retainKeys: ["type"], rollingUpdate: {} } } };
    throws(() => applyStrategicPatch(Deployment, { spec: { strategy: {} } }, patch), {
      message: "invalid patch format of retainKeys",
    });
  });

  test("nesting beyond the limit", () => {
    const deep = (): object => {
      let schema: object = {};
      for (let i = 0; i < 1_500; i++) schema = { properties: { a: schema } };
      return schema;
    };
    throws(() => applyStrategicPatch(JSONSchemaProps, deep(), deep()), {
      message: "exceeded max depth",
    });
  });
});

test("what a patch does not speak of is the document's own", () => {
  const document = deepFreeze({ metadata: { labels: { a: "1" } }, spec: { nodeName: "n" } });
  const patched = applyStrategicPatch(Pod, document, { metadata: { labels: { b: "2" } } });
  equal((patched as typeof document).spec, document.spec);
  deepEqual(patched, { ...document, metadata: { labels: { a: "1", b: "2" } } });
  deepEqual(document.metadata, { labels: { a: "1" } });
});
