import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { applyDefaults } from "./defaults.ts";
import { decodeJson } from "./json.ts";
import { type AnyStruct, s } from "./struct.ts";
import { JSONSchemaProps, Pod } from "./testing.ts";

const defaulted = (struct: AnyStruct, json: unknown): unknown =>
  decodeJson(struct, json, { defaults: true }).value;

const Inner = s.struct(
  "test/v1.Inner",
  { size: s.int32(1), name: s.string(2) },
  {
    defaults: (draft) => {
      draft.size ||= 3;
    },
  },
);

const Outer = s.struct(
  "test/v1.Outer",
  {
    first: s.string(1),
    protocol: s.string(2, { default: "TCP" }),
    mode: s.int32(3, { optional: true, default: 420 }),
    name: s.string(4, { required: true, default: "x" }),
    service: s.string(5, { always: true, nullable: true, default: "" }),
    count: s.int32(6, { default: 0 }),
    inner: s.object(7, Inner),
    total: s.int32(8),
    last: s.string(9),
  },
  {
    defaults: (draft) => {
      draft.total ||= draft.inner.size ?? 0;
    },
  },
);

describe("defaults", () => {
  test("stand in for what was left out, children first, in the order of the schema", () => {
    equal(
      JSON.stringify(defaulted(Outer, { last: "z", first: "a" })),
      '{"first":"a","protocol":"TCP","mode":420,"name":"x","service":"","inner":{"size":3},"total":3,"last":"z"}',
    );
  });

  test("leave what was said alone; a pointer to zero was said", () => {
    const said = {
      protocol: "UDP",
      mode: 0,
      name: "n",
      service: "s",
      inner: { size: 1 },
      total: 9,
    };
    deepEqual(defaulted(Outer, said), said);
  });

  test("are the same the second time", () => {
    const once = defaulted(Outer, {});
    const again = applyDefaults(Outer, structuredClone(once) as never);
    equal(JSON.stringify(again), JSON.stringify(once));
  });

  test("reach into lists and inlined structs", () => {
    const spec = {
      containers: [{ name: "c", ports: [{ containerPort: 1 }], httpGet: { port: 1 } }],
      volumes: [{ name: "v" }, { name: "w", secret: {} }],
    };
    const { spec: decoded } = defaulted(Pod, { spec }) as { spec: object };
    deepEqual(decoded, {
      volumes: [
        { name: "v", emptyDir: {} },
        { name: "w", secret: {} },
      ],
      containers: [
        {
          name: "c",
          ports: [{ containerPort: 1, protocol: "TCP" }],
          resources: {},
          httpGet: { path: "/", port: 1, scheme: "HTTP" },
        },
      ],
    });
  });

  test("are left out when nobody asks for them", () => {
    const json = { ports: [{ containerPort: 1 }], name: "c" };
    const { value } = decodeJson(Pod, { spec: { containers: [json] } }, { defaults: false });
    deepEqual(value.spec.containers[0]?.ports, [{ containerPort: 1 }]);
  });

  test("a schema that contains itself is walked as deep as the object goes", () => {
    const Tree: AnyStruct = s.struct("test/v1.Tree", {
      name: s.string(1, { default: "leaf" }),
      below: s.list(2, (): AnyStruct => Tree),
    });
    deepEqual(defaulted(Tree, { below: [{ name: "a", below: [{}] }] }), {
      name: "leaf",
      below: [{ name: "a", below: [{ name: "leaf" }] }],
    });
    deepEqual(defaulted(JSONSchemaProps, { type: "object" }), { type: "object" });
  });
});
