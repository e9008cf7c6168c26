import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "#api/core/configmap.ts";
import type { Container } from "#api/core/container.ts";
import type { Secret } from "#api/core/secret.ts";
import type { Service } from "#api/core/service.ts";
import { containerWith, podWith } from "../pod/testing.ts";
import { type EnvironmentSources, environmentOf, referencesOf } from "./environment.ts";
import { expand, expandAll } from "./expansion.ts";
import { fieldText } from "./field-path.ts";
import { serviceVariables } from "./service-links.ts";

const sources: EnvironmentSources = {
  configMap: (name) =>
    name === "settings"
      ? ({ data: { mode: "fast", "with=": "no" } } as unknown as ConfigMap)
      : undefined,
  secret: (name) =>
    name === "key"
      ? ({ data: { pass: Buffer.from("s3").toString("base64") } } as unknown as Secret)
      : undefined,
  services: new Map([["WEB_SERVICE_HOST", "10.0.0.9"]]),
  podIps: ["10.1.0.2", "fd00::2"],
  hostIps: ["192.168.0.1", "fd00::1"],
  allocatable: { cpu: "4", memory: "8Gi" },
};

const environment = (parts: Partial<Container>, pod = podWith()): Record<string, string> =>
  Object.fromEntries(environmentOf(pod, containerWith("app", parts), sources));

test("values refer to variables before them and to services", () => {
  const env = [
    { name: "A", value: "1" },
    { name: "B", value: "$(A)-$(WEB_SERVICE_HOST)-$(NONE)-$$(A)" },
  ];
  deepEqual(environment({ env }), {
    A: "1",
    B: "1-10.0.0.9-$(NONE)-$(A)",
    WEB_SERVICE_HOST: "10.0.0.9",
  });
});

test("whole objects come first, single variables win, impossible names are left out", () => {
  const envFrom = [
    { prefix: "X_", configMapRef: { name: "settings" } },
    { secretRef: { name: "key" } },
  ] as never;
  const env = [{ name: "pass", value: "own" }];
  deepEqual(environment({ envFrom, env }), {
    X_mode: "fast",
    pass: "own",
    WEB_SERVICE_HOST: "10.0.0.9",
  });
});

test("a service is no reason to lose a variable of that name", () => {
  const env = [{ name: "WEB_SERVICE_HOST", value: "mine" }];
  equal(environment({ env })["WEB_SERVICE_HOST"], "mine");
});

for (const [what, valueFrom, value] of [
  ["a key of a ConfigMap", { configMapKeyRef: { name: "settings", key: "mode" } }, "fast"],
  ["a key of a Secret", { secretKeyRef: { name: "key", key: "pass" } }, "s3"],
  [
    "an optional key that is not there",
    { secretKeyRef: { name: "key", key: "x", optional: true } },
    undefined,
  ],
  [
    "an optional object that is not there",
    { configMapKeyRef: { name: "x", key: "x", optional: true } },
    undefined,
  ],
  ["the pod's address", { fieldRef: { fieldPath: "status.podIP" } }, "10.1.0.2"],
  ["the pod's addresses", { fieldRef: { fieldPath: "status.podIPs" } }, "10.1.0.2,fd00::2"],
  ["the pod's UID", { fieldRef: { fieldPath: "metadata.uid" } }, "u1"],
  ["the node's addresses", { fieldRef: { fieldPath: "status.hostIPs" } }, "192.168.0.1,fd00::1"],
  ["the node's address", { fieldRef: { fieldPath: "status.hostIP" } }, "192.168.0.1"],
  ["a limit", { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } }, "64"],
  [
    "a limit that is the node's",
    { resourceFieldRef: { resource: "limits.cpu", divisor: "0" } },
    "4",
  ],
  [
    "a request in thousandths",
    { resourceFieldRef: { resource: "requests.cpu", divisor: "1m" } },
    "250",
  ],
  ["a request rounded up", { resourceFieldRef: { resource: "requests.cpu", divisor: "1" } }, "1"],
] as const) {
  test(`a variable from ${what}`, () => {
    const env = [{ name: "V", valueFrom }] as never;
    const resources = { limits: { memory: "64Mi" }, requests: { cpu: "250m" } };
    equal(environment({ env, resources })["V"], value);
  });
}

