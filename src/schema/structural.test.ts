import { deepEqual, equal, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { deepFreeze } from "./copy.ts";
import { FieldSet } from "./fieldset.ts";
import { DecodeError, decodeJson } from "./json.ts";
import { type AnyStruct, s } from "./struct.ts";
import {
  atomicFieldsOf,
  checkApplied,
  compare,
  extractFields,
  fieldsOf,
  mergeApplied,
  pruneApplied,
  removeFields,
} from "./structural.ts";
import { Deployment, Everything, JSONSchemaProps, ObjectMeta, Pod } from "./testing.ts";

const leaf = {};
const item = (fields: object): object => ({ ".": {}, ...fields });

const canonical = (struct: AnyStruct, json: unknown): object =>
  deepFreeze(decodeJson(struct, json, { defaults: false }).value as object);

describe("fieldsOf", () => {
  const cases: [name: string, struct: AnyStruct, json: unknown, fields: object][] = [
    [
      "scalars and keys of maps, not the structs and maps they are in",
      Pod,
      { metadata: { name: "p", labels: { a: "1" } }, spec: { hostNetwork: false } },
      {
        "f:metadata": { "f:name": leaf, "f:labels": { "f:a": leaf } },
        "f:spec": { "f:hostNetwork": leaf },
      },
    ],
    [
      "items of a list by their keys, with the default of a key that is left out",
      Pod,
      { spec: { containers: [{ name: "c", ports: [{ containerPort: 80 }] }] } },
      {
        "f:spec": {
          "f:containers": {
            'k:{"name":"c"}': item({
              "f:name": leaf,
              "f:ports": {
                'k:{"containerPort":80,"protocol":"TCP"}': item({ "f:containerPort": leaf }),
              },
            }),
          },
        },
      },
    ],
    [
      "items of a set by their value",
      ObjectMeta,
      { finalizers: ["a", "b"] },
      { "f:finalizers": { 'v:"a"': leaf, 'v:"b"': leaf } },
    ],
    [
      "what is atomic as a whole: lists, maps, structs",
      Pod,
      {
        metadata: { ownerReferences: [{ uid: "u", name: "n" }] },
        spec: { nodeSelector: { a: "1" }, containers: [{ name: "c", command: ["x"] }] },
      },
      {
        "f:metadata": { "f:ownerReferences": { 'k:{"uid":"u"}': leaf } },
        "f:spec": {
          "f:nodeSelector": leaf,
          "f:containers": { 'k:{"name":"c"}': item({ "f:name": leaf, "f:command": leaf }) },
        },
      },
    ],
    [
      "empty structs and nulls, since nothing below could stand for them",
      Deployment,
      { spec: { strategy: {}, replicas: null, selector: null } },
      { "f:spec": { "f:strategy": leaf, "f:replicas": leaf, "f:selector": leaf } },
    ],
    [
      "an embedded object as one value",
      Everything,
      { raw: { a: { b: 1 }, c: [1] } },
      { "f:raw": leaf },
    ],
    [
      "items that cannot be told apart as one",
      Pod,
      { spec: { containers: [{ name: "c" }, { name: "c" }] } },
      { "f:spec": { "f:containers": { 'k:{"name":"c"}': leaf } } },
    ],
  ];
  for (const [name, struct, json, fields] of cases) {
    test(name, () => deepEqual(fieldsOf(struct, json).toJson(), fields));
  }

  test("a key without a default may be left out, as long as there is another", () => {
    const device = s.struct("test/v1.Device", {
      pool: s.string(1, { required: true }),
      share: s.string(2, { optional: true }),
    });
    const holder = s.struct("test/v1.Holder", {
      list: s.list(1, device, { listType: "map", keys: ["share", "pool"] }),
    });
    const { children } = fieldsOf(holder, { list: [{ pool: "p" }, { pool: "p", share: "s" }] });
    deepEqual(
      [...(children.get("f:list")?.children.keys() ?? [])],
      ['k:{"pool":"p"}', 'k:{"pool":"p","share":"s"}'],
    );
  });

  test("a key that is left out and has a published default of zero is that", () => {
    const fields = fieldsOf(Pod, { spec: { containers: [{ image: "i" }] } });
    deepEqual(Object.keys(fields.below(["f:spec", "f:containers"])?.toJson() ?? {}), [
      'k:{"name":""}',
    ]);
  });
});

describe("compare", () => {
  const changes = (struct: AnyStruct, before: object, after: object): object => {
    const { added, modified, removed } = compare(struct, before, after);
    return { added: added.toJson(), modified: modified.toJson(), removed: removed.toJson() };
  };
  const nothing = { added: {}, modified: {}, removed: {} };

  test("a new object owns what it brought, with the lists and maps that came new", () => {
    const after = canonical(Pod, {
      metadata: { name: "p", labels: { a: "1" } },
      spec: { containers: [{ name: "c", ports: [{ containerPort: 80, protocol: "TCP" }] }] },
    });
    deepEqual(changes(Pod, {}, after), {
      ...nothing,
      added: {
        "f:metadata": { "f:name": leaf, "f:labels": item({ "f:a": leaf }) },
        "f:spec": {
          "f:containers": {
            'k:{"name":"c"}': item({
              "f:name": leaf,
              "f:ports": item({
                'k:{"containerPort":80,"protocol":"TCP"}': item({
                  "f:containerPort": leaf,
                  "f:protocol": leaf,
                }),
              }),
              "f:resources": leaf,
            }),
          },
        },
      },
    });
  });

  test("nothing, when nothing changed but the order", () => {
    const a = { metadata: { labels: { a: "1", b: "2" } }, spec: { containers: [{ name: "x" }] } };
    const b = { spec: { containers: [{ name: "x" }] }, metadata: { labels: { b: "2", a: "1" } } };
    deepEqual(changes(Pod, a, b), nothing);
  });

  test("values changed, keys and items gone", () => {
    const before = {
      metadata: { labels: { a: "1", b: "2" }, finalizers: ["x", "y"] },
      spec: { containers: [{ name: "c", image: "1" }, { name: "d" }], nodeSelector: { a: "1" } },
    };
    const after = {
      metadata: { labels: { a: "2" }, finalizers: ["y", "z"] },
      spec: { containers: [{ name: "c", image: "2" }], nodeSelector: { a: "1", b: "2" } },
    };
    deepEqual(changes(Pod, before, after), {
      added: { "f:metadata": { "f:finalizers": { 'v:"z"': leaf } } },
      modified: {
        "f:metadata": { "f:labels": { "f:a": leaf } },
        "f:spec": {
          "f:containers": { 'k:{"name":"c"}': { "f:image": leaf } },
          "f:nodeSelector": leaf,
        },
      },
      removed: {
        "f:metadata": { "f:finalizers": { 'v:"x"': leaf }, "f:labels": { "f:b": leaf } },
        "f:spec": { "f:containers": { 'k:{"name":"d"}': item({ "f:name": leaf }) } },
      },
    });
  });

  test("a whole map gone is gone with its keys", () => {
    deepEqual(changes(ObjectMeta, { labels: { a: "1" } }, {}), {
      ...nothing,
      removed: { "f:labels": item({ "f:a": leaf }) },
    });
  });

  test("null that turns into an atomic struct is a change", () => {
    const before = canonical(Deployment, {});
    const after = canonical(Deployment, { spec: { selector: { matchLabels: { a: "1" } } } });
    deepEqual(changes(Deployment, before, after), {
      ...nothing,
      modified: { "f:spec": { "f:selector": leaf } },
    });
  });

  test("an embedded object that turns into a list loses its keys and changes", () => {
    deepEqual(changes(Everything, { any: { a: 1 } }, { any: [1] }), {
      ...nothing,
      modified: { "f:any": leaf },
      removed: { "f:any": { "f:a": leaf } },
    });
  });

  test("items that came to be there twice are lost as items, and new as one", () => {
    const one = { finalizers: ["a"] };
    const two = { finalizers: ["a", "a"] };
    deepEqual(changes(ObjectMeta, one, two), {
      ...nothing,
      added: { "f:finalizers": { 'v:"a"': leaf } },
      removed: { "f:finalizers": { 'v:"a"': leaf } },
    });
    deepEqual(changes(ObjectMeta, two, { finalizers: ["a", "a"] }), nothing);
  });
});

describe("mergeApplied", () => {
  const live = deepFreeze({
    metadata: { name: "p", labels: { a: "1", b: "2" }, finalizers: ["x"] },
    spec: {
      nodeSelector: { a: "1" },
      hostNetwork: true,
      containers: [
        { name: "a", image: "1", ports: [{ containerPort: 80, protocol: "TCP", name: "http" }] },
        { name: "b", command: ["x", "y"] },
      ],
    },
  });

  const cases: [name: string, applied: object, merged: object][] = [
    ["nothing changes nothing", {}, live],
    [
      "maps are merged, atomic ones replaced",
      { metadata: { labels: { b: "3", c: "4" } }, spec: { nodeSelector: { b: "2" } } },
      {
        metadata: { ...live.metadata, labels: { a: "1", b: "3", c: "4" } },
        spec: { ...live.spec, nodeSelector: { b: "2" } },
      },
    ],
    [
      "items of lists are merged by key, a missing key standing for its default",
      { spec: { containers: [{ name: "a", ports: [{ containerPort: 80, hostPort: 8080 }] }] } },
      {
        ...live,
        spec: {
          ...live.spec,
          containers: [
            {
              name: "a",
              image: "1",
              ports: [{ containerPort: 80, protocol: "TCP", name: "http", hostPort: 8080 }],
            },
            live.spec.containers[1],
          ],
        },
      },
    ],
    [
      "atomic lists are replaced, sets joined",
      { metadata: { finalizers: ["y"] }, spec: { containers: [{ name: "b", command: ["z"] }] } },
      {
        metadata: { ...live.metadata, finalizers: ["x", "y"] },
        spec: {
          ...live.spec,
          containers: [live.spec.containers[0], { name: "b", command: ["z"] }],
        },
      },
    ],
    [
      "null for a scalar is a value, null for a list leaves it alone",
      { spec: { hostNetwork: null, containers: null } },
      { ...live, spec: { ...live.spec, hostNetwork: null } },
    ],
  ];
  for (const [name, applied, expected] of cases) {
    test(name, () => deepEqual(mergeApplied(Pod, live, applied), expected));
  }

  const orders: [live: string, applied: string, merged: string][] = [
    ["ab", "ba", "ba"],
    ["ab", "xb", "axb"],
    ["abc", "cxa", "bcxa"],
    ["abcd", "dxb", "acdxb"],
    ["", "ab", "ab"],
    ["ab", "", "ab"],
    ["axb", "by", "axby"],
    ["abc", "axb", "axbc"],
    ["acx", "abc", "abcx"],
  ];
  for (const [before, applied, merged] of orders) {
    test(`the order of ${before} with ${applied} applied is ${merged}`, () => {
      const list = (text: string): object => ({ finalizers: text.split("") });
      deepEqual(mergeApplied(ObjectMeta, list(before), list(applied)), list(merged));
    });
  }

  test("an item without its key cannot be applied", () => {
    const keyed = s.struct("test/v1.Keyed", { id: s.string(1, { optional: true }) });
    const holder = s.struct("test/v1.Holder", {
      list: s.list(1, keyed, { listType: "map", keys: ["id"] }),
    });
    throws(() => mergeApplied(holder, {}, { list: [{}] }), {
      name: "DecodeError",
      message: `element 0: associative list with keys has an element that omits all key fields ["id"] (and doesn't have default values for any key fields)`,
    });
    throws(() => fieldsOf(ObjectMeta, { finalizers: [["a"]] }), DecodeError);
  });

  test("schemas merge key by key", () => {
    deepEqual(
      mergeApplied(
        JSONSchemaProps,
        { properties: { a: { type: "string" } }, items: { type: "object" } },
        { properties: { b: {} }, items: [{}] },
      ),
      { properties: { a: { type: "string" }, b: {} }, items: [{}] },
    );
  });
});

describe("removing and extracting", () => {
  const live = deepFreeze({
    metadata: { name: "p", labels: { a: "1", b: "2" } },
    spec: {
      nodeSelector: { a: "1" },
      containers: [{ name: "a", image: "1", ports: [] }, { name: "b" }],
    },
  });
  const fields = FieldSet.fromJson({
    "f:metadata": { "f:labels": { "f:a": leaf } },
    "f:spec": {
      "f:nodeSelector": leaf,
      "f:containers": { 'k:{"name":"a"}': { "f:image": leaf }, 'k:{"name":"b"}': leaf },
    },
  });

  test("removed are the fields of the set, and only they", () => {
    deepEqual(removeFields(Pod, live, fields), {
      metadata: { name: "p", labels: { b: "2" } },
      spec: { containers: [{ name: "a", ports: [] }] },
    });
  });

  test("extracted are the fields of the set, and what tells items apart", () => {
    deepEqual(extractFields(Pod, live, fields), {
      metadata: { labels: { a: "1" } },
      spec: { nodeSelector: { a: "1" }, containers: [{ name: "a", image: "1" }, { name: "b" }] },
    });
  });

  test("what is emptied is null: the object has to be decoded", () => {
    const all = fieldsOf(Pod, live);
    const left = removeFields(Pod, live, all);
    deepEqual(left, { metadata: { labels: null }, spec: { containers: null } });
    deepEqual(canonical(Pod, left), canonical(Pod, {}));
  });
});

describe("an apply", () => {
  interface Step {
    readonly applied: object;
    readonly others?: object;
  }
  /** What is live after one manager applied these one after the other. */
  const applyAll = (struct: AnyStruct, start: object, steps: readonly Step[]): unknown => {
    let live: unknown = canonical(struct, start);
    let last = FieldSet.empty;
    for (const { applied, others = {} } of steps) {
      const mine = fieldsOf(struct, applied);
      const owned = mine.union(FieldSet.fromJson(others));
      const merged = mergeApplied(struct, live, applied);
      live = canonical(struct, pruneApplied(struct, merged, { last, owned }));
      last = mine;
    }
    return live;
  };
  const live = (struct: AnyStruct, json: object): unknown => canonical(struct, json);

  test("takes away what the same manager applied before and leaves out now", () => {
    const steps = [
      { applied: { labels: { a: "1", b: "2" }, finalizers: ["x", "y"] } },
      { applied: { labels: { b: "2" }, finalizers: ["y"] } },
    ];
    deepEqual(
      applyAll(ObjectMeta, { labels: { c: "3" } }, steps),
      live(ObjectMeta, { labels: { b: "2", c: "3" }, finalizers: ["y"] }),
    );
  });

  test("leaves what somebody else owns as well", () => {
    const others = { "f:labels": { "f:a": leaf } };
    const steps = [{ applied: { labels: { a: "1", b: "2" } } }, { applied: {}, others }];
    deepEqual(applyAll(ObjectMeta, {}, steps), live(ObjectMeta, { labels: { a: "1" } }));
  });

  const both = {
    spec: {
      containers: [
        { name: "a", image: "1" },
        { name: "b", image: "1" },
      ],
    },
  };
  const onlyC = { spec: { containers: [{ name: "c" }] } };
  const start = { spec: { containers: [{ name: "b", imagePullPolicy: "Always" }] } };
  const ownB = (fields: object): object => ({
    "f:spec": { "f:containers": { 'k:{"name":"b"}': fields } },
  });

  test("removes items of lists, but leaves those that others own, with what they have in it", () => {
    const others = ownB(item({ "f:name": leaf, "f:imagePullPolicy": leaf }));
    const steps = [
      { applied: both, others },
      { applied: onlyC, others },
    ];
    const left = [...start.spec.containers, { name: "c" }];
    deepEqual(applyAll(Pod, start, steps), live(Pod, { spec: { containers: left } }));
  });

  test("removes an item in which others own no more than a field", () => {
    const others = ownB({ "f:imagePullPolicy": leaf });
    const steps = [
      { applied: both, others },
      { applied: onlyC, others },
    ];
    deepEqual(applyAll(Pod, start, steps), live(Pod, onlyC));
  });

  test("removes a whole struct that it alone set", () => {
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: "1" } };
    const steps = [
      { applied: { spec: { replicas: 3, strategy } } },
      { applied: { spec: { replicas: 3 } } },
    ];
    deepEqual(applyAll(Deployment, {}, steps), live(Deployment, { spec: { replicas: 3 } }));
  });

  test("takes a struct away altogether, not only what is in it", () => {
    const applied = { spec: { containers: [{ name: "a", httpGet: { path: "/", port: 1 } }] } };
    const now = { spec: { containers: [{ name: "a" }] } };
    const merged = mergeApplied(Pod, applied, now);
    const [last, owned] = [fieldsOf(Pod, applied), fieldsOf(Pod, now)];
    deepEqual(pruneApplied(Pod, merged, { last, owned }), now);
  });

  test("leaves unowned fields inside of an item that stays", () => {
    const before = { spec: { containers: [{ name: "a", stdin: true }] } };
    const steps = [
      { applied: { spec: { containers: [{ name: "a", image: "1" }] } } },
      { applied: { spec: { containers: [{ name: "a" }] } } },
    ];
    deepEqual(applyAll(Pod, before, steps), live(Pod, before));
  });

  test("conflicts are where another owner's set meets what changed", () => {
    const before = canonical(Deployment, { spec: { replicas: 1, paused: true } });
    const merged = mergeApplied(Deployment, before, { spec: { replicas: 2, paused: true } });
    const { added, modified } = compare(Deployment, before, merged);
    const theirs = FieldSet.fromJson({ "f:spec": { "f:replicas": leaf, "f:paused": leaf } });
    deepEqual(theirs.intersection(added.union(modified)).toJson(), {
      "f:spec": { "f:replicas": leaf },
    });
  });
});

