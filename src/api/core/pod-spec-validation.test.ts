import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { problemsOf } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import { badLabel, badSubdomain, type Cases, containerWith, podWith } from "./testing.ts";

/** Paths are given from the spec on. */
function refuses(cases: Cases): void {
  for (const [spec, ...problems] of cases) {
    const found = problemsOf(Pod, podWith(spec));
    deepEqual(
      found.map((problem) => problem.replace(/^spec\./, "")),
      problems,
    );
  }
}

const init = (change: object) => ({ initContainers: [containerWith({ name: "init", ...change })] });

test("what is mounted is a volume that nothing is wrong with", () => {
  const containers = [containerWith({ volumeMounts: [{ name: "v", mountPath: "/a" }] })];
  refuses([
    [{ containers, volumes: [{ name: "v", emptyDir: {} }] }],
    [
      { containers, volumes: [{ name: "v", hostPath: { path: "" } }] },
      "volumes[0].hostPath.path: Required value",
      'containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      { containers, volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/a" } }] },
      "volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
      'containers[0].volumeMounts[0].name: Not found: "v"',
    ],
  ]);
});

test("a way that mounts spread is one that there is", () => {
  const mounted = (mountPropagation: string) => ({
    containers: [
      containerWith({ volumeMounts: [{ name: "v", mountPath: "/a", mountPropagation }] }),
    ],
    volumes: [{ name: "v", emptyDir: {} }],
  });
  refuses([
    [
      mounted("Upwards"),
      'containers[0].volumeMounts.mountPropagation: Unsupported value: "Upwards": supported values: "Bidirectional", "HostToContainer", "None"',
    ],
    [
      mounted("Bidirectional"),
      "containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers",
    ],
  ]);
});

test("variables are read from files in empty folders of the pod", () => {
  const fileKeyRef = { volumeName: "v", path: "..a/b", key: "A" };
  const from = (change: object, volumes: object[] = [{ name: "v", emptyDir: {} }]) => ({
    containers: [
      containerWith({
        env: [{ name: "A", valueFrom: { fileKeyRef: { ...fileKeyRef, ...change } } }],
      }),
    ],
    volumes,
  });
  const at = "containers[0].env[0].valueFrom.fileKeyRef";
  refuses([
    [from({})],
    [from({ path: "a/../b" }), `${at}.path: Invalid value: "a/../b": must not contain '..'`],
    [
      from({ volumeName: "V" }),
      `${at}.volumeName: Invalid value: "V": ${badLabel}`,
      `${at}.volumeName: Not found: "V"`,
    ],
    [
      from({}, [{ name: "v", hostPath: { path: "/a" } }]),
      `${at}.volumeName: Invalid value: "v": referenced volume must be of type emptyDir`,
    ],
  ]);
});

test("only sidecars are started again to be resized", () => {
  const resizePolicy = [{ resourceName: "memory", restartPolicy: "RestartContainer" }];
  refuses([
    [init({ resizePolicy, restartPolicy: "Always" })],
    [
      init({ resizePolicy }),
      "initContainers[0].resizePolicy[0].restartPolicy: Invalid value: \"RestartContainer\": must not be set to 'RestartContainer' for non-sidecar initContainers",
    ],
    [
      { restartPolicy: "Never", containers: [containerWith({ resizePolicy })] },
      "containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when pod `restartPolicy` is 'Never'",
    ],
  ]);
});

test("another name for the host goes with a network and a domain of its own", () => {
  refuses([
    [{ hostnameOverride: "a.example.com" }],
    [
      { hostnameOverride: "a", setHostnameAsFQDN: true, hostNetwork: true },
      "hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true",
      "hostnameOverride: Forbidden: may not be specified when hostNetwork is true",
    ],
    [
      { hostnameOverride: "a".repeat(65) },
      "hostnameOverride: Too long: may not be more than 64 bytes",
    ],
    [{ hostnameOverride: "A" }, `hostnameOverride: Invalid value: "A": ${badSubdomain}`],
  ]);
});

test("devices know nothing of users of the pod's own", () => {
  const volumes = [{ name: "v", persistentVolumeClaim: { claimName: "c" } }];
  const volumeDevices = [{ name: "v", devicePath: "/dev/a" }];
  refuses([
    [
      { hostUsers: false, volumes, containers: [containerWith({ volumeDevices })] },
      "containers[0].volumeDevices: Forbidden: when `hostUsers` is false",
    ],
  ]);
});

test("a pod's own amounts are compared with its containers' where it says some", () => {
  const asking = (resources: object) => [containerWith({ resources })];
  const pages = { "hugepages-2Mi": "4Mi", cpu: "1" };
  refuses([
    [
      {
        containers: asking({ requests: { memory: "1Gi" } }),
        resources: { requests: { cpu: "1" } },
      },
    ],
    [
      {
        containers: asking({ limits: pages }),
        resources: { limits: { ...pages, "hugepages-2Mi": "2Mi" } },
      },
      'resources.requests[hugepages-2Mi]: Invalid value: "2Mi": must be greater than or equal to aggregate container requests of 4Mi',
      'resources.limits[hugepages-2Mi]: Invalid value: "2Mi": must be greater than or equal to aggregate container limits of 4Mi',
      'resources.containers[0][hugepages-2Mi].limits: Invalid value: "4Mi": must be less than or equal to pod limits of 2Mi',
    ],
    [
      { os: { name: "windows" }, resources: { claims: [{ name: "a" }], limits: { disk: "1" } } },
      "resources: Forbidden: may not be set for a windows pod",
    ],
    [
      { overhead: { "hugepages-2Mi": "3Mi" } },
      'overhead.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
      "overhead: Forbidden: HugePages require cpu or memory",
    ],
  ]);
});

test("operators are those that there are", () => {
  const selecting = (matchExpressions: object[]) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions }],
        },
      },
    },
  });
  const at =
    "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]";
  refuses([
    [
      selecting([{ key: "a", operator: "Like", values: ["b"] }]),
      `${at}.operator: Invalid value: "Like": not a valid selector operator`,
    ],
    [
      { tolerations: [{ key: "a", operator: "Like" }] },
      'tolerations[0].operator: Unsupported value: "Like": supported values: "Equal", "Exists"',
    ],
    [
      { tolerations: [{ key: "a", operator: "Lt", value: "1" }] },
      'tolerations[0].operator: Unsupported value: "Lt": supported values: "Equal", "Exists", "Lt", "Gt"',
    ],
  ]);
});

test("a profile says of which type it is", () => {
  refuses([
    [
      { securityContext: { seccompProfile: {}, appArmorProfile: { localhostProfile: "a" } } },
      "securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set",
      "securityContext.appArmorProfile.type: Required value: type is required when appArmorProfile is set",
    ],
    [
      { securityContext: { appArmorProfile: { type: "Some" } } },
      'securityContext.appArmorProfile.type: Unsupported value: "Some": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
    ],
  ]);
});
