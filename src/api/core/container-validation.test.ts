import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { problemsOf } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import { badLabel, type Cases, podOf, podWith } from "./testing.ts";

/** Paths are given from the container on. */
function refuses(cases: Cases, spec: object = {}): void {
  for (const [container, ...problems] of cases) {
    const found = problemsOf(Pod, podOf(container, spec));
    deepEqual(
      found.map((problem) => problem.replace(/^spec\.containers\[0\]\.?/, "")),
      problems,
    );
  }
}

test("containers of many shapes are accepted", () => {
  const probe = { httpGet: { port: "http" }, terminationGracePeriodSeconds: 5 };
  refuses([
    [
      {
        ports: [
          { name: "http", containerPort: 80 },
          { containerPort: 80, protocol: "UDP" },
        ],
      },
    ],
    [{ livenessProbe: probe, readinessProbe: { exec: { command: ["true"] } } }],
    [{ startupProbe: { grpc: { port: 9000 } }, lifecycle: { preStop: { sleep: { seconds: 5 } } } }],
    [
      {
        env: [
          { name: "a.b-c", value: "1" },
          { name: "A", value: "$(a.b-c)" },
        ],
      },
    ],
    [{ env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } }] }],
    [{ env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "c", key: "k.txt" } } }] }],
    [{ envFrom: [{ prefix: "A_", secretRef: { name: "s" } }] }],
    [{ resources: { requests: { cpu: "100m", memory: "1Gi" }, limits: { cpu: "1" } } }],
    [{ resources: { limits: { "nvidia.com/gpu": 1, memory: "1Gi" } } }],
    [{ resources: { limits: { "hugepages-2Mi": "4Mi", cpu: 1 } } }],
    [{ resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] }],
    [{ securityContext: { runAsUser: 0, capabilities: { add: ["NET_ADMIN"] } } }],
  ]);
});

test("a container has a name and an image", () => {
  refuses([
    [{ name: "", image: "" }, "name: Required value", "image: Required value"],
    [{ name: "Web" }, `name: Invalid value: "Web": ${badLabel}`],
    [
      { imagePullPolicy: "Often", terminationMessagePolicy: "Loud" },
      'terminationMessagePolicy: Unsupported value: "Loud": supported values: "File", "FallbackToLogsOnError"',
      'imagePullPolicy: Unsupported value: "Often": supported values: "Always", "IfNotPresent", "Never"',
    ],
  ]);
});

test("ports have numbers in range and names of their own", () => {
  refuses([
    [{ ports: [{}] }, "ports[0].containerPort: Required value"],
    [
      { ports: [{ containerPort: 70000, hostPort: -1, protocol: "ICMP" }] },
      'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      "ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
      "ports[0].hostPort: Invalid value: -1: must be between 1 and 65535, inclusive",
    ],
    [
      {
        ports: [
          { name: "a", containerPort: 1 },
          { name: "a", containerPort: 2 },
          { name: "a-very-long-name", containerPort: 3 },
        ],
      },
      'ports[1].name: Duplicate value: "a"',
      'ports[2].name: Invalid value: "a-very-long-name": must be no more than 15 bytes',
    ],
  ]);
});