for (const [what, valueFrom, message] of [
  ["a ConfigMap", { configMapKeyRef: { name: "none", key: "k" } }, 'configmap "none" not found'],
  ["a Secret", { secretKeyRef: { name: "none", key: "k" } }, 'secret "none" not found'],
  [
    "a key",
    { configMapKeyRef: { name: "settings", key: "k" } },
    "couldn't find key k in ConfigMap default/settings",
  ],
  ["a field", { fieldRef: { fieldPath: "spec.nothing" } }, "unsupported fieldPath: spec.nothing"],
] as const) {
  test(`${what} that is not there is named`, () => {
    throws(() => environment({ env: [{ name: "V", valueFrom }] as never }), { message });
  });
}

test("all objects that an environment needs are known beforehand", () => {
  const envFrom = [{ configMapRef: { name: "a" } }, { secretRef: { name: "b" } }] as never;
  const env = [
    { name: "V", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } },
    { name: "W", valueFrom: { secretKeyRef: { name: "d", key: "k" } } },
  ] as never;
  deepEqual(
    referencesOf(containerWith("app", { envFrom, env })).map(({ kind, name }) => `${kind} ${name}`),
    ["ConfigMap a", "Secret b", "ConfigMap c", "Secret d"],
  );
});

test("$(NAME) in commands: unknown names stay, $$ is a dollar", () => {
  const lookUp = (name: string): string | undefined => ({ A: "x" })[name];
  equal(expand("$(A) $(B) $$(A) $A ${A} $", lookUp), "x $(B) $(A) $A ${A} $");
  deepEqual(expandAll("a/$(A)", lookUp), { text: "a/x" });
  deepEqual(expandAll("a/$(B)", lookUp), { missing: "B" });
});

test("labels and annotations as text", () => {
  const pod = podWith({}, { labels: { b: 'say "x"\n', a: "1" }, annotations: { "k.io/x": "y" } });
  const none = { podIps: [], hostIps: [] };
  equal(fieldText(pod, "metadata.labels", none), 'a="1"\nb="say \\"x\\"\\n"');
  equal(fieldText(pod, "metadata.annotations['k.io/x']", none), "y");
  equal(fieldText(pod, "metadata.labels['none']", none), "");
});

test("services are variables in the manner of old", () => {
  const service = (namespace: string, name: string, spec: object) =>
    ({ metadata: { namespace, name }, spec }) as unknown as Service;
  const services = [
    service("default", "kubernetes", {
      clusterIP: "10.0.0.1",
      ports: [{ name: "https", port: 443 }],
    }),
    service("shop", "my-db", { clusterIP: "10.0.0.2", ports: [{ port: 5432, protocol: "TCP" }] }),
    service("shop", "headless", { clusterIP: "None", ports: [{ port: 1 }] }),
    service("other", "far", { clusterIP: "10.0.0.3", ports: [{ port: 1 }] }),
  ];
  const of = (areLinked: boolean) =>
    Object.fromEntries(serviceVariables(services, { namespace: "shop", areLinked }));
  const linked = of(true);
  equal(linked["MY_DB_SERVICE_HOST"], "10.0.0.2");
  equal(linked["MY_DB_PORT"], "tcp://10.0.0.2:5432");
  equal(linked["MY_DB_PORT_5432_TCP_ADDR"], "10.0.0.2");
  equal(linked["KUBERNETES_SERVICE_PORT_HTTPS"], "443");
  equal(
    Object.keys(linked).some((name) => /FAR|HEADLESS/.test(name)),
    false,
  );
  equal(
    Object.keys(of(false)).every((name) => name.startsWith("KUBERNETES_")),
    true,
  );
});
