import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { problemsOf } from "#api/testing.ts";
import { Pod } from "./pod.ts";
import { badLabel, badSubdomain, type Cases, containerWith, podWith } from "./testing.ts";

function refuses(cases: Cases): void {
  for (const [spec, ...problems] of cases) deepEqual(problemsOf(Pod, podWith(spec)), problems);
}

test("pods of many shapes are accepted", () => {
  refuses([
    [{}],
    [{ initContainers: [containerWith({ name: "init" })] }],
    [{ restartPolicy: "Never", activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 0 }],
    [{ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet", hostname: "a", subdomain: "b" }],
    [{ dnsPolicy: "None", dnsConfig: { nameservers: ["10.0.0.1"], searches: ["_a.b.", "."] } }],
    [{ hostAliases: [{ ip: "::1", hostnames: ["a.example.com"] }] }],
    [{ nodeSelector: { disk: "ssd" }, schedulingGates: [{ name: "example.com/gate" }] }],
    [{ readinessGates: [{ conditionType: "www.example.com/ready" }] }],
    [{ securityContext: { sysctls: [{ name: "kernel.shm_rmid_forced", value: "0" }] } }],
    [{ overhead: { cpu: "100m" }, runtimeClassName: "kata" }],
  ]);
});

test("a pod has containers, each with its own name", () => {
  refuses([
    [{ containers: [] }, "spec.containers: Required value"],
    [
      { containers: [containerWith(), containerWith()], initContainers: [containerWith()] },
      'spec.containers[1].name: Duplicate value: "web"',
      'spec.initContainers[0].name: Duplicate value: "web"',
    ],
    [
      { ephemeralContainers: [containerWith({ name: "debug" })] },
      "spec.ephemeralContainers: Forbidden: cannot be set on create",
    ],
  ]);
});

test("policies and times are of those that there are", () => {
  refuses([
    [
      { restartPolicy: "Sometimes", dnsPolicy: "Mine", preemptionPolicy: "Maybe" },
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
      'spec.dnsPolicy: Unsupported value: "Mine": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      'spec.preemptionPolicy: Unsupported value: "Maybe": supported values: "PreemptLowerPriority", "Never"',
    ],
    [
      { activeDeadlineSeconds: 0 },
      "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
    ],
    [
      { dnsPolicy: "None" },
      "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
    ],
    [
      { dnsPolicy: "None", dnsConfig: {} },
      "spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None",
    ],
    [
      { dnsConfig: { nameservers: ["a", "1.1.1.1", "1.1.1.1", "1.1.1.1"], options: [{}] } },
      'spec.dnsConfig.nameservers: Invalid value: ["a","1.1.1.1","1.1.1.1","1.1.1.1"]: must not have more than 3 nameservers',
      'spec.dnsConfig.nameservers[0]: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      "spec.dnsConfig.options[0]: Required value: must not be empty",
    ],
  ]);
});

test("names in a spec look like names", () => {
  refuses([
    [
      { serviceAccountName: "A_", nodeName: "N_", hostname: "H_", priorityClassName: "P_" },
      `spec.serviceAccountName: Invalid value: "A_": ${badSubdomain}`,
      `spec.nodeName: Invalid value: "N_": ${badSubdomain}`,
      `spec.hostname: Invalid value: "H_": ${badLabel}`,
      `spec.priorityClassName: Invalid value: "P_": ${badSubdomain}`,
    ],
    [{ hostname: "a.b" }, 'spec.hostname: Invalid value: "a.b": must not contain dots'],
    [
      { hostAliases: [{ ip: "x", hostnames: ["A_"] }] },
      'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      `spec.hostAliases[0].hostnames[0]: Invalid value: "A_": ${badSubdomain}`,
    ],
    [
      { schedulingGates: [{ name: "a" }, { name: "a" }] },
      'spec.schedulingGates[1]: Duplicate value: "a"',
    ],
    [
      { schedulingGates: [{ name: "a" }], nodeName: "n" },
      "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
    ],
  ]);
});

test("settings of the kernel have names that it could know", () => {
  const named = (...names: string[]) => ({
    securityContext: { sysctls: names.map((name) => ({ name, value: "1" })) },
  });
  const refusal = (i: number, name: string): string =>
    `spec.securityContext.sysctls[${i}].name: Invalid value: ${JSON.stringify(name)}: must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`;
  refuses([
    [named("foo-", "kernel.shmmax", "bar.."), refusal(0, "foo-"), refusal(2, "bar..")],
    [named(""), "spec.securityContext.sysctls[0].name: Required value"],
  ]);
});

test("what a pod shares with its node goes together", () => {
  const ports = [{ containerPort: 80, hostPort: 81 }];
  refuses([
    [
      { shareProcessNamespace: true, hostPID: true },
      "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled",
    ],
    [
      { hostNetwork: true, containers: [containerWith({ ports })] },
      "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true",
    ],
    [
      { hostNetwork: true, securityContext: { sysctls: [{ name: "net/core/x", value: "1" }] } },
      "spec.securityContext.sysctls[0].name: Invalid value: \"net/core/x\": may not be specified when 'hostNetwork' is true",
    ],
    [
      { hostUsers: false, hostPID: true, hostIPC: true },
      "spec.HostPID: Forbidden: when `hostUsers` is false",
      "spec.HostIPC: Forbidden: when `hostUsers` is false",
    ],
    [
      {
        containers: [
          containerWith({ ports: [{ containerPort: 80, hostPort: 80 }] }),
          containerWith({ name: "b", ports: [{ containerPort: 8080, hostPort: 80 }] }),
        ],
      },
      'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"',
    ],
  ]);
});

test("a pod's own resources hold what its containers ask for", () => {
  const containers = [
    containerWith({ resources: { requests: { cpu: "2" }, limits: { cpu: "3" } } }),
  ];
  refuses([
    [
      { containers, resources: { requests: { cpu: "1" }, limits: { cpu: "2" } } },
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
      'spec.resources.containers[0][cpu].limits: Invalid value: "3": must be less than or equal to pod limits of 2',
    ],
    [
      { resources: { limits: { "example.com/gpu": "1" }, claims: [{ name: "a" }] } },
      "spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level",
      'spec.resources.limits[example.com/gpu]: Unsupported value: "example.com/gpu": supported values: "cpu", "hugepages-", "memory"',
    ],
  ]);
});

test("claims of resources name one source each", () => {
  refuses([
    [
      {
        resourceClaims: [
          { name: "a" },
          { name: "a", resourceClaimName: "c", resourceClaimTemplateName: "t" },
        ],
      },
      'spec.resourceClaims[0]: Invalid value: {"name":"a"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      'spec.resourceClaims[1].name: Duplicate value: "a"',
      'spec.resourceClaims[1]: Invalid value: {"name":"a","resourceClaimName":"c","resourceClaimTemplateName":"t"}: at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified',
    ],
    [
      { containers: [containerWith({ resources: { claims: [{ name: "a" }] } })] },
      'spec.containers[0].resources.claims[0]: Not found: "a": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
  ]);
});

test("an operating system rules out what it does not have", () => {
  refuses([
    [
      { os: { name: "plan9" } },
      'spec.os: Unsupported value: "plan9": supported values: "linux", "windows"',
    ],
    [{ os: {} }, "spec.os.name: Required value"],
    [
      { os: { name: "windows" }, hostPID: true, securityContext: { fsGroup: 1 } },
      "spec.hostPID: Forbidden: cannot be set for a windows pod",
      "spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod",
    ],
    [{ os: { name: "windows" }, hostPID: false, hostIPC: false }],
    [
      { os: { name: "linux" }, securityContext: { windowsOptions: {} } },
      "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
    ],
  ]);
});

test("annotations that mean something are checked", () => {
  const key = "container.apparmor.security.beta.kubernetes.io";
  const annotations = { [`${key}/web`]: "mine", [`${key}/other`]: "unconfined" };
  deepEqual(problemsOf(Pod, podWith({}, { annotations })), [
    `metadata.annotations[${key}/other]: Invalid value: "other": container not found`,
    `metadata.annotations[${key}/web]: Invalid value: "mine": invalid AppArmor profile name: "mine"`,
  ]);
});

test("static pods have no claims", () => {
  const annotations = { "kubernetes.io/config.mirror": "a" };
  const resourceClaims = [{ name: "a", resourceClaimName: "c" }];
  deepEqual(problemsOf(Pod, podWith({ nodeName: "n", resourceClaims }, { annotations })), [
    "[]: Forbidden: static pods do not support resource claims",
  ]);
});

test("images have no space around them", () => {
  refuses([
    [
      { containers: [containerWith({ image: " nginx" })] },
      'spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace',
    ],
  ]);
});
