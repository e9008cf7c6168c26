import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, problemsOf } from "#api/testing.ts";
import { Secret } from "./secret.ts";
import type { Cases } from "./testing.ts";

const secret = (fields: object) => ({ metadata: { name: "a", namespace: "b" }, ...fields });
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("texts become data, in front of data of the same key", () => {
  const { data, stringData, type } = draftFrom(
    Secret,
    secret({ data: { b: base64("old"), c: base64("c") }, stringData: { b: "new", a: "é" } }),
  );
  equal(JSON.stringify(data), JSON.stringify({ a: base64("é"), b: base64("new"), c: base64("c") }));
  deepEqual([stringData, type], [undefined, "Opaque"]);
});

test("each type has the data it is for", () => {
  const of = (type: string, texts: object = {}) => ({
    type: `kubernetes.io/${type}`,
    stringData: texts,
  });
  const cases: Cases = [
    [{ stringData: { any: "" } }],
    [of("basic-auth", { username: "u" })],
    [of("basic-auth"), "data[username]: Required value", "data[password]: Required value"],
    [of("ssh-auth"), "data[ssh-privatekey]: Required value"],
    [of("tls", { "tls.crt": "" }), "data[tls.key]: Required value"],
    [of("dockerconfigjson"), "data[.dockerconfigjson]: Required value"],
    [of("dockerconfigjson", { ".dockerconfigjson": "{}" })],
    [
      of("dockerconfigjson", { ".dockerconfigjson": "{" }),
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character in JSON input',
    ],
    [
      of("service-account-token"),
      "metadata.annotations[kubernetes.io/service-account.name]: Required value",
    ],
    [
      { data: { a: base64("x".repeat(1024 * 1024 + 1)) } },
      "data: Too long: may not be more than 1048576 bytes",
    ],
  ];
  for (const [fields, ...problems] of cases)
    deepEqual(problemsOf(Secret, secret(fields)), problems);
});

test("the type of a secret stays; what is immutable does, too", () => {
  const from = secret({ immutable: true, stringData: { a: "1" } });
  deepEqual(
    changeProblems(Secret, {
      from,
      to: secret({ type: "x", immutable: true, stringData: { a: "2" } }),
    }),
    [
      'type: Invalid value: "x": field is immutable',
      "data: Forbidden: field is immutable when `immutable` is set",
    ],
  );
});

test("secrets are shown by type and number of entries, and selected by type", () => {
  const { Type, Data } = cellsOf(Secret, secret({ stringData: { a: "", b: "" } }));
  deepEqual([Type, Data], ["Opaque", 2]);
  equal(Secret.selectableFields?.["type"]?.(draftFrom(Secret, secret({ type: "x" }))), "x");
});
