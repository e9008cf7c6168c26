import { core, map, maps, pods, type Refusal, refuses, type Row, web } from "./testing.ts";

const gone: Refusal = [404, "NotFound", "the server could not find the requested resource"];
const notAllowed: Refusal = [
  405,
  "MethodNotAllowed",
  "the server does not allow this method on the requested resource",
];
const row = (...[method, target, says]: [Row["send"][0], string, Refusal]): Row => ({
  what: `${method} ${target}`,
  send: [
    method,
    target,
    method === "PATCH" ? { body: {}, type: "application/merge-patch+json" } : {},
  ],
  says,
});

refuses([
  row("GET", "/api/v2", gone),
  row("GET", "/api/v2/pods", gone),
  row("GET", "/apis/apps/v9", gone),
  row("GET", "/version/more", gone),
  row("GET", "/apis/apps/v9/deployments", gone),
  row("GET", `${core}/things`, gone),
  row("GET", `${core}/things/a`, gone),
  row("POST", `${core}/things`, gone),
  row("GET", `${core}/deployments`, gone),
  row("GET", `${core}/nodes`, gone),
  row("GET", `${map}/status`, gone),
  row("GET", `${map}/scale`, gone),
  row("GET", `${web}/nope`, gone),
  row("GET", `${web}/status/more`, gone),
  row("GET", `${web}/scale/more`, gone),
  row("POST", map, notAllowed),
  row("PUT", maps, notAllowed),
  row("PATCH", maps, notAllowed),
  row("POST", "/api/v1/configmaps", notAllowed),
  row("DELETE", "/api/v1/configmaps", notAllowed),
  row("DELETE", "/api/v1/namespaces", notAllowed),
  row("POST", `${web}/status`, notAllowed),
  row("DELETE", `${web}/status`, notAllowed),
  row("DELETE", `${web}/scale`, notAllowed),
  row("GET", `${pods}/p/binding`, notAllowed),
  row("PUT", `${pods}/p/eviction`, notAllowed),
  row("DELETE", "/api/v1/componentstatuses", notAllowed),
  row("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", notAllowed),
  row("POST", "/version", notAllowed),
  row("OPTIONS", maps, notAllowed),
  row("GET", "/api/v1/namespaces/%zz/configmaps", [
    400,
    "BadRequest",
    "the path is not encoded properly",
  ]),
  row("GET", `${maps}/a%2Fb`, [404, "NotFound", 'configmaps "a/b" not found']),
  row("GET", `${maps}/${"a".repeat(50_000)}`, [404, "NotFound", /^configmaps "a+" not found$/]),
]);
