import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { draftFrom, objectFrom } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import { containerWith, podOf, podWith } from "./testing.ts";

test("a pod of one container says everything else by leaving it out", () => {
  equal(
    JSON.stringify(objectFrom(Pod, podWith())),
    '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","namespace":"default"},"spec":{"containers":[{"name":"web","image":"nginx","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler","enableServiceLinks":true},"status":{"phase":"Pending","qosClass":"BestEffort"}}',
  );
});

const firstOf = (container: object, spec: object = {}) =>
  draftFrom(Pod, podOf(container, spec)).spec.containers[0];

test("the tag of an image tells how often it is pulled", () => {
  const policies = {
    nginx: "Always",
    "nginx:latest": "Always",
    "nginx:1.27": "IfNotPresent",
    "reg.example.com:5000/nginx": "Always",
    [`nginx@sha256:${"a".repeat(64)}`]: "IfNotPresent",
  };
  for (const [image, policy] of Object.entries(policies)) {
    equal(firstOf({ image })?.imagePullPolicy, policy, image);
  }
  equal(firstOf({ imagePullPolicy: "Never" })?.imagePullPolicy, "Never");
});

test("parts of a container have defaults of their own", () => {
  const container = firstOf({
    ports: [{ containerPort: 80 }],
    env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
    livenessProbe: { httpGet: { port: 80 } },
    lifecycle: { postStart: { httpGet: { path: "x", port: 1 } } },
    securityContext: { procMount: "Default" },
  });
  deepEqual(container?.ports, [{ containerPort: 80, protocol: "TCP" }]);
  deepEqual(container?.env?.[0]?.valueFrom?.fieldRef, {
    apiVersion: "v1",
    fieldPath: "metadata.name",
  });
  deepEqual(container?.livenessProbe, {
    httpGet: { path: "/", port: 80, scheme: "HTTP" },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  deepEqual(container?.lifecycle?.postStart?.httpGet, { path: "x", port: 1, scheme: "HTTP" });
});

test("volumes have modes, and an empty folder when nothing is said", () => {
  const volumes = [
    { name: "a" },
    { name: "b", secret: { secretName: "s" } },
    { name: "c", configMap: { name: "c" } },
    { name: "d", downwardAPI: {} },
    { name: "e", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
    { name: "f", hostPath: { path: "/" } },
  ];
  deepEqual(draftFrom(Pod, podWith({ volumes })).spec.volumes, [
    { name: "a", emptyDir: {} },
    { name: "b", secret: { secretName: "s", defaultMode: 420 } },
    { name: "c", configMap: { name: "c", defaultMode: 420 } },
    { name: "d", downwardAPI: { defaultMode: 420 } },
    {
      name: "e",
      projected: {
        sources: [{ serviceAccountToken: { expirationSeconds: 3600, path: "t" } }],
        defaultMode: 420,
      },
    },
    { name: "f", hostPath: { path: "/", type: "" } },
  ]);
});

test("limits are requested too; amounts are whole thousandths", () => {
  const resources = { limits: { memory: "1Gi", cpu: "0.0005" }, requests: { memory: "1Mi" } };
  deepEqual(firstOf({ resources })?.resources, {
    limits: { cpu: "1m", memory: "1Gi" },
    requests: { cpu: "1m", memory: "1Mi" },
  });
});

test("on the node's network, ports are those of the node", () => {
  const ports = [{ containerPort: 80 }, { containerPort: 81, hostPort: 81 }];
  deepEqual(firstOf({ ports }, { hostNetwork: true })?.ports, [
    { hostPort: 80, containerPort: 80, protocol: "TCP" },
    { hostPort: 81, containerPort: 81, protocol: "TCP" },
  ]);
});

test("the old name of the service account follows the new one", () => {
  const { spec } = draftFrom(Pod, podWith({ serviceAccount: "a" }));
  deepEqual([spec.serviceAccountName, spec.serviceAccount], ["a", "a"]);
  const both = draftFrom(Pod, podWith({ serviceAccount: "a", serviceAccountName: "b" })).spec;
  deepEqual([both.serviceAccountName, both.serviceAccount], ["b", "b"]);
});

test("resources of the pod hold what its containers ask for", () => {
  const containers = [containerWith({ resources: { requests: { cpu: "1" } } })];
  const { resources } = draftFrom(
    Pod,
    podWith({ containers, resources: { limits: { cpu: "2", memory: "1Gi" } } }),
  ).spec;
  deepEqual(resources, {
    limits: { cpu: "2", memory: "1Gi" },
    requests: { cpu: "1", memory: "1Gi" },
  });
});

test("a new pod has the quality that its resources give it", () => {
  const qualities: readonly [resources: object, quality: string][] = [
    [{}, "BestEffort"],
    [{ requests: { cpu: "1" } }, "Burstable"],
    [{ limits: { cpu: "1" } }, "Burstable"],
    [{ limits: { cpu: "1", memory: "1Gi" } }, "Guaranteed"],
    [{ limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } }, "Burstable"],
    [{ requests: { "ephemeral-storage": "1Gi" } }, "BestEffort"],
  ];
  for (const [resources, quality] of qualities) {
    equal(objectFrom(Pod, podOf({ resources })).status.qosClass, quality);
  }
});

test("a gated pod says so", () => {
  const { status } = objectFrom(Pod, podWith({ schedulingGates: [{ name: "a" }] }));
  deepEqual(status.conditions, [
    {
      type: "PodScheduled",
      status: "False",
      lastProbeTime: null,
      lastTransitionTime: null,
      reason: "SchedulingGated",
      message: "Scheduling is blocked due to non-empty scheduling gates",
    },
  ]);
});

test("label keys to match become expressions of the selector", () => {
  const labelSelector = { matchLabels: { app: "web" } };
  const constraint = {
    maxSkew: 1,
    topologyKey: "zone",
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector,
    matchLabelKeys: ["hash", "missing"],
  };
  const term = { topologyKey: "zone", labelSelector, mismatchLabelKeys: ["tenant"] };
  const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  const labels = { hash: "1", tenant: "a" };
  const manifest = podWith({ affinity, topologySpreadConstraints: [constraint] }, { labels });
  const { spec } = objectFrom(Pod, manifest);
  deepEqual(spec.topologySpreadConstraints?.[0]?.labelSelector?.matchExpressions, [
    { key: "hash", operator: "In", values: ["1"] },
  ]);
  const merged = spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0];
  deepEqual(merged?.labelSelector?.matchExpressions, [
    { key: "tenant", operator: "NotIn", values: ["a"] },
  ]);
});

test("annotations in which init containers once stood are dropped", () => {
  const annotations = { "pod.beta.kubernetes.io/init-containers": "[]" };
  equal(draftFrom(Pod, podWith({}, { annotations })).metadata.annotations, undefined);
});

test("a running pod has time to stop; others go at once", () => {
  const grace = (spec: object, phase = "Running", asked?: number) => {
    const pod = draftFrom(Pod, { ...podWith(spec), status: { phase } });
    return Pod.graceSeconds?.(pod, asked);
  };
  equal(grace({ nodeName: "n" }), 30);
  equal(grace({ nodeName: "n", terminationGracePeriodSeconds: 5 }), 5);
  equal(grace({ nodeName: "n" }, "Running", 3), 3);
  equal(grace({ nodeName: "n" }, "Running", -1), 1);
  equal(grace({ nodeName: "n" }, "Failed"), 0);
  equal(grace({}), 0);
});
