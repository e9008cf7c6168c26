import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { chooseType, negotiate } from "./accept.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
const protobuf = "application/vnd.kubernetes.protobuf";

const rows: readonly [
  accept: string | undefined,
  mediaType: string,
  view?: string,
  version?: string,
][] = [
  [undefined, "application/json"],
  ["", "application/json"],
  ["*/*", "application/json"],
  ["application/*", "application/json"],
  ["application/yaml", "application/yaml"],
  [`${protobuf},application/json`, protobuf],
  ["text/html, application/json;q=0.9", "application/json"],
  [`application/json;q=0.5, ${protobuf}`, protobuf],
  ["application/json; charset=utf-8", "application/json"],
  [`${table},application/json`, "application/json", "Table", "v1"],
  ["application/json;as=Table;v=v1beta1;g=meta.k8s.io", "application/json", "Table", "v1beta1"],
  ["application/json;as=Table;g=meta.k8s.io,application/json", "application/json"],
  ["application/json;as=Table;v=v1,application/json", "application/json"],
  ["application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "application/json"],
  ["application/json;as=Chart,application/yaml", "application/yaml"],
  [
    `${protobuf};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`,
    protobuf,
    "PartialObjectMetadata",
    "v1",
  ],
];

for (const [accept, mediaType, view, version] of rows) {
  test(`Accept: ${accept}`, () => {
    const expected = { mediaType, view, ...(version === undefined ? {} : { version }) };
    deepEqual(negotiate(accept, true), expected);
  });
}

test("a kind without tables falls back to what else is accepted", () => {
  deepEqual(negotiate(`${table},application/json`, false).view, undefined);
  throws(() => negotiate(table, false), { reason: "NotAcceptable" });
  throws(() => negotiate("application/json;q=0", true), { reason: "NotAcceptable" });
});

const offered = ["application/json", "application/a.b+protobuf"];

for (const [accept, chosen] of [
  [undefined, "application/json"],
  ["", "application/json"],
  ["application/*", "application/json"],
  ["text/html, application/a.b+protobuf", "application/a.b+protobuf"],
  ["application/json;q=0.5, application/A.B+protobuf", "application/a.b+protobuf"],
] as const) {
  test(`of a list of one's own, Accept: ${accept}`, () => {
    equal(chooseType(accept, offered), chosen);
  });
}

test("a refusal tells what there is", () => {
  throws(() => chooseType("application/yaml", offered), {
    reason: "NotAcceptable",
    message:
      "only the following media types are accepted: application/json, application/a.b+protobuf",
  });
});
