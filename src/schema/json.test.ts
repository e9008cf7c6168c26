import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { deepFreeze } from "./copy.ts";
import { DecodeError, decodeJson } from "./json.ts";
import { depthMax } from "./limits.ts";
import { type AnyStruct, s } from "./struct.ts";
import { Deployment, Everything, JSONSchemaProps, ObjectMeta, Pod } from "./testing.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- a test looks at it however it likes.
type Loose = any;

const canonical = (struct: AnyStruct, json: unknown): unknown =>
  decodeJson(struct, json, { defaults: false }).value;

const text = (struct: AnyStruct, json: unknown): string => JSON.stringify(canonical(struct, json));

const problem = (struct: AnyStruct, json: unknown): string => {
  try {
    decodeJson(struct, json, { defaults: false });
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return "none";
};

const without = (object: unknown, ...names: string[]): unknown =>
  Object.fromEntries(Object.entries(object as object).filter(([name]) => !names.includes(name)));

describe("canonical form", () => {
  test("an empty pod has its structs and its required lists, and nothing else", () => {
    equal(text(Pod, {}), '{"metadata":{},"spec":{"containers":[]},"status":{}}');
  });

  test("fields come in the order of the schema, inlined ones in place", () => {
    const json = {
      status: { phase: "Running" },
      spec: { containers: [], volumes: [{ emptyDir: { medium: "Memory" }, name: "v" }] },
      apiVersion: "v1",
      metadata: { labels: { b: "2", a: "1" }, name: "p" },
      kind: "Pod",
    };
    equal(
      text(Pod, json),
      '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","labels":{"a":"1","b":"2"}},' +
        '"spec":{"volumes":[{"name":"v","emptyDir":{"medium":"Memory"}}],"containers":[]},' +
        '"status":{"phase":"Running"}}',
    );
  });

  test("what is unset shows as Go would print it", () => {
    equal(
      text(Everything, {}),
      '{"bool":false,"int32":null,"quantity":"0","port":0,"at":null,"exactlyAt":null,' +
        '"timeout":"0s","verbs":[],"list":[]}',
    );
  });

  test("a zero that was set is kept by pointers only", () => {
    const json = { float: 0, int32: 0, int64: 0, name: "", bytes: "", extra: {}, numbers: [] };
    deepEqual(without(canonical(Everything, json), "bool", "quantity", "port", "at", "exactlyAt"), {
      float: 0,
      int32: 0,
      timeout: "0s",
      verbs: [],
      list: [],
    });
  });

  test("null is absent, in lists and maps it is the zero value", () => {
    deepEqual(canonical(Deployment, { metadata: null, spec: { replicas: null, selector: null } }), {
      metadata: {},
      spec: { selector: null, strategy: {} },
    });
    const json = { list: [null], times: { a: null }, extra: { b: [null] }, numbers: [null] };
    deepEqual(without(canonical(Everything, json), "bool", "quantity", "port", "at", "exactlyAt"), {
      int32: null,
      timeout: "0s",
      extra: { b: [""] },
      verbs: [],
      times: { a: null },
      numbers: [0],
      list: [{ name: "", resources: {} }],
    });
  });

  const scalars: [field: string, given: unknown, canonical: unknown][] = [
    ["quantity", "1000m", "1"],
    ["quantity", 0.5, "500m"],
    ["port", "http", "http"],
    ["port", 80, 80],
    ["at", "2026-01-02T03:04:05.678+01:00", "2026-01-02T02:04:05Z"],
    ["at", "0001-01-01T00:00:00Z", null],
    ["exactlyAt", "2026-01-02T03:04:05.000600-00:30", "2026-01-02T03:34:05.000600Z"],
    ["timeout", "90s", "1m30s"],
    ["bytes", "aGVs\nbG8=", "aGVsbG8="],
    ["any", [1, { a: null }], [1, { a: null }]],
    ["raw", { kind: "X", z: 1, a: 2 }, { kind: "X", z: 1, a: 2 }],
    ["float", 1.5, 1.5],
    ["int32", -0, 0],
  ];
  for (const [field, given, expected] of scalars) {
    test(`${field} ${JSON.stringify(given)} becomes ${JSON.stringify(expected)}`, () => {
      const decoded = canonical(Everything, { [field]: given }) as Record<string, unknown>;
      deepEqual(decoded[field], expected);
    });
  }

  test("decoding a canonical object changes nothing", () => {
    const once = canonical(Everything, { at: "2026-01-02T03:04:05Z", map: { b: {}, a: {} } });
    equal(text(Everything, once), JSON.stringify(once));
  });

  test("nothing of the input is kept", () => {
    const raw = { a: [{ b: 1 }] };
    const labels = { x: "y" };
    const decoded = canonical(Everything, { raw }) as { raw: typeof raw };
    const meta = canonical(ObjectMeta, { labels }) as { labels: object };
    raw.a[0] = { b: 2 };
    labels.x = "z";
    deepEqual([decoded.raw, meta.labels], [{ a: [{ b: 1 }] }, { x: "y" }]);
  });

  test("a pointer to what prints as null is absent", () => {
    deepEqual(canonical(ObjectMeta, { deletionTimestamp: "0001-01-01T00:00:00Z" }), {});
    deepEqual(canonical(JSONSchemaProps, { items: true }), {});
  });

  test("a member called __proto__ is a member like any other", () => {
    const json: unknown = JSON.parse(
      '{"labels":{"__proto__":"a"},"annotations":{"__proto__":null}}',
    );
    equal(text(ObjectMeta, json), '{"labels":{"__proto__":"a"},"annotations":{"__proto__":""}}');
  });

  test("schemas may stand as objects, lists, booleans or names", () => {
    const json = {
      items: { type: "string" },
      properties: { a: { items: [{ type: "object", enum: [null] }], additionalProperties: false } },
      additionalProperties: { type: "array" },
      dependencies: { a: ["b"], c: { type: "string" } },
    };
    deepEqual(canonical(JSONSchemaProps, json), json);
  });
});

describe("unknown fields", () => {
  const problems = (struct: AnyStruct, json: unknown): readonly string[] =>
    decodeJson(struct, json, { defaults: false }).problems;

  test("each is named with its path, once", () => {
    const container = { name: "c", foo: 1, resources: { limits: { cpu: 1 }, x: 1 } };
    const json = { spec: { containers: [container], replicaz: 1 }, nope: { deep: 1 } };
    deepEqual(problems(Pod, json), [
      'unknown field "spec.containers[0].foo"',
      'unknown field "spec.containers[0].resources.x"',
      'unknown field "spec.replicaz"',
      'unknown field "nope"',
    ]);
  });

  test("keys of maps are never unknown, nor is what an embedded object has", () => {
    deepEqual(problems(Everything, { raw: { x: 1 }, map: { any: { foo: 1 } } }), [
      'unknown field "map.any.foo"',
    ]);
  });

  test("a field that only protobuf has is unknown to JSON", () => {
    deepEqual(problems(Pod, { spec: { volumes: [{ volumeSource: {} }] } }), [
      'unknown field "spec.volumes[0].volumeSource"',
    ]);
  });

  test("what stands in for a schema is decoded leniently, as upstream does", () => {
    deepEqual(problems(JSONSchemaProps, { items: { foo: 1 }, nope: 1 }), ['unknown field "nope"']);
  });

  test("no more than a hundred are listed", () => {
    const json = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, 1]));
    equal(problems(Pod, json).length, 100);
  });
});

