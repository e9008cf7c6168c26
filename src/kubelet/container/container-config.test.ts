import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { containerWith, podWith } from "../pod/testing.ts";
import { containerConfig, type ContainerFacts } from "./container-config.ts";
import { dnsOf, parseResolvConf } from "./dns.ts";
import { hostNameOf, hostsFile } from "./host-names.ts";
import { containerAnnotations, notesOf } from "./labels.ts";
import { devicesOf, mountOf, plannedMounts } from "./mounts.ts";
import {
  burstableShares,
  containerResources,
  oomScore,
  podGroupLimits,
  podGroupPath,
} from "./resources.ts";
import { sandboxConfig } from "./sandbox-config.ts";
import { containerSecurity, sandboxSecurity } from "./security.ts";

const machine = { memoryBytes: 8 * 1_024 ** 3, cgroupVersion: 1 } as const;

const requests = (cpu: string, memory: string) => ({ requests: { cpu, memory } });

test("command and arguments know the environment", () => {
  const container = containerWith("app", { command: ["run", "$(A)"], args: ["$(B)"], tty: true });
  const facts: ContainerFacts = {
    pod: podWith(),
    container,
    attempt: 2,
    imageRef: "sha256:1",
    imageUser: { username: "" },
    environment: new Map([["A", "x"]]),
    mounts: [],
    devices: [],
    machine,
    seccompFolder: "/seccomp",
  };
  const config = containerConfig(facts);
  deepEqual([config.command, config.args], [["run", "x"], ["$(B)"]]);
  deepEqual([config.logPath, config.tty, config.metadata.attempt], ["app/2.log", true, 2]);
  equal(config.labels["io.kubernetes.container.name"], "app");
});

test("what a restarted kubelet needs is written on the container", () => {
  const preStop = { exec: { command: ["bye"] } };
  const container = containerWith("app", {
    lifecycle: { preStop },
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "FallbackToLogsOnError",
  });
  const pod = podWith({ terminationGracePeriodSeconds: 12 });
  const notes = notesOf(containerAnnotations(pod, container, 3));
  deepEqual(
    [notes.restartCount, notes.fallsBackToLogs, notes.preStop, notes.graceSeconds],
    [3, true, preStop, 12],
  );
});

test("requests and limits become shares, quota and bytes", () => {
  const resources = { requests: { cpu: "250m" }, limits: { cpu: "500m", memory: "64Mi" } };
  const { oomScoreAdj: _, ...set } = containerResources(
    podWith(),
    containerWith("app", { resources }),
    machine,
  );
  deepEqual(set, {
    cpuShares: 256,
    cpuQuota: 50_000,
    cpuPeriod: 100_000,
    memoryLimitInBytes: 64 * 1_024 ** 2,
  });
  const only = containerWith("app", { resources: { limits: { cpu: "1" } } });
  equal(containerResources(podWith(), only, machine).cpuShares, 1_024);
  equal(containerResources(podWith(), containerWith("app"), machine).cpuShares, 2);
});

test("who asks for least dies first", () => {
  const score = (...containers: ReturnType<typeof containerWith>[]) =>
    oomScore(podWith({ containers }), containers[0] ?? containerWith("app"), machine);
  equal(score(containerWith("app")), 1_000);
  equal(score(containerWith("app", { resources: requests("1", "4Gi") })), 500);
  equal(score(containerWith("app", { resources: requests("1", "1Ki") })), 999);
  const all = { cpu: "1", memory: "1Gi" };
  equal(score(containerWith("app", { resources: { requests: all, limits: all } })), -997);
  const sidecar = containerWith("proxy", {
    restartPolicy: "Always",
    resources: requests("1", "1Mi"),
  });
  const main = containerWith("app", { resources: requests("1", "4Gi") });
  const pod = podWith({ initContainers: [sidecar], containers: [main] });
  equal(oomScore(pod, sidecar, machine), 500);
});

