import { gzipSync } from "node:zlib";
import { bad, map, maps, refuses } from "./testing.ts";

const unrecognized = (why: string, summary: string) =>
  bad(
    `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ${why} (${summary})`,
  );
const typeMeta = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

const rows: readonly [body: string, why: string, summary: string][] = [
  ["", "unexpected end of JSON input", "<empty>"],
  ["{", "unexpected end of JSON input", "{"],
  ["{a:1}", "invalid character 'a' looking for beginning of object key string", "{a:1}"],
  [
    '{"data":{},}',
    "invalid character '}' looking for beginning of object key string",
    '{"data":{},}',
  ],
  ['{"data":"\t"}', String.raw`invalid character '\t' in string literal`, '{"data":"\t"}'],
  [
    "kind: ConfigMap",
    "invalid character 'k' looking for beginning of value",
    "6b696e643a20436f6e6669674d6170",
  ],
  ["{} {}", "invalid character '{' after top-level value", "{} {}"],
  [
    `{"metadata":{"name":"${"x".repeat(30)}"}`,
    "unexpected end of JSON input",
    `{"metadata":{"name":"${"x".repeat(9)} ...`,
  ],
  ["[]", `json: cannot unmarshal array into Go value of type ${typeMeta}`, "5b5d"],
  ['"text"', `json: cannot unmarshal string into Go value of type ${typeMeta}`, "227465787422"],
  ["7", `json: cannot unmarshal number into Go value of type ${typeMeta}`, "37"],
  [
    '{"kind":5}',
    "json: cannot unmarshal number into Go struct field .kind of type string",
    '{"kind":5}',
  ],
];

refuses([
  ...rows.map(([body, why, summary]) => ({
    what: `created: ${body || "nothing"}`,
    send: ["POST", maps, { body }] as const,
    says: unrecognized(why, summary),
  })),
  {
    what: "updated: half an object",
    send: ["PUT", map, { body: '{"metadata":' }],
    says: unrecognized("unexpected end of JSON input", '{"metadata":'),
  },
  {
    what: "compressed, which nobody unpacks",
    send: [
      "POST",
      maps,
      { body: gzipSync('{"metadata":{"name":"b"}}'), headers: { "content-encoding": "gzip" } },
    ],
    says: bad(/json parse error: invalid character '\\x1f' looking for beginning of value \(1f8b/),
  },
  {
    what: "null is an object without anything",
    send: ["POST", maps, { body: "null" }],
    says: [
      422,
      "Invalid",
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
  },
  {
    what: "another kind",
    send: ["POST", maps, { body: { kind: "Pod", apiVersion: "v1", metadata: { name: "b" } } }],
    says: bad(
      'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
    ),
  },
  {
    what: "a kind that nobody knows",
    send: ["POST", maps, { body: { kind: "Frob", apiVersion: "v1", metadata: { name: "b" } } }],
    says: bad(
      'Frob in version "v1" cannot be handled as a ConfigMap: no kind "Frob" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ),
  },
  {
    what: "a version that nobody knows",
    send: [
      "POST",
      maps,
      { body: { kind: "ConfigMap", apiVersion: "v9", metadata: { name: "b" } } },
    ],
    says: bad(
      'ConfigMap in version "v9" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v9" in scheme "pkg/api/legacyscheme/scheme.go:30"',
    ),
  },
  {
    what: "another version of the kind",
    send: [
      "POST",
      "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers",
      { body: { kind: "HorizontalPodAutoscaler", apiVersion: "autoscaling/v2" } },
    ],
    says: bad(
      "the API version in the data (autoscaling/v2) does not match the expected API version (autoscaling/v1)",
    ),
  },
  {
    what: "options of a deletion",
    send: ["DELETE", map, { body: "{" }],
    says: bad(
      "the object provided is unrecognized (must be of type DeleteOptions): couldn't get version/kind; json parse error: unexpected end of JSON input ({)",
    ),
  },
]);