describe("what does not fit the schema", () => {
  const cases: [name: string, struct: AnyStruct, json: unknown, problem: string][] = [
    ["nothing", Pod, { spec: { containers: [{ name: "c" }] }, metadata: null }, ""],
    ["a field nobody knows", Pod, { spec: { foo: 1 } }, ".spec.foo: field not declared in schema"],
    [
      "a string for a number",
      Deployment,
      { spec: { replicas: "1" } },
      ".spec.replicas: expected numeric (int or float), got string",
    ],
    [
      "a number for a string",
      Pod,
      { spec: { containers: [{ name: 8080 }] } },
      ".spec.containers[name=8080].name: expected string, got &value.valueUnstructured{Value:8080}",
    ],
    [
      "a map for a list, a list for a map",
      Pod,
      { spec: { containers: { a: 1 } }, metadata: { labels: ["x"] } },
      "errors:\n  .spec.containers: expected list, got &{map[a:1]}\n  .metadata.labels: expected map, got &{[x]}",
    ],
    [
      "the same item twice",
      Pod,
      { spec: { containers: [{ name: "c" }, { name: "c" }] } },
      '.spec.containers: duplicate entries for key [name="c"]',
    ],
    [
      "an item that is null",
      Pod,
      { spec: { containers: [null] } },
      ".spec.containers: element 0: associative list with keys may not have a null element",
    ],
    ["no struct at all", Pod, "x", "expected map, got &{x}"],
  ];
  for (const [name, struct, json, problem] of cases) {
    test(name, () => equal(checkApplied(struct, json), problem));
  }
});

test("what would replace something as a whole is named by its path", () => {
  const value = {
    metadata: { labels: { a: "b" } },
    spec: { hostNetwork: true, containers: [{ name: "c" }, { name: "d", command: ["x"] }] },
  };
  deepEqual(atomicFieldsOf(Pod, value), [".spec.containers[1].command"]);
});
