import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "#schema/field-error.ts";
import { Node } from "./core/node.ts";
import { ConfigMap } from "./core/configmap.ts";
import {
  configMapKey,
  dns1035Label,
  dnsLabel,
  dnsSubdomain,
  envVarName,
  labelKey,
  labelValue,
  type NameRule,
  nameIsDnsLabel,
  pathSegmentName,
  portName,
  portNumber,
  qualifiedName,
  validateAnnotations,
  validateFieldManager,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "./names.ts";

const long = (length: number): string => "a".repeat(length);

const subdomainProblem =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const keyProblem =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const cases: readonly [rule: string, NameRule, value: string, problems: readonly string[]][] = [
  ["dnsLabel", dnsLabel, "web-1", []],
  ["dnsLabel", dnsLabel, "web.1", ["must not contain dots"]],
  ["dnsLabel", dnsLabel, long(64), ["must be no more than 63 bytes"]],
  [
    "dnsLabel",
    dnsLabel,
    "Web",
    [
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  ["dnsSubdomain", dnsSubdomain, "a.b-c.d", []],
  ["dnsSubdomain", dnsSubdomain, "a..b", [subdomainProblem]],
  ["dnsSubdomain", dnsSubdomain, long(254), ["must be no more than 253 bytes"]],
  ["dns1035Label", dns1035Label, "web", []],
  [
    "dns1035Label",
    dns1035Label,
    "1web",
    [
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  ["labelKey", labelKey, "app.kubernetes.io/name", []],
  ["labelKey", labelKey, "", ["name part must be non-empty", keyProblem]],
  ["labelKey", labelKey, "/x", ["prefix part must be non-empty"]],
  ["labelKey", labelKey, "A_b/x", [`prefix part ${subdomainProblem}`]],
  ["labelKey", labelKey, "a b", [keyProblem]],
  [
    "qualifiedName",
    qualifiedName,
    "a/b/c",
    [
      `a valid label key ${keyProblem.slice("name part ".length)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ],
  ],
  ["labelValue", labelValue, "", []],
  ["labelValue", labelValue, long(64), ["must be no more than 63 bytes"]],
  ["portName", portName, "http-2", []],
  [
    "portName",
    portName,
    "-8080--",
    [
      "must contain at least one letter (a-z)",
      "must not contain consecutive hyphens",
      "must not begin or end with a hyphen",
    ],
  ],
  ["portName", portName, long(16), ["must be no more than 15 bytes"]],
  [
    "portName",
    portName,
    "Http",
    ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"],
  ],
  ["envVarName", envVarName, "my var.1", []],
  ["envVarName", envVarName, "", ["environment variable name must be non-empty"]],
  [
    "envVarName",
    envVarName,
    "a=b",
    [
      "a valid environment variable name must consist only of printable ASCII characters other than '='",
    ],
  ],
  ["configMapKey", configMapKey, ".dockerconfigjson", []],
  ["configMapKey", configMapKey, "..", ["must not be '..'"]],
  ["configMapKey", configMapKey, "..data", ["must not start with '..'"]],
  [
    "configMapKey",
    configMapKey,
    "a/b",
    [
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
  ],
];

for (const [name, rule, value, problems] of cases) {
  test(`${name} of ${JSON.stringify(value.slice(0, 20))}`, () => {
    deepEqual(rule(value), problems);
  });
}

test("a prefix may end with a dash, a name may not", () => {
  deepEqual(nameIsDnsLabel("web-", true), []);
  equal(nameIsDnsLabel("web-", false).length, 1);
  deepEqual(pathSegmentName("..", true), []);
  deepEqual(pathSegmentName("..", false), ["may not be '..'"]);
  deepEqual(pathSegmentName("a/%", false), ["may not contain '/'", "may not contain '%'"]);
});

test("a port is between 1 and 65535", () => {
  deepEqual(portNumber(65535), []);
  deepEqual(portNumber(0), ["must be between 1 and 65535, inclusive"]);
});

const lines = (errors: Iterable<FieldError>): string[] =>
  [...errors].map(({ path, message }) => `${path}: ${message}`);

const object = (metadata: object) => ({ apiVersion: "v1", kind: "X", metadata }) as never;

test("a namespaced object needs a name and a namespace", () => {
  deepEqual(lines(validateObjectMeta(ConfigMap, object({}))), [
    "metadata.name: Required value: name or generateName is required",
    "metadata.namespace: Required value",
  ]);
});

test("an object of the cluster has no namespace", () => {
  deepEqual(lines(validateObjectMeta(Node, object({ name: "a", namespace: "b" }))), [
    "metadata.namespace: Forbidden: not allowed on this type",
  ]);
});

test("labels, annotations, owners and finalizers are checked", () => {
  const metadata = {
    name: "a",
    generateName: "a-",
    namespace: "b",
    labels: { "a b": "c d" },
    annotations: { "Example.com/A": "fine", "/": "" },
    ownerReferences: [
      { apiVersion: "v1", kind: "Event", name: "", uid: "", controller: true },
      { apiVersion: "apps/", kind: "", name: "x", uid: "y", controller: true },
    ],
    finalizers: ["orphan", "foregroundDeletion"],
    managedFields: [{ operation: "Replace", fieldsType: "V2" }],
  };
  deepEqual(
    lines(validateObjectMeta(ConfigMap, object(metadata))).map((line) => line.slice(0, 80)),
    [
      `metadata.labels: Invalid value: "a b": ${keyProblem}`,
      `metadata.labels: Invalid value: "c d": a valid label must be an empty string or consist`,
      `metadata.annotations: Invalid value: "/": prefix part must be non-empty`,
      `metadata.annotations: Invalid value: "/": name part must be non-empty`,
      `metadata.annotations: Invalid value: "/": ${keyProblem}`,
      `metadata.ownerReferences.name: Invalid value: "": must not be empty`,
      `metadata.ownerReferences.uid: Invalid value: "": must not be empty`,
      `metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":`,
      `metadata.ownerReferences.apiVersion: Invalid value: "apps/": version must not be empty`,
      `metadata.ownerReferences.kind: Invalid value: "": must not be empty`,
      `metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Event","name"`,
      'metadata.managedFields[0].operation: Invalid value: "Replace": must be `Apply` or `Update`',
      'metadata.managedFields[0].fieldsType: Invalid value: "V2": must be `FieldsV1`',
      `metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and`,
    ].map((line) => line.slice(0, 80)),
  );
});

test("finalizers of kinds of our own are standard ones or qualified", () => {
  const metadata = { name: "a", namespace: "b", finalizers: ["orphan", "mine", "a.b/mine"] };
  const problem = "name is neither a standard finalizer name nor is it fully qualified";
  deepEqual(lines(validateObjectMeta(ConfigMap, object(metadata))), [
    `metadata.finalizers[1]: Invalid value: "mine": ${problem}`,
  ]);
  const prefix = "/registry/example.com/maps";
  const custom = { ...ConfigMap, group: "example.com", storage: { prefix, hash: "" } };
  deepEqual(lines(validateObjectMeta(custom, object(metadata))), []);
});

test("annotations together may not exceed 256 KiB", () => {
  deepEqual(lines(validateAnnotations({ a: long(256 * 1024 - 1) }, "metadata.annotations")), []);
  deepEqual(lines(validateAnnotations({ a: long(256 * 1024) }, "metadata.annotations")), [
    "metadata.annotations: Too long: may not be more than 262144 bytes",
  ]);
});

test("an update keeps the identity and needs a resourceVersion", () => {
  const old = { name: "a", namespace: "n", uid: "1", generation: 2, resourceVersion: "5" };
  deepEqual(lines(validateObjectMetaUpdate(object(old), object(old))), []);
  const changed = { name: "a", namespace: "m", uid: "2", generation: 1 };
  deepEqual(lines(validateObjectMetaUpdate(object(changed), object(old))), [
    "metadata.resourceVersion: Invalid value: 0x0: must be specified for an update",
    "metadata.generation: Invalid value: 1: must not be decremented",
    'metadata.namespace: Invalid value: "m": field is immutable',
    'metadata.uid: Invalid value: "2": field is immutable',
  ]);
});

test("an object on its way out gets no new finalizers", () => {
  const old = {
    name: "a",
    resourceVersion: "5",
    deletionTimestamp: "2026-01-01T00:00:00Z",
    finalizers: ["a/x"],
  };
  const changed = { ...old, finalizers: ["a/x", "a/z", "a/y"] };
  deepEqual(lines(validateObjectMetaUpdate(object(changed), object(old))), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/y", "a/z"}',
  ]);
});

test("a field manager is short and printable", () => {
  deepEqual(lines(validateFieldManager("kubectl edit", "fieldManager")), []);
  deepEqual(lines(validateFieldManager("a\u0007", "fieldManager")), [
    'fieldManager: Invalid value: "a\\u0007": invalid character U+0007 (at position 1)',
  ]);
  deepEqual(lines(validateFieldManager(long(129), "fieldManager")), [
    "fieldManager: Too long: may not be more than 128 bytes",
  ]);
});
