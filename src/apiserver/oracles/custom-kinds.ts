/** Custom kinds with all that structural schemas can say of who owns what. */
import { type AnyKind, defineKind } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { OpenSchema } from "#schema/open/open-schema.ts";
import { s, typeMeta } from "#schema/struct.ts";

const text: OpenSchema = { type: "string" };
const count: OpenSchema = { type: "integer" };
const either: OpenSchema = { "x-kubernetes-int-or-string": true };
const anything: OpenSchema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

const listOf = (items: OpenSchema, ...keys: readonly string[]): OpenSchema => ({
  type: "array",
  items,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": keys,
});

const setOf = (items: OpenSchema): OpenSchema => ({
  type: "array",
  items,
  "x-kubernetes-list-type": "set",
});

const record = (properties: Readonly<Record<string, OpenSchema>>): OpenSchema => ({
  type: "object",
  properties,
});

const port = record({
  port: count,
  protocol: { ...text, default: "TCP" },
  name: text,
  target: either,
  tags: setOf(text),
});

const spec = record({
  size: { ...count, nullable: true },
  ratio: { type: "number" },
  share: either,
  on: { type: "boolean" },
  labels: { type: "object", additionalProperties: text },
  fixed: { ...record({ a: text, b: count }), "x-kubernetes-map-type": "atomic" },
  free: anything,
  numbers: setOf(count),
  plain: { type: "array", items: record({ a: text, b: text }) },
  ports: listOf(port, "port", "protocol"),
  groups: listOf(
    record({ name: text, ports: listOf(port, "port", "protocol"), note: text, rest: anything }),
    "name",
  ),
  byName: { type: "object", additionalProperties: record({ a: text, list: setOf(text) }) },
});

const kindOf = (kind: string, open: OpenSchema): AnyKind =>
  defineKind({
    group: "example.com",
    version: "v1",
    kind,
    plural: `${kind.toLowerCase()}s`,
    scope: "Namespaced",
    storage: { prefix: `/registry/example.com/${kind.toLowerCase()}s`, hash: kind },
    schema: s.struct(
      `com.example.v1.${kind}`,
      { ...typeMeta, metadata: s.object(1, ObjectMeta) },
      { noProto: true, open },
    ),
  });

export const customKinds: readonly AnyKind[] = [
  kindOf("Widget", { type: "object", properties: { spec } }),
  kindOf("Loose", {
    type: "object",
    properties: { spec: { ...spec, "x-kubernetes-preserve-unknown-fields": true } },
    "x-kubernetes-preserve-unknown-fields": true,
  }),
];