test("a pod's group is limited where every container is", () => {
  const limited = containerWith("a", {
    resources: { limits: { cpu: "1", memory: "1Gi" }, ...requests("1", "1Gi") },
  });
  const open = containerWith("b", { resources: requests("500m", "1Gi") });
  deepEqual(podGroupLimits(podWith({ containers: [limited] })), {
    cpuShares: 1_024,
    cpuQuota: 100_000,
    cpuPeriod: 100_000,
    memoryBytes: 1_024 ** 3,
  });
  deepEqual(podGroupLimits(podWith({ containers: [limited, open] })), { cpuShares: 1_536 });
  deepEqual(podGroupLimits(podWith()), { cpuShares: 2 });
  equal(podGroupPath(podWith(), "/kubepods"), "/kubepods/besteffort/podu1");
  equal(podGroupPath(podWith({ containers: [limited] }), "/kubepods"), "/kubepods/podu1");
  equal(podGroupPath(podWith({ containers: [open] }), "/kubepods"), "/kubepods/burstable/podu1");
  equal(
    burstableShares([podWith({ containers: [open] }), podWith({ containers: [limited] })]),
    512,
  );
});

const security = (
  own: object,
  ofPod: object = {},
  imageUser: { uid?: number; username: string } = { username: "" },
) => {
  const container = containerWith("app", { securityContext: own });
  const pod = podWith({ securityContext: ofPod, containers: [container] });
  return containerSecurity({ pod, container, imageUser, seccompFolder: "/seccomp" });
};

test("a container's own security settings come before the pod's", () => {
  const set = security(
    { runAsUser: 5, readOnlyRootFilesystem: true, capabilities: { add: ["NET_ADMIN"] } },
    { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4] },
  );
  deepEqual(
    [set.runAsUser, set.runAsGroup, set.supplementalGroups],
    [{ value: 5 }, { value: 2 }, [4, 3]],
  );
  deepEqual([set.readonlyRootfs, set.capabilities?.addCapabilities], [true, ["NET_ADMIN"]]);
});

test("seccomp, privileges and masks", () => {
  equal(security({}).seccomp?.profileType, "Unconfined");
  equal(
    security({}, { seccompProfile: { type: "RuntimeDefault" } }).seccomp?.profileType,
    "RuntimeDefault",
  );
  const local = { seccompProfile: { type: "Localhost", localhostProfile: "x.json" } };
  equal(security(local).seccomp?.localhostRef, "/seccomp/x.json");
  deepEqual(
    [security({}).noNewPrivs, security({ allowPrivilegeEscalation: false }).noNewPrivs],
    [false, true],
  );
  deepEqual(
    [security({}).maskedPaths.length > 0, security({ privileged: true }).maskedPaths],
    [true, []],
  );
});

for (const [what, own, imageUser, problem] of [
  ["an image that names nobody", {}, { username: "" }, /image will run as root/],
  ["a root image", {}, { uid: 0, username: "" }, /image will run as root/],
  ["a user with a name", {}, { username: "app" }, /non-numeric user \(app\)/],
  ["user 0", { runAsUser: 0 }, { username: "" }, /runAsUser breaks non-root policy/],
] as const) {
  test(`runAsNonRoot refuses ${what}`, () => {
    throws(() => security({ ...own, runAsNonRoot: true }, {}, imageUser), problem);
  });
}

test("runAsNonRoot accepts a user who is not root", () => {
  deepEqual(security({ runAsNonRoot: true }, {}, { uid: 7, username: "" }).runAsUser, { value: 7 });
});

test("a sandbox is privileged when one of its containers is", () => {
  const container = containerWith("app", { securityContext: { privileged: true } });
  equal(sandboxSecurity(podWith({ containers: [container] }), "/").privileged, true);
  equal(sandboxSecurity(podWith(), "/").privileged, false);
});

const dns = {
  clusterServers: ["10.96.0.10"],
  clusterDomain: "cluster.local",
  node: { servers: ["1.1.1.1"], searches: ["lan"], options: ["timeout:1"] },
};

for (const [policy, hostNetwork, servers] of [
  ["ClusterFirst", false, ["10.96.0.10"]],
  ["ClusterFirst", true, ["1.1.1.1"]],
  ["ClusterFirstWithHostNet", true, ["10.96.0.10"]],
  ["Default", false, ["1.1.1.1"]],
  ["None", false, []],
] as const) {
  test(`DNS policy ${policy}${hostNetwork ? " in the node's network" : ""}`, () => {
    deepEqual(dnsOf(podWith({ dnsPolicy: policy, hostNetwork }), dns).servers, servers);
  });
}

test("a pod adds to its DNS configuration, and replaces options of the same name", () => {
  const dnsConfig = {
    nameservers: ["9.9.9.9", "10.96.0.10"],
    searches: ["mine"],
    options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
  };
  deepEqual(dnsOf(podWith({ dnsConfig }), dns), {
    servers: ["10.96.0.10", "9.9.9.9"],
    searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "lan", "mine"],
    options: ["ndots:2", "edns0"],
  });
});

