import { bad, core, deployments, maps, pods, refuses, type Row } from "./testing.ts";

const row = (...[target, kind, body, why]: [string, string, object, string]): Row => ({
  what: JSON.stringify(body),
  send: ["POST", target, { body }],
  says: bad(`${kind} in version "v1" cannot be handled as a ${kind}: ${why}`),
});
const of = (what: string, field: string, type: string) =>
  `json: cannot unmarshal ${what} into Go struct field ${field} of type ${type}`;
const pod = (container: object) => ({ spec: { containers: [{ name: "c", ...container }] } });

refuses([
  row(maps, "ConfigMap", { data: { x: 1 } }, of("number", "ConfigMap.data", "string")),
  row(maps, "ConfigMap", { data: [] }, of("array", "ConfigMap.data", "map[string]string")),
  row(maps, "ConfigMap", { immutable: "yes" }, of("string", "ConfigMap.immutable", "bool")),
  row(maps, "ConfigMap", { metadata: "b" }, of("string", "ConfigMap.metadata", "v1.ObjectMeta")),
  row(
    maps,
    "ConfigMap",
    { metadata: { name: 5 } },
    of("number", "ObjectMeta.metadata.name", "string"),
  ),
  row(
    deployments,
    "Deployment",
    { spec: { replicas: "3" } },
    of("string", "DeploymentSpec.spec.replicas", "int32"),
  ),
  row(
    deployments,
    "Deployment",
    { spec: { replicas: 1.5 } },
    of("number 1.5", "DeploymentSpec.spec.replicas", "int32"),
  ),
  row(
    deployments,
    "Deployment",
    { spec: { replicas: 3e9 } },
    of("number 3000000000", "DeploymentSpec.spec.replicas", "int32"),
  ),
  row(
    pods,
    "Pod",
    { spec: { containers: {} } },
    of("object", "PodSpec.spec.containers", "[]v1.Container"),
  ),
  row(pods, "Pod", pod({ image: [] }), of("array", "Container.spec.containers.image", "string")),
  row(
    pods,
    "Pod",
    pod({ resources: { limits: { cpu: "many" } } }),
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ),
  row(
    maps,
    "ConfigMap",
    { metadata: { deletionTimestamp: "now" } },
    'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
  ),
  row(`${core}/secrets`, "Secret", { data: { x: "???" } }, "illegal base64 data at input byte 0"),
]);
