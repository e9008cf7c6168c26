/** The whole kubelet with real containers, against an API of plain maps. */
import { deepEqual, doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import { readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { WebSocket } from "ws";
import { Lease } from "#api/coordination/lease.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { Secret } from "#api/core/secret.ts";
import { systemDisk } from "#host/disk.ts";
import { nodeName, serving, TestNode, until, untilAsync, whyNoContainerd } from "./real/testing.ts";
import { serveImage } from "./runtimes/testing.ts";
import { familiesIn } from "./server/testing.ts";

const cgroupRoot = "/k8ts-kubelet-test";

interface SummaryOfPod {
  readonly podRef: { readonly name: string };
  readonly network: { readonly rxBytes: number };
  readonly process_stats: { readonly process_count: number };
  readonly "ephemeral-storage": { readonly usedBytes: number };
  readonly volume: readonly { readonly usedBytes: number }[];
  readonly containers: readonly {
    readonly cpu: { readonly usageNanoCores: number };
    readonly memory: { readonly rssBytes: number };
    readonly rootfs: { readonly usedBytes: number; readonly capacityBytes: number };
    readonly logs: { readonly usedBytes: number };
  }[];
}

describe("a kubelet with real containers", { skip: whyNoContainerd() }, () => {
  let node: TestNode;
  let containerd: TestNode["containerd"];
  let runtime: TestNode["runtime"];
  let client: TestNode["client"];

  before(async () => {
    node = await TestNode.start({ cgroupRoot });
    ({ containerd, runtime, client } = node);
  });

  after(() => node[Symbol.asyncDispose]());

  const begin = (): void => node.begin();
  const end = (): Promise<void> => node.end();
  const create: TestNode["create"] = (...pod) => node.create(...pod);
  const find: TestNode["find"] = (name) => node.find(name);
  const statusOf = (name: string) => node.find(name)?.status.containerStatuses?.[0];
  const isReady: TestNode["isReady"] = (name) => node.isReady(name);
  const remove: TestNode["remove"] = (...pod) => node.remove(...pod);
  const exec = (name: string, script: string): Promise<string> => node.exec(name, script);
  const ask: TestNode["ask"] = (path) => node.ask(path);

  const writing = (name: string, script: string) => ({
    name,
    image: containerd.image,
    command: ["sh", "-c", script],
    volumeMounts: shared,
    resources: {},
  });

  test("registers its node, which is Ready once it has a network, and has a lease", async () => {
    await until(() => node.nodeCondition?.status === "False", "the node is not Ready");
    match(node.nodeCondition?.message ?? "", /NetworkReady=false.*cni plugin not initialized/);
    await node.connect("10.222.0.0/24");
    const [registered] = client.all(Node);
    equal(registered?.metadata.labels?.["kubernetes.io/os"], "linux");
    match(registered?.status.nodeInfo.containerRuntimeVersion ?? "", /^containerd:\/\//);
    ok(Number(registered?.status.allocatable?.["pods"]) > 0);
    await until(() => client.all(Lease).length === 1, "there is a lease");
    equal(client.all(Lease)[0]?.spec.holderIdentity, nodeName);
  });

  test("runs a pod with everything in place, and tells all about it", async () => {
    await client.create(ConfigMap, {
      metadata: { namespace: "default", name: "settings" },
      data: { mode: "first" },
    });
    await client.create(Secret, {
      metadata: { namespace: "default", name: "key" },
      data: { key: Buffer.from("hidden").toString("base64") },
    });
    await create(
      "web",
      {
        command: serving,
        env: [
          { name: "MODE", valueFrom: { configMapKeyRef: { name: "settings", key: "mode" } } },
          { name: "IP", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } } },
          { name: "TEXT", value: "$(MODE) at $(IP)" },
        ] as never,
        volumeMounts: [
          { name: "settings", mountPath: "/settings" },
          { name: "key", mountPath: "/key", readOnly: true },
          { name: "token", mountPath: "/token" },
          { name: "scratch", mountPath: "/scratch" },
        ],
        resources: { limits: { memory: "64Mi", cpu: "500m" }, requests: { cpu: "250m" } },
      },
      {
        volumes: [
          { name: "settings", configMap: { name: "settings" } },
          { name: "key", secret: { secretName: "key", defaultMode: 0o400 } },
          { name: "token", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
          { name: "scratch", emptyDir: {} },
        ] as never,
        securityContext: { fsGroup: 2_000 },
      },
    );
    await until(() => isReady("web"), "web is Ready");
    const { status } = find("web") ?? {};
    equal(status?.phase, "Running");
    equal(status?.qosClass, "Burstable");
    match(status?.podIP ?? "", /^10\.222\.0\./);
    deepEqual(
      (await exec("web", "cat /settings/mode /key/key /token/token; echo; echo $TEXT")).split("\n"),
      ["firsthiddenthe-token", `first at ${status?.podIP}`],
    );
    deepEqual((await exec("web", "stat -c '%a %g' /scratch -L /key/key")).split("\n"), [
      "2777 2000",
      "440 2000",
    ]);
    match(await exec("web", "cat /etc/hosts"), new RegExp(`${status?.podIP}\\tweb`));
    equal(await exec("web", "hostname; id -G").then((text) => text.split("\n")[0]), "web");
    equal(await exec("web", "echo $KUBERNETES_SERVICE_HOST"), "10.96.0.1");
    const memory = "/sys/fs/cgroup/memory";
    const limit = await systemDisk.read(
      `${memory}${cgroupRoot}/burstable/pod${find("web")?.metadata.uid}/memory.limit_in_bytes`,
    );
    if (limit) equal(new TextDecoder().decode(limit).trim(), String(64 * 1_024 * 1_024));
    const texts = node.eventsOf("web");
    deepEqual(
      texts.map((text) => text.split(" ")[0]),
      ["Pulled", "Created", "Started"],
    );
  });

  test("a changed ConfigMap reaches the running pod", async () => {
    const [settings] = client.all(ConfigMap);
    ok(settings);
    await client.update(ConfigMap, { ...settings, data: { mode: "second" } });
    await untilAsync(
      async () => (await exec("web", "cat /settings/mode")) === "second",
      "the pod sees it",
    );
  });

  test("exec goes through the kubelet's own server", async () => {
    const path = `/exec/default/web/app?command=echo&command=hello&output=1`;
    const url = `ws://127.0.0.1:${node.port}${path}`;
    const socket = new WebSocket(url, "v4.channel.k8s.io");
    const frames: Buffer[] = [];
    socket.on("message", (data: Buffer) => frames.push(data));
    await new Promise((resolve, reject) => socket.on("close", resolve).on("error", reject));
    const output = frames.filter((frame) => frame[0] === 1).map((frame) => frame.subarray(1));
    equal(Buffer.concat(output).toString(), "hello\n");
  });

  test("logs are served: all of them, the end of them, and as they are written", async () => {
    await create(
      "talker",
      {
        command: ["sh", "-c", "for i in 1 2 3; do echo line $i; done; sleep 1; echo last; exit 0"],
      },
      { restartPolicy: "Never" },
    );
    await until(() => statusOf("talker")?.state.running !== undefined, "talker runs");
    const path = "/containerLogs/default/talker/app";
    equal(await ask(`${path}?follow=true`), "line 1\nline 2\nline 3\nlast\n");
    await until(() => find("talker")?.status.phase === "Succeeded", "talker is done");
    equal(await ask(`${path}?tailLines=2`), "line 3\nlast\n");
    equal(await ask(`${path}?limitBytes=6`), "line 1");
    match(await ask(`${path}?timestamps=true&tailLines=1`), /^20\d\d-.*Z last\n$/);
    match(await ask("/containerLogs/default/talker/other"), /container "other" not found in pod/);
    await remove("talker");
  });

  test("a container that is killed is started again", async () => {
    const killed = statusOf("web")?.containerID ?? "";
    await runtime.stopContainer(killed.replace("containerd://", ""), 0);
    await until(() => statusOf("web")?.restartCount === 1 && isReady("web"), "web is back");
    notEqual(statusOf("web")?.containerID, killed);
    equal(statusOf("web")?.lastState.terminated?.exitCode, 137);
  });

  test("a kubelet that dies and returns finds its containers and lets them run", async () => {
    const known = statusOf("web");
    await end();
    begin();
    await until(() => node.isNodeReady, "the node is Ready");
    await wait(500);
    deepEqual(statusOf("web"), known);
    equal(await exec("web", "cat /settings/mode"), "second");
  });

  test("a kubelet that dies while a pod starts brings it up when it returns", async () => {
    for (const delayMs of [30, 90, 150]) {
      const name = `interrupted-${delayMs}`;
      await create(name, { command: serving });
      await wait(delayMs);
      await end();
      begin();
      await until(() => isReady(name), `${name} is Ready`);
      const runs = (await runtime.listContainers()).filter(
        ({ labels, state }) => labels["io.kubernetes.pod.name"] === name && state === "running",
      );
      equal(runs.length, 1, `${name} runs once`);
      await remove(name);
    }
  });

  test("a pod that was deleted while the kubelet was away is stopped", async () => {
    await create("abandoned", { command: serving });
    await until(() => isReady("abandoned"), "abandoned is Ready");
    await end();
    await client.delete(
      Pod,
      { namespace: "default", name: "abandoned" },
      { gracePeriodSeconds: 0 },
    );
    begin();
    await untilAsync(async () => {
      const left = await runtime.listSandboxes();
      return left.every(({ metadata }) => metadata.name !== "abandoned");
    }, "nothing is left of it");
  });

  test("says why a container ended: its own words, its exit code, memory", async () => {
    const script = "echo goodbye > /dev/termination-log; exit 5";
    await create("short", { command: ["sh", "-c", script] }, { restartPolicy: "Never" });
    await create(
      "greedy",
      { command: ["sh", "-c", "tail /dev/zero"], resources: { limits: { memory: "16Mi" } } },
      { restartPolicy: "Never" },
    );
    await until(() => find("short")?.status.phase === "Failed", "short has failed");
    const short = statusOf("short")?.state.terminated;
    deepEqual([short?.exitCode, short?.reason, short?.message], [5, "Error", "goodbye\n"]);
    await until(() => find("greedy")?.status.phase === "Failed", "greedy has failed");
    equal(statusOf("greedy")?.state.terminated?.reason, "OOMKilled");
    await remove("short");
    await remove("greedy");
  });

  test("last words come from the file, and from the log only where it failed without any", async () => {
    const words = [
      ["silent", "echo output"],
      ["spoken", "echo output; echo -n OK > /dev/termination-log"],
      ["failed", "echo output; exit 1"],
      ["failed-and-spoken", "echo output; echo -n WHY > /dev/termination-log; exit 1"],
      ["elsewhere", "echo -n DONE > /dev/termination-custom-log"],
    ] as const;
    const containers = words.map(([name, script]) =>
      node.container(name, {
        command: ["sh", "-c", script],
        terminationMessagePolicy: "FallbackToLogsOnError",
        ...(name === "elsewhere"
          ? {
              securityContext: { runAsUser: 1_000 },
              terminationMessagePath: "/dev/termination-custom-log",
              terminationMessagePolicy: "File",
            }
          : {}),
      }),
    );
    await create("words", {}, { containers, restartPolicy: "Never" });
    await until(() => find("words")?.status.phase === "Failed", "all have ended");
    deepEqual(
      words.map(([name]) => node.statusOf("words", name)?.state.terminated?.message),
      [undefined, "OK", "output\n", "WHY", "DONE"],
    );
    await remove("words");
  });

  test("what cannot run says so", async () => {
    await create("no-command", { command: ["/no/such/program"] });
    await create("no-secret", { envFrom: [{ secretRef: { name: "none" } }] });
    await create("no-image", { image: "localhost:1/no/such:image" });
    const waiting = (name: string): string | undefined => statusOf(name)?.state.waiting?.reason;
    await until(() => waiting("no-command") === "CrashLoopBackOff", "no-command backs off");
    equal(statusOf("no-command")?.lastState.terminated?.reason, "StartError");
    await until(() => waiting("no-secret") === "CreateContainerConfigError", "no-secret waits");
    equal(statusOf("no-secret")?.state.waiting?.message, 'secret "none" not found');
    await until(() => waiting("no-image") === "ImagePullBackOff", "no-image backs off");
    for (const name of ["no-command", "no-secret", "no-image"]) await remove(name);
  });

  test("probes decide who is ready", async () => {
    await create("served", {
      command: [
        "sh",
        "-c",
        "sleep 0.3; mkdir /www; echo ok > /www/health; exec httpd -f -p 8080 -h /www",
      ],
      readinessProbe: { httpGet: { path: "/health", port: 8_080 }, periodSeconds: 1 },
      livenessProbe: { tcpSocket: { port: 8_080 }, periodSeconds: 1 },
    });
    await until(() => isReady("served"), "served is Ready");
    await exec("served", "rm /www/health");
    await until(() => !isReady("served"), "served is not Ready any more");
    ok(
      node
        .eventsOf("served")
        .includes("Unhealthy Readiness probe failed: HTTP probe failed with statuscode: 404"),
    );
    const counted = await ask("/metrics/probes");
    for (const result of ["successful", "failed"])
      match(
        counted,
        new RegExp(`probe_type="Readiness",result="${result}",container="app",pod="served"`),
      );
    await remove("served", 2);
  });

  test("the stop hook runs before the signal", async () => {
    await create("polite", {
      command: [
        "sh",
        "-c",
        "trap 'cat /tmp/hook > /dev/termination-log; exit 0' TERM; while true; do sleep 0.05; done",
      ],
      lifecycle: { preStop: { exec: { command: ["sh", "-c", "echo hooked > /tmp/hook"] } } },
    });
    await until(() => isReady("polite"), "polite is Ready");
    const uid = find("polite")?.metadata.uid;
    let last: Pod | undefined;
    await client.delete(Pod, { namespace: "default", name: "polite" }, { gracePeriodSeconds: 10 });
    await until(() => {
      last = find("polite") ?? last;
      return find("polite") === undefined;
    }, "polite is deleted");
    equal(last?.metadata.uid, uid);
    const ended = last?.status.containerStatuses?.[0]?.state.terminated;
    deepEqual([ended?.exitCode, ended?.message], [0, "hooked\n"]);
  });

  test("containers start in their order, and sidecars stay", async () => {
    await create(
      "ordered",
      { command: ["sh", "-c", "cat /shared/order; sleep 0.2"], volumeMounts: shared },
      {
        restartPolicy: "Never",
        volumes: [{ name: "shared", emptyDir: { medium: "Memory" } }] as never,
        initContainers: [
          writing("first", "echo first >> /shared/order"),
          {
            ...writing("side", "echo side >> /shared/order; touch /tmp/up; exec sleep 1000"),
            restartPolicy: "Always",
            startupProbe: { exec: { command: ["test", "-e", "/tmp/up"] }, periodSeconds: 1 },
          },
          writing("second", "echo second >> /shared/order"),
        ] as never,
      },
    );
    await until(() => find("ordered")?.status.phase === "Succeeded", "ordered is done");
    equal(await ask("/containerLogs/default/ordered/app"), "first\nside\nsecond\n");
    const side = find("ordered")?.status.initContainerStatuses?.[1];
    ok(side?.state.terminated, "the sidecar is stopped after the others");
    await remove("ordered");
  });

  test("namespaces are shared as the pod says", async () => {
    const look = "readlink /proc/self/ns/net; hostname; cat /proc/1/comm";
    await create("at-host", { command: serving }, { hostNetwork: true, dnsPolicy: "Default" });
    await create("together", { command: serving }, { shareProcessNamespace: true });
    await until(() => isReady("at-host") && isReady("together"), "both are Ready");
    const [net, name] = (await exec("at-host", look)).split("\n");
    equal(net, await readlink("/proc/self/ns/net"));
    equal(name, hostname());
    equal(find("at-host")?.status.podIP, find("at-host")?.status.hostIP);
    notEqual((await exec("together", look)).split("\n")[2], "sh");
    await Promise.all([remove("at-host"), remove("together")]);
  });

  test("what a process may do is as the pod says", async () => {
    const about = "grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; id -u; id -g";
    await create(
      "bounded",
      {
        command: ["sh", "-c", `${about}; touch /x || echo read-only`],
        securityContext: {
          runAsUser: 1_000,
          runAsGroup: 3_000,
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
          seccompProfile: { type: "RuntimeDefault" },
        },
      },
      { restartPolicy: "Never" },
    );
    await until(() => find("bounded")?.status.phase === "Succeeded", "bounded is done");
    const said = (await ask("/containerLogs/default/bounded/app"))
      .replaceAll("\t", " ")
      .split("\n");
    deepEqual(
      said.filter((line) => !line.startsWith("touch")),
      ["CapEff: 0000000000000000", "NoNewPrivs: 1", "Seccomp: 2", "1000", "3000", "read-only", ""],
    );
    await create("root", { command: serving, securityContext: { runAsNonRoot: true } });
    const waiting = (): string | undefined => statusOf("root")?.state.waiting?.message;
    await until(() => waiting() !== undefined && waiting() !== "", "root is refused");
    match(waiting() ?? "", /container has runAsNonRoot and image will run as root/);
    await Promise.all([remove("bounded"), remove("root")]);
  });

  test("a port of the host leads into the pod", async () => {
    await create("published", {
      command: ["sh", "-c", "mkdir /www; echo hi > /www/index.html; exec httpd -f -p 8080 -h /www"],
      ports: [{ containerPort: 8_080, hostPort: 28_080, protocol: "TCP" }],
      readinessProbe: { httpGet: { path: "/", port: 8_080 }, periodSeconds: 1 },
    });
    await until(() => isReady("published"), "published is Ready");
    const { hostIP } = find("published")?.status ?? {};
    const { body } = await node.http.call({ method: "GET", url: `http://${hostIP}:28080/` });
    equal(Buffer.concat(await Array.fromAsync(body)).toString(), "hi\n");
    const path = `/portForward/default/published?port=8080`;
    const url = `ws://127.0.0.1:${node.port}${path}`;
    const socket = new WebSocket(url, "v4.channel.k8s.io");
    const frames: Buffer[] = [];
    socket.on("message", (data: Buffer) => frames.push(data));
    socket.on("open", () =>
      socket.send(Buffer.concat([Buffer.from([0]), Buffer.from("GET / HTTP/1.0\r\n\r\n")])),
    );
    const answer = (): string =>
      Buffer.concat(frames.filter((f) => f[0] === 0).map((f) => f.subarray(1))).toString();
    await until(() => answer().includes("hi\n"), "the port answers");
    socket.terminate();
    await remove("published", 1);
  });

  test("a terminal can be attached to", async () => {
    await create("terminal", { command: ["sh"], stdin: true, tty: true });
    await until(() => isReady("terminal"), "terminal is Ready");
    const path = "/attach/default/terminal/app?input=1&output=1&tty=1";
    const socket = new WebSocket(`ws://127.0.0.1:${node.port}${path}`, "v4.channel.k8s.io");
    let said = "";
    socket.on("message", (data: Buffer) => (said += data.subarray(1).toString()));
    socket.on("open", () => socket.send(Buffer.from("\0echo $((20 + 22))\n")));
    await until(() => said.includes("42"), "it answers");
    socket.terminate();
    await remove("terminal", 1);
  });

  test("mounts and settings of every sort", async () => {
    const folder = `${containerd.folder}/on-the-host`;
    await systemDisk.makeFolder(`${folder}/inner`, 0o755);
    await create(
      "sorted",
      {
        command: serving,
        env: [{ name: "WHO", value: "me" }] as never,
        volumeMounts: [
          { name: "host", mountPath: "/host" },
          { name: "host", mountPath: "/inner", subPath: "inner", readOnly: true },
          { name: "host", mountPath: "/made", subPathExpr: "for-$(WHO)" },
          { name: "settings", mountPath: "/etc/mode", subPath: "mode" },
          { name: "about", mountPath: "/about" },
        ] as never,
        securityContext: { privileged: true },
        livenessProbe: { exec: { command: ["true"] }, periodSeconds: 1 },
      },
      {
        hostname: "other",
        hostAliases: [{ ip: "1.2.3.4", hostnames: ["far.away"] }],
        dnsPolicy: "None",
        dnsConfig: {
          nameservers: ["9.9.9.9"],
          searches: ["away"],
          options: [{ name: "ndots", value: "2" }],
        },
        securityContext: {
          supplementalGroups: [7_000],
          sysctls: [
            { name: "net.ipv4.ip_unprivileged_port_start", value: "80" },
            { name: "kernel/shm_rmid_forced", value: "1" },
          ],
        },
        volumes: [
          { name: "host", hostPath: { path: folder, type: "Directory" } },
          { name: "settings", configMap: { name: "settings" } },
          {
            name: "about",
            downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] },
          },
        ] as never,
      },
    );
    await until(() => isReady("sorted"), "sorted is Ready");
    const script = `
      hostname; cat /about/name; echo; cat /etc/mode; echo; cat /etc/resolv.conf
      grep far.away /etc/hosts; id -G; cat /proc/sys/net/ipv4/ip_unprivileged_port_start
      cat /proc/sys/kernel/shm_rmid_forced
      touch /inner/x 2> /dev/null || echo read-only; echo mine > /made/file; ls /host
      test -e /dev/kmsg && echo devices`;
    deepEqual((await exec("sorted", script)).split("\n"), [
      "other",
      "sorted",
      "second",
      "search away",
      "nameserver 9.9.9.9",
      "options ndots:2",
      "1.2.3.4\tfar.away",
      "0 7000",
      "80",
      "1",
      "read-only",
      "for-me",
      "inner",
      "devices",
    ]);
    equal(new TextDecoder().decode(await systemDisk.read(`${folder}/for-me/file`)), "mine\n");
    const pod = find("sorted");
    ok(pod);
    const debug = {
      name: "debug",
      image: containerd.image,
      targetContainerName: "app",
      resources: {},
      command: ["cat", "/proc/1/cmdline"],
    };
    await client.update(Pod, {
      ...pod,
      spec: { ...pod.spec, ephemeralContainers: [debug as never] },
    });
    await until(
      () => find("sorted")?.status.ephemeralContainerStatuses?.[0]?.state.terminated !== undefined,
      "debug is done",
    );
    match(await ask("/containerLogs/default/sorted/debug"), /^sh\0-c\0trap/);
    await remove("sorted", 1);
    equal(new TextDecoder().decode(await systemDisk.read(`${folder}/for-me/file`)), "mine\n");
  });

  test("an image is pulled with the credentials of the pod, and only with them", async () => {
    await using registry = await serveImage(containerd, { user: "me", password: "secret" });
    const spec = { image: registry.image, command: serving };
    await create("stranger", spec);
    const waiting = () => statusOf("stranger")?.state.waiting;
    await until(() => waiting()?.reason === "ErrImagePull", "a stranger gets nothing");
    match(waiting()?.message ?? "", /401 Unauthorized|authorization failed/);
    const auth = Buffer.from("me:secret").toString("base64");
    const config = JSON.stringify({ auths: { [registry.host]: { auth } } });
    await client.create(Secret, {
      metadata: { namespace: "default", name: "pull" },
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": Buffer.from(config).toString("base64") },
    });
    await create("friend", spec, { imagePullSecrets: [{ name: "pull" }] });
    await until(() => isReady("friend"), "a friend runs");
    const [, pulled = ""] = node.eventsOf("friend");
    match(
      pulled,
      /^Pulled Successfully pulled image "127[^"]+" in .+ \(.+ including waiting\). Image size: \d+ bytes\.$/,
    );
    match(statusOf("friend")?.imageID ?? "", /^127\.0\.0\.1:\d+\/app@sha256:[0-9a-f]{64}$/);
    await Promise.all([remove("stranger"), remove("friend", 1)]);
  });

  test("numbers are served", async () => {
    const summary = JSON.parse(await ask("/stats/summary")) as {
      readonly node: { readonly network: object; readonly runtime: object };
      readonly pods: readonly SummaryOfPod[];
    };
    ok(summary.node.network);
    ok(summary.node.runtime);
    const web = summary.pods.find(({ podRef }) => podRef.name === "web");
    ok(web && web.network.rxBytes > 0 && web.process_stats.process_count >= 2);
    ok(web["ephemeral-storage"].usedBytes > 0 && web.volume.length > 0);
    const [app] = web.containers;
    ok(app && app.cpu.usageNanoCores >= 0 && app.memory.rssBytes > 0);
    ok(app.rootfs.capacityBytes > app.rootfs.usedBytes && app.logs.usedBytes > 0);
    const numbers = await ask("/metrics");
    for (const line of [
      /^kubelet_node_name\{node=".+"\} 1$/m,
      /^kubelet_running_pods [1-9]\d*$/m,
      /^kubelet_running_containers\{container_state="running"\} [1-9]\d*$/m,
      /^kubelet_desired_pods\{static="false"\} [1-9]\d*$/m,
      /^kubelet_started_pods_total [1-9]\d*$/m,
      /^kubelet_started_containers_total\{container_type="container"\} [1-9]\d*$/m,
      /^kubelet_started_containers_errors_total\{container_type="container",code="ErrImagePull"\} [1-9]\d*$/m,
      /^kubelet_pod_start_duration_seconds_count [1-9]\d*$/m,
      /^kubelet_pod_worker_duration_seconds_count\{operation_type="create"\} [1-9]\d*$/m,
      /^kubelet_pleg_relist_duration_seconds_count [1-9]\d*$/m,
      /^kubelet_pleg_last_seen_seconds \d+\.?\d*$/m,
      /^kubelet_runtime_operations_total\{operation_type="run_podsandbox"\} [1-9]\d*$/m,
      /^kubelet_runtime_operations_errors_total\{operation_type="pull_image"\} [1-9]\d*$/m,
      /^kubelet_runtime_operations_duration_seconds_count\{operation_type="create_container"\} [1-9]\d*$/m,
      /^kubelet_http_requests_total\{long_running="false",method="GET",path="stats\/summary",server_type="readwrite"\} \d+$/m,
      /^storage_operation_duration_seconds_count\{volume_plugin="kubernetes.io\/empty-dir",operation_name="volume_mount",status="success",migrated="false"\} [1-9]\d*$/m,
      /^volume_manager_total_volumes\{plugin_name="kubernetes.io\/.+",state="actual_state_of_world"\} [1-9]\d*$/m,
      /^kubelet_task_duration_seconds_count\{task="runSandbox",/m,
    ])
      match(numbers, line);
    match(await ask("/metrics/resource"), /container_cpu_usage_seconds_total\{container="app",/);
    equal(await ask("/healthz"), "ok");
    match(await ask("/statusz"), /^\nkubelet statusz\n/);
    match(await ask("/flagz"), /^\nkubelet flagz\n/);
    match(await ask("/metrics/slis"), /^kubernetes_healthcheck\{name="ping",type="healthz"\} 1$/m);
    doesNotMatch(await ask("/metrics"), /kubernetes_healthcheck/);
  });

  test("a running pod's groups, network and disk are told of", async () => {
    const families = familiesIn(await ask("/metrics/cadvisor"));
    const of = (name: string, wanted: Readonly<Record<string, string>>): number => {
      const { samples = [] } = families.get(name) ?? {};
      const found = samples.filter(({ labels }) =>
        Object.entries(wanted).every(([label, value]) => labels[label] === value),
      );
      ok(found.length > 0, `${name} of ${JSON.stringify(wanted)}`);
      return found.reduce((sum, { value }) => sum + value, 0);
    };
    const app = { namespace: "default", pod: "web", container: "app" };
    ok(of("container_cpu_usage_seconds_total", app) > 0);
    ok(of("container_memory_working_set_bytes", app) > 0);
    ok(of("container_memory_failures_total", { ...app, failure_type: "pgfault" }) > 0);
    ok(of("container_processes", app) >= 1);
    ok(of("container_start_time_seconds", app) > 1e9);
    ok(of("container_fs_limit_bytes", app) > 0);
    ok(of("container_spec_cpu_shares", app) >= 2);
    const sandbox = { ...app, container: "POD", interface: "eth0" };
    ok(of("container_network_receive_bytes_total", sandbox) > 0);
    ok(of("container_cpu_usage_seconds_total", { ...app, container: "" }) > 0);
    ok(of("container_memory_usage_bytes", { id: "/" }) > 0);
    equal(of("container_scrape_error", {}), 0);
  });

  test("nothing is left of pods that are gone", async () => {
    await remove("web");
    await untilAsync(async () => {
      const left = await Promise.all([runtime.listContainers(), runtime.listSandboxes()]);
      return left.flat().length === 0;
    }, "the runtime is empty");
    await untilAsync(async () => {
      const folders = await Promise.all([
        systemDisk.list(`${containerd.folder}/kubelet/pods`),
        systemDisk.list(`${containerd.folder}/kubelet/memory/pods`),
        systemDisk.list(`${containerd.folder}/pod-logs`),
        systemDisk.list(`${containerd.folder}/links`),
      ]);
      return folders.flat().length === 0;
    }, "its folders are empty");
  });
});

const shared = [{ name: "shared", mountPath: "/shared" }];
