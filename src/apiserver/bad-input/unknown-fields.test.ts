import { bad, deployments, map, maps, refuses } from "./testing.ts";

const strict = "fieldValidation=Strict";
const patched = (why: string) =>
  [
    422,
    "Invalid",
    new RegExp(` "" is invalid: patch: Invalid value: ".*": strict decoding error: ${why}$`, "s"),
  ] as const;

refuses([
  {
    what: "created",
    send: ["POST", `${maps}?${strict}`, { body: '{"metadata":{"name":"b","lables":{}},"dat":{}}' }],
    says: bad(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.lables", unknown field "dat"',
    ),
  },
  {
    what: "in an item of a list",
    send: [
      "POST",
      `${deployments}?${strict}`,
      { body: '{"spec":{"template":{"spec":{"containers":[{"imag":"x"}]}}}}' },
    ],
    says: bad(
      'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.template.spec.containers[0].imag"',
    ),
  },
  {
    what: "twice",
    send: [
      "PUT",
      `${map}?${strict}`,
      { body: '{"metadata":{"name":"a"},"data":{"x":"1","x":"2"}}' },
    ],
    says: bad(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.x"',
    ),
  },
  {
    what: "in a merge patch",
    send: [
      "PATCH",
      `${map}?${strict}`,
      { body: '{"dat":{}}', type: "application/merge-patch+json" },
    ],
    says: patched('unknown field "dat"'),
  },
  {
    what: "twice in a strategic patch",
    send: [
      "PATCH",
      `${map}?${strict}`,
      { body: '{"data":{"x":"1","x":"2"}}', type: "application/strategic-merge-patch+json" },
    ],
    says: patched('duplicate field "data.x"'),
  },
  {
    what: "in an operation of a JSON patch",
    send: [
      "PATCH",
      `${map}?${strict}`,
      {
        body: '[{"op":"add","path":"/data/y","value":"2","valu":"3"}]',
        type: "application/json-patch+json",
      },
    ],
    says: patched(String.raw`json patch unknown field "\[0\].valu"`),
  },
  {
    what: "applied, whether strict or not",
    send: [
      "PATCH",
      `${map}?fieldManager=m`,
      {
        body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"dat":{}}',
        type: "application/apply-patch+yaml",
      },
    ],
    says: bad(
      "failed to create typed patch object (/a; v1, Kind=ConfigMap): .dat: field not declared in schema",
    ),
  },
]);
