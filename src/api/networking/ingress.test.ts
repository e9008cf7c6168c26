import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, objectFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { Ingress } from "./ingress.ts";

const backend = { service: { name: "web", port: { number: 80 } } };
const ingress = (spec: object, annotations: object = {}, status: object = {}) => ({
  metadata: { name: "web", annotations },
  spec,
  status,
});
const withRule = (rule: object) => ingress({ rules: [rule] });
const withPath = (path: object) =>
  withRule({
    host: "a.example.com",
    http: { paths: [{ backend, pathType: "Prefix", path: "/", ...path }] },
  });
const withBackend = (defaultBackend: object) => ingress({ defaultBackend });

test("an ingress says what is wrong with it", () => {
  const at = "spec.rules[0].http.paths[0]";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [withPath({})],
    [withRule({ host: "*.example.com" })],
    [withPath({ pathType: "ImplementationSpecific", path: "" })],
    [
      ingress({}),
      "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified",
    ],
    [
      withRule({ host: "10.0.0.1" }),
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ],
    [withRule({ http: { paths: [] } }), "spec.rules[0].http.paths: Required value"],
    [withPath({ pathType: null }), `${at}.pathType: Required value: pathType must be specified`],
    [withPath({ path: "a" }), `${at}.path: Invalid value: "a": must be an absolute path`],
    [
      withPath({ path: "/a//b/.." }),
      `${at}.path: Invalid value: "/a//b/..": must not contain '//'`,
      `${at}.path: Invalid value: "/a//b/..": cannot end with '/..'`,
    ],
    [
      withBackend({}),
      'spec.defaultBackend: Invalid value: "": resource or service backend is required',
    ],
    [
      withBackend({ ...backend, resource: { kind: "Bucket", name: "a" } }),
      'spec.defaultBackend: Invalid value: "": cannot set both resource and service backends',
    ],
    [
      withBackend({ resource: { kind: "", name: "a/b" } }),
      "spec.defaultBackend.resource.kind: Required value",
      `spec.defaultBackend.resource.name: Invalid value: "a/b": may not contain '/'`,
    ],
    [
      withBackend({ service: { name: "", port: {} } }),
      "spec.defaultBackend.service.name: Required value",
      "spec.defaultBackend: Required value: port name or number is required",
    ],
    [
      withBackend({ service: { name: "a", port: { name: "b", number: 1 } } }),
      'spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
    ],
    [
      withBackend({ service: { name: "a", port: { number: 70000 } } }),
      "spec.defaultBackend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive",
    ],
    [
      ingress(
        { defaultBackend: backend, ingressClassName: "nginx" },
        { "kubernetes.io/ingress.class": "traefik" },
      ),
      'annotations.kubernetes.io/ingress.class: Invalid value: "traefik": must match `ingressClassName` when both are specified',
    ],
  ];
  for (const [manifest, ...problems] of cases) deepEqual(problemsOf(Ingress, manifest), problems);
});

test("addresses in the status are addresses", () => {
  const to = ingress(
    {},
    {},
    { loadBalancer: { ingress: [{ ip: "x" }, { hostname: "10.0.0.1" }] } },
  );
  deepEqual(statusProblems(Ingress, { from: ingress({}), to }), [
    'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
  ]);
});

test("columns show hosts and addresses", () => {
  const status = {
    loadBalancer: { ingress: [{ ip: "10.0.0.2" }, { hostname: "a" }, { ip: "10.0.0.2" }] },
  };
  const rules = ["a", "b", "c", "d"].map((host) => ({ host }));
  deepEqual(
    cellsOf(Ingress, ingress({ rules, tls: [{}], ingressClassName: "nginx" }, {}, status)),
    {
      Name: "web",
      Class: "nginx",
      Hosts: "a,b,c + 1 more...",
      Address: "10.0.0.2,a",
      Ports: "80, 443",
      Age: "<unknown>",
    },
  );
  const plain = cellsOf(Ingress, withBackend(backend));
  deepEqual([plain["Class"], plain["Hosts"], plain["Ports"]], ["<none>", "*", "80"]);
});

test("the annotation for the class is warned of, when it is new", () => {
  const annotated = objectFrom(
    Ingress,
    ingress({ defaultBackend: backend }, { "kubernetes.io/ingress.class": "nginx" }),
  );
  equal([...(Ingress.warnings?.(annotated) ?? [])].length, 1);
  equal([...(Ingress.warnings?.(annotated, annotated) ?? [])].length, 0);
});