test("variables come from one place that there is", () => {
  const from = (valueFrom: object, value?: string) => ({ env: [{ name: "A", value, valueFrom }] });
  refuses([
    [{ env: [{ name: "" }] }, "env[0].name: Required value"],
    [
      { env: [{ name: "a=b" }] },
      "env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='",
    ],
    [
      from({}),
      'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    ],
    [
      from({ secretKeyRef: { name: "s", key: "k" } }, "x"),
      'env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      from({ secretKeyRef: { name: "s", key: "k" }, fieldRef: { fieldPath: "status.podIP" } }),
      'env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time',
    ],
    [
      from({ secretKeyRef: { name: "s", key: "a b" } }),
      "env[0].valueFrom.secretKeyRef.key: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
    [
      from({ fieldRef: { fieldPath: "spec.containers" } }),
      'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.containers": error converting fieldPath: field label not supported: spec.containers',
    ],
    [
      from({ fieldRef: { fieldPath: "metadata.labels" } }),
      'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
    ],
    [
      from({ resourceFieldRef: { resource: "limits.cpu", divisor: "3" } }),
      'env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
    ],
    [
      from({ resourceFieldRef: { resource: "limits.disk" } }),
      'env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.disk": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
    ],
    [
      { envFrom: [{}] },
      'envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
    ],
    [
      { envFrom: [{ secretRef: { name: "s" }, configMapRef: {} }] },
      "envFrom[0].configMapRef.name: Required value",
      'envFrom: Invalid value: "": may not have more than one field specified at a time',
    ],
  ]);
});

test("mounts are of volumes that the pod has, each at its own place", () => {
  const spec = { volumes: [{ name: "v", emptyDir: {} }] };
  const mounts = (...volumeMounts: object[]) => ({ volumeMounts });
  refuses(
    [
      [mounts({ name: "v", mountPath: "/a", subPath: "b/c" })],
      [mounts({ name: "w", mountPath: "/a" }), 'volumeMounts[0].name: Not found: "w"'],
      [
        mounts({ name: "v", mountPath: "/a" }, { name: "v", mountPath: "/a" }),
        'volumeMounts[1].mountPath: Invalid value: "/a": must be unique',
      ],
      [mounts({ name: "v" }), "volumeMounts[0].mountPath: Required value"],
      [
        mounts({ name: "v", mountPath: "/a", subPath: "/b" }),
        'volumeMounts.subPath: Invalid value: "/b": must be a relative path',
      ],
      [
        mounts({ name: "v", mountPath: "/a", subPathExpr: "../b" }),
        "volumeMounts.subPathExpr: Invalid value: \"../b\": must not contain '..'",
      ],
      [
        mounts({ name: "v", mountPath: "/a", mountPropagation: "Bidirectional" }),
        "volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers",
      ],
      [
        mounts({ name: "v", mountPath: "/a", recursiveReadOnly: "Enabled" }),
        "volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true",
      ],
      [
        { volumeDevices: [{ name: "v", devicePath: "/dev/a/../b" }] },
        "volumeDevices[0].devicePath: Invalid value: \"/dev/a/../b\": can not contain backsteps ('..')",
        'volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode',
      ],
    ],
    spec,
  );
});

test("probes and handlers do one thing", () => {
  refuses([
    [{ livenessProbe: {} }, "livenessProbe: Required value: must specify a handler type"],
    [
      { livenessProbe: { tcpSocket: { port: 1 }, exec: { command: ["a"] }, successThreshold: 2 } },
      "livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
      "livenessProbe.successThreshold: Invalid value: 2: must be 1",
    ],
    [
      { readinessProbe: { exec: {}, periodSeconds: -1, terminationGracePeriodSeconds: 0 } },
      "readinessProbe.exec.command: Required value",
      "readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
      "readinessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0",
      "readinessProbe.terminationGracePeriodSeconds: Invalid value: 0: must not be set for readinessProbes",
    ],
    [
      { startupProbe: { httpGet: { port: 0, scheme: "FTP", httpHeaders: [{ name: "a b" }] } } },
      'startupProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
      "startupProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive",
      "startupProbe.httpGet.httpHeaders: Invalid value: \"a b\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
    ],
    [
      { lifecycle: { postStart: {}, preStop: { sleep: { seconds: 31 } } } },
      "lifecycle.postStart: Required value: must specify a handler type",
      "lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)",
    ],
  ]);
});

test("amounts of resources are possible ones", () => {
  refuses([
    [
      { resources: { requests: { cpu: "2", memory: "-1" }, limits: { cpu: "1" } } },
      'resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
      'resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      { resources: { limits: { disk: "1" } } },
      'resources.limits[disk]: Invalid value: "disk": must be a standard resource type or fully qualified',
      'resources.limits[disk]: Invalid value: "disk": must be a standard resource for containers',
      'resources.requests[disk]: Invalid value: "disk": must be a standard resource type or fully qualified',
      'resources.requests[disk]: Invalid value: "disk": must be a standard resource for containers',
    ],
    [
      { resources: { limits: { "example.com/gpu": "500m" } } },
      "resources.limits[example.com/gpu]: Invalid value: 500m: must be an integer",
      "resources.requests[example.com/gpu]: Invalid value: 500m: must be an integer",
    ],
    [
      { resources: { requests: { "example.com/gpu": "1" } } },
      "resources.limits: Required value: Limit must be set for non overcommitable resources",
    ],
    [
      { resources: { requests: { "example.com/gpu": "1" }, limits: { "example.com/gpu": "2" } } },
      'resources.requests: Invalid value: "1": must be equal to example.com/gpu limit of 2',
    ],
    [
      { resources: { limits: { "hugepages-2Mi": "2Mi" } } },
      "resources: Forbidden: HugePages require cpu or memory",
    ],
    [
      { resources: { limits: { cpu: "1", "hugepages-2Mi": "3Mi" } } },
      'resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
      'resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
    ],
    [
      { resizePolicy: [{ resourceName: "disk", restartPolicy: "Later" }] },
      'resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
      'resizePolicy: Unsupported value: "Later": supported values: "NotRequired", "RestartContainer"',
    ],
  ]);
});

test("security contexts do not contradict themselves", () => {
  refuses([
    [
      { securityContext: { runAsUser: -1, runAsGroup: 2 ** 32 } },
      "securityContext.runAsUser: Invalid value: -1: must be between 0 and 4294967295, inclusive",
      "securityContext.runAsGroup: Invalid value: 4294967296: must be between 0 and 4294967295, inclusive",
    ],
    [
      { securityContext: { privileged: true, allowPrivilegeEscalation: false } },
      'securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    ],
    [
      { securityContext: { seccompProfile: { type: "Localhost" } } },
      "securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
    ],
    [
      { securityContext: { appArmorProfile: { type: "RuntimeDefault", localhostProfile: "a" } } },
      'securityContext.appArmorProfile.localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost',
    ],
    [
      { securityContext: { procMount: "Unmasked" } },
      'securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
    ],
    [
      { securityContext: { windowsOptions: { runAsUserName: "a\\b\\c" } } },
      'securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash',
    ],
  ]);
});

test("restart rules come with a policy", () => {
  const rule = { action: "Restart", exitCodes: { operator: "In", values: [1] } };
  refuses([
    [{ restartPolicy: "Never", restartPolicyRules: [rule] }],
    [
      { restartPolicyRules: [rule] },
      "restartPolicy: Required value: must specify restartPolicy when restart rules are used",
    ],
    [
      { restartPolicy: "Never", restartPolicyRules: [{ action: "Dance" }] },
      'restartPolicyRules[0].action: Unsupported value: "Dance": supported values: "Restart", "RestartAllContainers"',
      "restartPolicyRules[0].exitCodes: Required value: must be specified",
    ],
  ]);
});

test("init containers that end have neither probes nor handlers; sidecars may", () => {
  const readinessProbe = { tcpSocket: { port: 1 } };
  const init = { name: "init", image: "a", readinessProbe };
  deepEqual(problemsOf(Pod, podWith({ initContainers: [init] })), [
    "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
  ]);
  const sidecar = { ...init, restartPolicy: "Always" };
  deepEqual(problemsOf(Pod, podWith({ initContainers: [sidecar] })), []);
});