describe("wrong types", () => {
  const field = "json: cannot unmarshal";
  const cases: [name: string, struct: AnyStruct, json: unknown, message: string][] = [
    [
      "a string for a number",
      Deployment,
      { spec: { replicas: "3" } },
      `${field} string into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      "a number for a string deep in a list",
      Pod,
      { spec: { containers: [{ env: [{ name: "A", value: 1 }] }] } },
      `${field} number into Go struct field EnvVar.spec.containers.env.value of type string`,
    ],
    [
      "a string for a map",
      Pod,
      { spec: { nodeSelector: "x" } },
      `${field} string into Go struct field PodSpec.spec.nodeSelector of type map[string]string`,
    ],
    [
      "a boolean as a label",
      Pod,
      { metadata: { labels: { a: true } } },
      `${field} bool into Go struct field ObjectMeta.metadata.labels of type string`,
    ],
    [
      "a list for a struct",
      Pod,
      { spec: [] },
      `${field} array into Go struct field Pod.spec of type v1.PodSpec`,
    ],
    [
      "an object for a list",
      Pod,
      { spec: { containers: {} } },
      `${field} object into Go struct field PodSpec.spec.containers of type []v1.Container`,
    ],
    [
      "a string for resources",
      Pod,
      { spec: { containers: [{ resources: { limits: "1" } }] } },
      `${field} string into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList`,
    ],
    ["something else than an object", Pod, [], `${field} array into Go value of type v1.Pod`],
    [
      "a fraction",
      Deployment,
      { spec: { replicas: 1.5 } },
      `${field} number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      "too large a number",
      Deployment,
      { spec: { replicas: 3_000_000_000 } },
      `${field} number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      "a string for a boolean",
      Pod,
      { spec: { hostNetwork: "true" } },
      `${field} string into Go struct field PodSpec.spec.hostNetwork of type bool`,
    ],
    [
      "a port that is neither",
      Everything,
      { port: true },
      `${field} bool into Go struct field Everything.port of type int32`,
    ],
    [
      "no quantity",
      Everything,
      { quantity: "1 GB" },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      "no time",
      Everything,
      { at: "yesterday" },
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    [
      "no month",
      Everything,
      { at: "2026-13-01T00:00:00Z" },
      'parsing time "2026-13-01T00:00:00Z": month out of range',
    ],
    [
      "no day",
      Everything,
      { at: "2026-02-30T00:00:00Z" },
      'parsing time "2026-02-30T00:00:00Z": day out of range',
    ],
    [
      "whole seconds where microseconds are wanted",
      Everything,
      { exactlyAt: "2026-01-02T03:04:05Z" },
      'parsing time "2026-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    ],
    [
      "no day, with microseconds",
      Everything,
      { exactlyAt: "2026-02-30T00:00:00.000000Z" },
      'parsing time "2026-02-30T00:00:00.000000Z": day out of range',
    ],
    ["no base64", Everything, { bytes: "a*b=" }, "illegal base64 data at input byte 1"],
    ["base64 cut short", Everything, { bytes: "aGVsbA" }, "illegal base64 data at input byte 4"],
    ["no duration", Everything, { timeout: "soon" }, 'time: invalid duration "soon"'],
    [
      "neither schema nor boolean",
      JSONSchemaProps,
      { additionalProperties: 1 },
      "boolean or JSON schema expected",
    ],
  ];
  for (const [name, struct, json, message] of cases) {
    test(name, () => equal(problem(struct, json), message));
  }

  test("nesting beyond the limit is refused, in structs and in embedded JSON", () => {
    let schema: object = {};
    let list: unknown[] = [];
    for (let i = 0; i < 2 * depthMax; i++) {
      schema = { properties: { a: schema } };
      list = [list];
    }
    equal(problem(JSONSchemaProps, schema), "exceeded max depth");
    equal(problem(Everything, { any: list }), "exceeded max depth");
  });

  test("the wrong form of a struct is a bug, not a bad request", () => {
    const odd = { ...JSONSchemaProps, options: { jsonForm: "Odd" } };
    throws(() => decodeJson(odd, {}, { defaults: false }), TypeError);
  });
});

describe("beside an object that is known", () => {
  const container = { name: "c", image: "i", ports: [{ containerPort: 80 }] };
  const decode = (json: object, like?: object) =>
    decodeJson(Pod, json, { defaults: true, like }).value as unknown as Loose;
  const known = (): Loose =>
    deepFreeze(
      decode({ metadata: { name: "p", labels: { a: "1" } }, spec: { containers: [container] } }),
    );

  test("what is the very same is taken over, all else is made anew", () => {
    const like = known();
    const labels = { ...like.metadata.labels };
    const json = { ...like, metadata: { ...like.metadata, labels } };
    const made = decode(json, like);
    equal(made.spec, like.spec);
    notEqual(made.metadata.labels, labels);
    notEqual(made.metadata.labels, like.metadata.labels);
    deepEqual(made, decode(json));
  });

  test("where rules of defaults may write, only what is settled is taken over", () => {
    const Item = s.struct("test/v1.Item", { name: s.string(1) });
    const Part = s.struct("test/v1.Part", {
      items: s.list(1, Item),
      history: s.list(2, Item, { settled: true }),
      note: s.string(3),
    });
    const Whole = s.struct(
      "test/v1.Whole",
      { part: s.object(1, Part), other: s.object(2, Part) },
      { defaults: ({ part: { items } }) => items?.forEach((item) => (item.name ||= "unnamed")) },
    );
    const items = [{ name: "a" }];
    const part = { items, history: items };
    const like = deepFreeze(decodeJson(Whole, { part, other: part }, { defaults: true }).value);
    const json = { ...like, part: { ...like.part, note: "new" } };
    const made = decodeJson(Whole, json, { defaults: true, like }).value;
    equal(made.other, like.other);
    equal(made.part.history, like.part.history);
    notEqual(made.part.items, like.part.items);
    notEqual(made.part.items?.[0], like.part.items?.[0]);
  });

  test("what only looks the same is not taken for it", () => {
    const like = known();
    const json = structuredClone(like);
    const made = decode(json, like);
    notEqual(made.spec, like.spec);
    notEqual(made.spec, json.spec);
    deepEqual(made, like);
  });

  test("unknown fields and wrong types in what differs are found", () => {
    const like = known();
    const { problems } = decodeJson(Pod, { ...like, odd: 1 }, { defaults: true, like });
    deepEqual(problems, ['unknown field "odd"']);
    throws(() => decode({ ...like, spec: 1 }, like), DecodeError);
  });
});
