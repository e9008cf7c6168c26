import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { inOrder } from "./order.ts";
import { JSONSchemaProps, Pod } from "./testing.ts";

const ordered = (json: object): string => JSON.stringify(inOrder(Pod, json as never));

test("fields, keys and what is nested come in order, undefined goes", () => {
  const draft = {
    spec: {
      containers: [{ image: "i", name: "c", ports: [{ protocol: "TCP", containerPort: 1 }] }],
      volumes: [{ secret: { secretName: "s" }, name: "v" }],
      hostNetwork: undefined,
    },
    kind: "Pod",
    metadata: { labels: { b: "2", a: "1" }, name: "p" },
  };
  equal(
    ordered(draft),
    '{"kind":"Pod","metadata":{"name":"p","labels":{"a":"1","b":"2"}},"spec":{"volumes":[{"name":"v",' +
      '"secret":{"secretName":"s"}}],"containers":[{"name":"c","image":"i","ports":[{"containerPort":1,"protocol":"TCP"}]}]}}',
  );
});

test("what is in order is left alone", () => {
  const draft = { metadata: { name: "p", labels: { a: "1", b: "2" } }, spec: { containers: [] } };
  equal(inOrder(Pod, draft as never), draft as never);
});

test("what stands for a schema is not looked into", () => {
  const draft = { additionalProperties: false, items: [{}] };
  deepEqual(inOrder(JSONSchemaProps, draft as never), { items: [{}], additionalProperties: false });
});