test("resolv.conf is read as the C library does", () => {
  const text = "# x\nnameserver 1.2.3.4\ndomain old\nsearch a b.\noptions ndots:1 rotate\n";
  deepEqual(parseResolvConf(text), {
    servers: ["1.2.3.4"],
    searches: ["a", "b"],
    options: ["ndots:1", "rotate"],
  });
});

test("a pod's own name", () => {
  const named = podWith({ hostname: "one", subdomain: "set" });
  deepEqual(hostNameOf(named, "cluster.local"), {
    host: "one",
    domain: "set.default.svc.cluster.local",
  });
  const full = podWith({ subdomain: "set", setHostnameAsFQDN: true });
  equal(hostNameOf(full, "c").host, "web.set.default.svc.c");
  const long = podWith({}, { name: `${"a".repeat(62)}-b` });
  equal(hostNameOf(long, "c").host, "a".repeat(62));
});

test("/etc/hosts names the pod, and its aliases", () => {
  const pod = podWith({
    subdomain: "set",
    hostAliases: [{ ip: "1.2.3.4", hostnames: ["x", "y"] }],
  });
  const facts = { pod, podIps: ["10.1.0.2"], clusterDomain: "c", nodeHosts: "" };
  const lines = hostsFile(facts).split("\n");
  equal(lines.includes("10.1.0.2\tweb.set.default.svc.c\tweb"), true);
  equal(lines.includes("1.2.3.4\tx\ty"), true);
  const inNode = podWith({ hostNetwork: true });
  const text = hostsFile({ ...facts, pod: inNode, nodeHosts: "127.0.0.1 n\n" });
  equal(text, "# Kubernetes-managed hosts file (host network).\n127.0.0.1 n\n");
});

test("a sandbox gets the node's ports that are asked for, unless it is in its network", () => {
  const container = containerWith("app", {
    ports: [{ containerPort: 80, hostPort: 8080, protocol: "TCP" }, { containerPort: 81 }],
  });
  const of = (hostNetwork: boolean) =>
    sandboxConfig({
      pod: podWith({ containers: [container], hostNetwork }),
      attempt: 0,
      logFolder: "/logs",
      cgroupParent: "/p",
      seccompFolder: "/s",
      dns,
    });
  deepEqual(of(false).portMappings, [
    { protocol: "TCP", containerPort: 80, hostPort: 8080, hostIp: "" },
  ]);
  deepEqual([of(true).portMappings, of(true).hostname], [[], ""]);
});

const volumes = new Map([["data", { path: "/v/data", isReadOnly: false }]]);
const mounts = (mount: object, environment = new Map<string, string>()) =>
  plannedMounts(
    containerWith("app", { volumeMounts: [{ name: "data", mountPath: "/d", ...mount }] }),
    volumes,
    environment,
  );

test("block devices go where they are wanted; a folder is no device", () => {
  const app = containerWith("app", { volumeDevices: [{ name: "disk", devicePath: "/dev/d" }] });
  const disk = { path: "/v/disk", isReadOnly: false, isDevice: true };
  deepEqual(devicesOf(app, new Map([["disk", disk]])), [
    { containerPath: "/dev/d", hostPath: "/v/disk", permissions: "mrw" },
  ]);
  throws(() => devicesOf(app, new Map([["disk", { path: "/v", isReadOnly: false }]])), {
    message: 'cannot find volume "disk" to pass into container "app"',
  });
});

test("mounts: read-only, propagation, paths below the volume", () => {
  const [plan] = mounts(
    { readOnly: true, mountPropagation: "HostToContainer", subPathExpr: "a/$(POD)" },
    new Map([["POD", "web"]]),
  );
  equal(plan?.subPath, "a/web");
  deepEqual(plan && mountOf(plan, "/v/data/a/web"), {
    containerPath: "/d",
    hostPath: "/v/data/a/web",
    readonly: true,
    propagation: "PROPAGATION_HOST_TO_CONTAINER",
  });
});

for (const [what, mount, message] of [
  ["a volume that is not there", { name: "none" }, /cannot find volume "none"/],
  ["a path out of the volume", { subPath: "../x" }, /must not contain '..'/],
  ["an absolute path", { subPath: "/x" }, /must not be an absolute path/],
  ["an unknown name", { subPathExpr: "$(NONE)" }, /missing value for "NONE"/],
] as const) {
  test(`a mount refuses ${what}`, () => {
    throws(() => mounts(mount), message);
  });
}
