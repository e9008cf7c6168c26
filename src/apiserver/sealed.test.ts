import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import type { ApiObject } from "#api/kind.ts";
import { bufferOf, isKept } from "#base/bytes.ts";
import type { Draft } from "#schema/struct.ts";
import { decodeProto } from "#schema/protobuf.ts";
import { Bytes } from "#store/entry.ts";
import { ComputedObject, sealOf, StoredObject, Unsealed } from "./sealed.ts";

const seal = sealOf(ConfigMap, true);

const draft = (data: Record<string, string>): Draft<ApiObject> =>
  ({
    metadata: { creationTimestamp: "2026-01-01T00:00:00Z", uid: "u", name: "a", labels: {} },
    data,
    kind: "ConfigMap",
    apiVersion: "v1",
  }) as Draft<ApiObject>;

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test("stored JSON has its fields in order and room for the revision", () => {
  const { value } = new Unsealed(seal, draft({ x: "1" }));
  equal(
    text(value),
    '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","uid":"u","resourceVersion":"","creationTimestamp":"2026-01-01T00:00:00Z"},"data":{"x":"1"}}',
  );
});

test("what is kept shares no memory with what is not", () => {
  const { value } = new Unsealed(seal, draft({ x: "ü" }));
  ok(isKept(bufferOf(value)));
  ok(!isKept(Buffer.from("pooled")));
});

test("the revision stands in the JSON and in the object, from either side", () => {
  // Text that looks like the place of the revision does not fool anybody.
  const unsealed = new Unsealed(seal, draft({ tricky: '"resourceVersion":""', ü: "ß" }));
  const written = unsealed.seal(42);
  const read = new StoredObject(seal, { value: new Bytes(unsealed.value), revision: 42 });
  equal(text(written.json()), text(read.json()));
  equal(JSON.parse(text(read.json())).metadata.resourceVersion, "42");
  deepEqual(read.object, written.object);
  deepEqual(JSON.parse(text(read.json())), read.object);
  equal(unsealed.seal(42), written);
  equal(read.json(), read.json());
});

test("what leaves under a later revision is otherwise the same", () => {
  const stored = new Unsealed(seal, draft({ x: "1" })).seal(9);
  const before = text(stored.json());
  const gone = stored.at(1_000);
  equal(text(gone.json()), before.replace('"9"', '"1000"'));
  equal(gone.object.metadata.resourceVersion, "1000");
  equal(text(stored.json()), before);
});

test("list items share the bytes behind kind and apiVersion", () => {
  const stored = new Unsealed(seal, draft({ x: "1" })).seal(9);
  const item = `{${text(stored.json()).slice(stored.typeMetaLength)}`;
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = stored.object;
  deepEqual(JSON.parse(item), rest);
});

test("written as an item of a list, an object is what follows kind and apiVersion, and no longer than said", () => {
  for (const revision of [1, 9_876_543_210]) {
    const stored = new Unsealed(seal, draft({ x: "ü" })).seal(revision);
    const into = Buffer.alloc(stored.bytesMax + 3);
    const length = stored.writeItem(into, 3);
    const item = text(stored.json()).slice(stored.typeMetaLength);
    equal(text(into.subarray(3, 3 + length)), item);
    ok(stored.json().length <= stored.bytesMax);
  }
});

test("protobuf is made once, and says the same", () => {
  const stored = new Unsealed(seal, draft({ x: "1" })).seal(9);
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = stored.object;
  deepEqual(decodeProto(ConfigMap.schema, stored.proto()), rest);
  equal(stored.proto(), stored.proto());
});

test("sealed objects are frozen where tests want to see who writes to them", () => {
  const { object } = new Unsealed(seal, draft({ x: "1" })).seal(9);
  throws(() => {
    (object as Draft<ApiObject>).metadata.name = "b";
  }, TypeError);
});

test("an object that is not stored is what it is", () => {
  const object = { kind: "Thing", apiVersion: "v1", metadata: { name: "a" } };
  const computed = new ComputedObject(undefined, object);
  equal(text(computed.json()), JSON.stringify(object));
  equal(`{${text(computed.json()).slice(computed.typeMetaLength)}`, '{"metadata":{"name":"a"}}');
  throws(() => computed.proto(), /Thing has no protobuf form/);
});
