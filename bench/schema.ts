/** What one object costs: `node bench/schema.ts` prints nanoseconds per step, best of five rounds. */
import { ConfigMap } from "#api/core/configmap.ts";
import { Pod } from "#api/core/pod.ts";
import type { AnyKind } from "#api/kind.ts";
import { draftOf, equal } from "#schema/copy.ts";
import { decodeJson } from "#schema/json.ts";
import { parseJson } from "#schema/json-text.ts";
import { openApiV3Of } from "#schema/openapi.ts";
import { decodeProto, encodeProto } from "#schema/protobuf.ts";
import { compare, fieldsOf, mergeApplied } from "#schema/structural.ts";
import { validateStruct } from "#schema/validate.ts";

const configMap = {
  kind: "ConfigMap",
  apiVersion: "v1",
  metadata: { name: "cm-1", namespace: "default", labels: { app: "bench" } },
  data: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`key-${i}`, "x".repeat(90)])),
};

const probe = (path: string): object => ({
  httpGet: { path, port: 8080, scheme: "HTTP" },
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
});

const container = (i: number): object => ({
  name: `c${i}`,
  image: `registry.example.com/app:${i}`,
  args: ["--port", "8080"],
  ports: [{ name: `http${i}`, containerPort: 8080 + i, protocol: "TCP" }],
  env: [
    { name: "A", value: "b" },
    { name: "POD_IP", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } } },
  ],
  resources: {
    limits: { cpu: "500m", memory: "128Mi" },
    requests: { cpu: "100m", memory: "64Mi" },
  },
  volumeMounts: [
    { name: "cfg", mountPath: "/etc/cfg" },
    { name: "token", readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
  ],
  livenessProbe: probe("/healthz"),
  readinessProbe: probe("/ready"),
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  imagePullPolicy: "IfNotPresent",
});

const time = "2026-01-02T03:04:05Z";

const pod = {
  kind: "Pod",
  apiVersion: "v1",
  metadata: {
    name: "web-7d4b9c6f5d-abcde",
    generateName: "web-7d4b9c6f5d-",
    namespace: "default",
    uid: "8b3e9a52-0f3a-4b6e-9a5c-1f2d3c4b5a69",
    resourceVersion: "123456",
    creationTimestamp: time,
    labels: { app: "web", "pod-template-hash": "7d4b9c6f5d" },
    ownerReferences: [
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: "web-7d4b9c6f5d",
        uid: "1b3e",
        controller: true,
      },
    ],
  },
  spec: {
    volumes: [
      { name: "cfg", configMap: { name: "web", defaultMode: 420 } },
      { name: "token", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
    ],
    containers: [container(1), container(2)],
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    serviceAccountName: "default",
    nodeName: "node-1",
    securityContext: {},
    schedulerName: "default-scheduler",
    tolerations: ["not-ready", "unreachable"].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 300,
    })),
  },
  status: {
    phase: "Running",
    conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
      type,
      status: "True",
      lastTransitionTime: time,
    })),
    podIP: "10.244.0.5",
    podIPs: [{ ip: "10.244.0.5" }],
    startTime: time,
    containerStatuses: [1, 2].map((i) => ({
      name: `c${i}`,
      state: { running: { startedAt: time } },
      ready: true,
      restartCount: 0,
      image: `registry.example.com/app:${i}`,
      imageID: "sha256:abc",
      containerID: "containerd://abc",
    })),
  },
};

function measure(step: string, work: () => unknown): void {
  const rounds = Array.from({ length: 6 }, () => {
    const started = performance.now();
    let count = 0;
    for (; performance.now() - started < 80; count += 100) for (let i = 0; i < 100; i++) work();
    return ((performance.now() - started) / count) * 1e6;
  });
  console.log(
    `${step.padEnd(34)}${Math.min(...rounds.slice(1))
      .toFixed(0)
      .padStart(9)} ns`,
  );
}

function measureKind({ kind, schema }: AnyKind, json: object): void {
  const text = JSON.stringify(json);
  const { value } = decodeJson(schema, json, { defaults: true });
  const empty = decodeJson(schema, {}, { defaults: false }).value;
  const copy = draftOf(value);
  const bytes = encodeProto(schema, value);
  console.log(`\n${kind}, ${text.length} bytes of JSON, ${bytes.length} of protobuf`);
  measure("JSON.parse", () => JSON.parse(text));
  measure("parseJson", () => parseJson(text));
  measure("decodeJson", () => decodeJson(schema, json, { defaults: false }));
  measure("decodeJson, defaults", () => decodeJson(schema, json, { defaults: true }));
  measure("validateStruct", () => validateStruct(schema, value));
  measure("JSON.stringify", () => JSON.stringify(value));
  measure("draftOf", () => draftOf(value));
  measure("equal", () => equal(value, copy));
  measure("encodeProto", () => encodeProto(schema, value));
  measure("decodeProto", () => decodeProto(schema, bytes));
  measure("compare, new object", () => compare(schema, empty, value).added.toJson());
  measure("compare, nothing changed", () => compare(schema, value, copy));
  measure("fieldsOf", () => fieldsOf(schema, json));
  measure("mergeApplied", () => mergeApplied(schema, value, json));
  measure("openApiV3Of", () => openApiV3Of(schema));
}

measureKind(ConfigMap, configMap);
measureKind(Pod, pod);
