import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { negotiate } from "./accept.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
const protobuf = "application/vnd.kubernetes.protobuf";

const rows: readonly [accept: string | undefined, mediaType: string, view?: string][] = [
  [undefined, "application/json"],
  ["", "application/json"],
  ["*/*", "application/json"],
  ["application/*", "application/json"],
  ["application/yaml", "application/yaml"],
  [`${protobuf},application/json`, protobuf],
  ["text/html, application/json;q=0.9", "application/json"],
  [`application/json;q=0.5, ${protobuf}`, protobuf],
  ["application/json; charset=utf-8", "application/json"],
  [`${table},application/json`, "application/json", "Table"],
  ["application/json;as=Table;v=v1beta1;g=meta.k8s.io", "application/json", "Table"],
  ["application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "application/json"],
  ["application/json;as=Chart,application/yaml", "application/yaml"],
  [`${protobuf};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`, protobuf, "PartialObjectMetadata"],
];

for (const [accept, mediaType, view] of rows) {
  test(`Accept: ${accept}`, () => {
    deepEqual(negotiate(accept, true), { mediaType, view });
  });
}

test("a kind without tables falls back to what else is accepted", () => {
  deepEqual(negotiate(`${table},application/json`, false).view, undefined);
  throws(() => negotiate(table, false), { reason: "NotAcceptable" });
  throws(() => negotiate("application/json;q=0", true), { reason: "NotAcceptable" });
});
