import { bad, map, maps, type Refusal, refuses, type Row } from "./testing.ts";

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const value =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const invalid = (what: string, why: string): Refusal => [
  422,
  "Invalid",
  `${what} is invalid: ${why}`,
];
const named = (...[target, kind, name, why]: [string, string, string, string]): Row => ({
  what: `${kind} ${name.slice(0, 20)}`,
  send: ["POST", target, { body: { metadata: { name } } }],
  says: invalid(
    `${kind} ${JSON.stringify(name)}`,
    `metadata.name: Invalid value: ${JSON.stringify(name)}: ${why}`,
  ),
});
const meta = (what: string, metadata: object, why: string): Row => ({
  what,
  send: ["POST", maps, { body: { metadata: { name: "b", ...metadata } } }],
  says: invalid('ConfigMap "b"', why),
});
const long = "a".repeat(254);

refuses([
  named(maps, "ConfigMap", "A_b", subdomain),
  named(maps, "ConfigMap", "a/b", subdomain),
  named(maps, "ConfigMap", "..", subdomain),
  named(maps, "ConfigMap", "-a", subdomain),
  named(maps, "ConfigMap", long, "must be no more than 253 bytes"),
  named("/api/v1/namespaces", "Namespace", "a.b", "must not contain dots"),
  named("/api/v1/namespaces", "Namespace", "a_b", label),
  named(
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRole.rbac.authorization.k8s.io",
    "a/b",
    "may not contain '/'",
  ),
  {
    what: "no name at all",
    send: ["POST", maps, { body: {} }],
    says: invalid(
      'ConfigMap ""',
      "metadata.name: Required value: name or generateName is required",
    ),
  },
  {
    what: "a prefix for names",
    send: ["POST", maps, { body: { metadata: { generateName: "A_" } } }],
    says: [
      422,
      "Invalid",
      /^ConfigMap "A_.{5}" is invalid: \[metadata.generateName: Invalid value: "A_": a lowercase RFC 1123 subdomain/,
    ],
  },
  meta(
    "a label's key",
    { labels: { "a b": "x" } },
    `metadata.labels: Invalid value: "a b": ${qualified}`,
  ),
  meta(
    "a label's value",
    { labels: { a: "x y" } },
    `metadata.labels: Invalid value: "x y": ${value}`,
  ),
  meta(
    "a key of an annotation",
    { annotations: { "a b": "" } },
    `metadata.annotations: Invalid value: "a b": ${qualified}`,
  ),
  meta(
    "a finalizer without a domain",
    { finalizers: ["mine"] },
    'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ),
  meta(
    "an owner without a uid",
    { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p" }] },
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ),
  meta(
    "two owners in control",
    {
      ownerReferences: ["1", "2"].map((uid) => ({
        apiVersion: "v1",
        kind: "Pod",
        name: "p",
        uid,
        controller: true,
      })),
    },
    'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"p","uid":"1","controller":true},{"apiVersion":"v1","kind":"Pod","name":"p","uid":"2","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Pod/p and Pod/p',
  ),
  meta(
    "who manages fields how",
    {
      managedFields: [
        { manager: "m", operation: "Frob", fieldsType: "FieldsV1", apiVersion: "v1" },
      ],
    },
    'metadata.managedFields[0].operation: Invalid value: "Frob": must be `Apply` or `Update`',
  ),
  {
    what: "a name that is not the one in the path",
    send: ["PUT", map, { body: { metadata: { name: "b" } } }],
    says: bad("the name of the object (b) does not match the name on the URL (a)"),
  },
  {
    what: "no name in an update",
    send: ["PUT", map, { body: {} }],
    says: bad("the name of the object (a based on URL) was undeterminable: name must be provided"),
  },
  {
    what: "a namespace that is not the one in the path",
    send: ["POST", maps, { body: { metadata: { name: "b", namespace: "kube-system" } } }],
    says: bad(
      "the namespace of the provided object does not match the namespace sent on the request",
    ),
  },
  {
    what: "a namespace that is not there",
    send: ["POST", "/api/v1/namespaces/none/configmaps", { body: { metadata: { name: "b" } } }],
    says: [404, "NotFound", 'namespaces "none" not found'],
  },
  {
    what: "a name that is taken",
    send: ["POST", maps, { body: { metadata: { name: "a" } } }],
    says: [409, "AlreadyExists", 'configmaps "a" already exists'],
  },
  {
    what: "a name that is not there",
    send: ["GET", `${maps}/none`],
    says: [404, "NotFound", 'configmaps "none" not found'],
  },
]);
