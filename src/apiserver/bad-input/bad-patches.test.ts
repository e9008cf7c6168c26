import { bad, map, maps, type Refusal, refuses, type Row, web } from "./testing.ts";

const json = "application/json-patch+json";
const merge = "application/merge-patch+json";
const strategic = "application/strategic-merge-patch+json";
const apply = "application/apply-patch+yaml";

type Patch = [what: string, body: object | string, says: Refusal, target?: string];

const sent =
  (type: string, query = "") =>
  (...[what, body, says, target = map]: Patch): Row => ({
    what: `${type}: ${what}`,
    send: ["PATCH", target + query, { body, type }],
    says,
  });

/** The operations could not be carried out. */
const impossible: Refusal = [
  422,
  "Invalid",
  "the server rejected our request due to an error in our request",
];
const unfit = (why: string): Refusal => [
  422,
  "Invalid",
  new RegExp(` "" is invalid: patch: Invalid value: ".*": ${why}$`, "s"),
];
const decoding = (why: string) => bad(`error decoding patch: ${why}`);

const ofJson = sent(json);
const ofMerge = sent(merge);
const ofStrategic = sent(strategic);
const ofApply = sent(apply, "?fieldManager=m");

refuses([
  ofJson("nothing", "", decoding("unexpected end of JSON input")),
  ofJson(
    "an object",
    {},
    decoding("json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
  ),
  ofJson(
    "an operation that is a number",
    [5],
    decoding("json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"),
  ),
  ofJson(
    "a path that is a number",
    [{ op: "add", path: 5 }],
    decoding("json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string"),
  ),
  ofJson("an operation that is none", [{ op: "frob", path: "/data" }], impossible),
  ofJson("no operation", [{ path: "/data" }], impossible),
  ofJson("no path", [{ op: "remove" }], impossible),
  ofJson("removes what is not there", [{ op: "remove", path: "/data/y" }], impossible),
  ofJson("replaces what is not there", [{ op: "replace", path: "/frob/y", value: "" }], impossible),
  ofJson("adds where nothing is", [{ op: "add", path: "/frob/y", value: "" }], impossible),
  ofJson("moves what is not there", [{ op: "move", from: "/data/y", path: "/data/z" }], impossible),
  ofJson(
    "a test that fails, after something was done",
    [
      { op: "add", path: "/data/y", value: "2" },
      { op: "test", path: "/data/x", value: "2" },
    ],
    impossible,
  ),
  ofJson("replaces everything by a text", [{ op: "replace", path: "", value: "x" }], impossible),
  ofJson(
    "removes the name",
    [{ op: "remove", path: "/metadata/name" }],
    bad("the name of the object (a based on URL) was undeterminable: name must be provided"),
  ),
  ofJson(
    "another kind",
    [{ op: "replace", path: "/kind", value: "Pod" }],
    unfit(
      'no kind "Pod" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ),
  ),
  ofJson(
    "a wrong type",
    [{ op: "replace", path: "/data/x", value: 1 }],
    unfit("json: cannot unmarshal number into Go struct field ConfigMap.data of type string"),
  ),
  ofMerge("nothing", "", decoding("unexpected end of JSON input")),
  ofMerge("half an object", '{"data":', decoding("unexpected end of JSON input")),
  ofMerge(
    "a list",
    [],
    decoding("json: cannot unmarshal array into Go value of type map[string]interface {}"),
  ),
  ofMerge(
    "a text",
    '"x"',
    decoding("json: cannot unmarshal string into Go value of type map[string]interface {}"),
  ),
  ofMerge(
    "a wrong type",
    { spec: { replicas: "x" } },
    unfit(
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ),
    web,
  ),
  ofMerge(
    "another version",
    { apiVersion: "v9" },
    unfit(
      'no kind "ConfigMap" is registered for version "v9" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ),
  ),
  ofMerge(
    "another name",
    { metadata: { name: "b" } },
    bad("the name of the object (b) does not match the name on the URL (a)"),
  ),
  ofMerge(
    "another namespace",
    { metadata: { namespace: "b" } },
    bad("the namespace of the provided object does not match the namespace sent on the request"),
  ),
  ofMerge(
    "what may not change",
    { spec: { selector: { matchLabels: { app: "db" } } } },
    [
      422,
      "Invalid",
      /^Deployment.apps "web" is invalid: .*spec.selector: Invalid value: .*: field is immutable/,
    ],
    web,
  ),
  ofMerge(
    "of what is not there",
    {},
    [404, "NotFound", 'configmaps "none" not found'],
    `${maps}/none`,
  ),
  ofStrategic("nothing", "", bad("unexpected end of JSON input")),
  ofStrategic(
    "a list",
    [],
    bad("json: cannot unmarshal array into Go value of type map[string]interface {}"),
  ),
  ofStrategic(
    "an item without its key",
    { spec: { template: { spec: { containers: [{ image: "x" }] } } } },
    bad("map: map[image:x] does not contain declared merge key: name"),
    web,
  ),
  ofStrategic(
    "a directive that is none",
    { spec: { $patch: "frob" } },
    bad("unknown patch type: frob in map: map[$patch:frob]"),
    web,
  ),
  ofStrategic(
    "a wrong type",
    { spec: { replicas: "x" } },
    unfit(
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ),
    web,
  ),
  ofApply(
    "nothing",
    "",
    bad("Incorrect version specified in apply patch. Specified patch version: , expected: v1"),
  ),
  ofApply(
    "a list",
    "- a",
    bad(
      "error decoding YAML: json: cannot unmarshal array into Go value of type map[string]interface {}",
    ),
  ),
  ofApply(
    "no YAML",
    "a: b: c",
    bad(/^error decoding YAML: yaml: line 1.*: mapping values are not allowed in this context$/),
  ),
  ofApply(
    "another version",
    { apiVersion: "v2", kind: "ConfigMap", metadata: { name: "a" } },
    bad("Incorrect version specified in apply patch. Specified patch version: v2, expected: v1"),
  ),
  ofApply(
    "another name",
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b" } },
    bad("the name of the object (b) does not match the name on the URL (a)"),
  ),
  ofApply(
    "a wrong type",
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { x: 1 } },
    bad(
      "failed to create typed patch object (/a; v1, Kind=ConfigMap): .data.x: expected string, got &value.valueUnstructured{Value:1}",
    ),
  ),
  ofApply(
    "managed fields",
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", managedFields: [] } },
    bad("metadata.managedFields must be nil"),
  ),
  ofApply(
    "what somebody else owns",
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { x: "2" } },
    [409, "Conflict", 'Apply failed with 1 conflict: conflict with "test" using v1: .data.x'],
  ),
  ofApply(
    "an object that a uid says is there",
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "none", uid: "u" } },
    [
      409,
      "Conflict",
      'Operation cannot be fulfilled on configmaps "none": uid mismatch: the provided object specified uid u, and no existing object was found',
    ],
    `${maps}/none`,
  ),
  ofApply(
    "metadata that is null",
    { apiVersion: "v1", kind: "ConfigMap", metadata: null },
    bad("the name of the object (none based on URL) was undeterminable: name must be provided"),
    `${maps}/none`,
  ),
  {
    what: "apply without a manager",
    send: ["PATCH", map, { body: { apiVersion: "v1", kind: "ConfigMap" }, type: apply }],
    says: [
      422,
      "Invalid",
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    ],
  },
  {
    what: "force without apply",
    send: ["PATCH", `${map}?force=true`, { body: {}, type: merge }],
    says: [
      422,
      "Invalid",
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    ],
  },
  ...["application/json", "text/plain", ""].map((type): Row => ({
    what: `a patch of type ${type || "unknown"}`,
    send: ["PATCH", map, { body: {}, type }],
    says: [
      415,
      "UnsupportedMediaType",
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml",
    ],
  })),
]);
