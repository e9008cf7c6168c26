/** What pods see of their node: the same whether its kubelet is whole or one of a crowd. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { Lease } from "#api/coordination/lease.ts";
import { Node } from "#api/core/node.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { minutes } from "#base/clock.ts";
import { podOf, storedBy, web } from "./test-manifests.ts";
import { at, eventsOf, list, readyOn } from "./looking.ts";
import { type ClusterOptions, createCluster } from "./testing.ts";

const kinds = ["whole", "light"] as const;

for (const kubelets of kinds) {
  const start = (options: ClusterOptions) => createCluster({ kubelets, ...options });

  test(`${kubelets} kubelets: the back-off of a container that crashes grows up to five minutes`, async () => {
    const crashes = { match: { image: "bad" }, startMs: 0, runsForMs: 1_000, exitCode: 3 };
    await using cluster = await start({ nodes: 1, behaviours: [crashes] });
    const startedAt = new Set<number>();
    void (async () => {
      for await (const { object } of cluster.watch(Pod)) {
        const { state } = object.status.containerStatuses?.[0] ?? {};
        const time = state?.running?.startedAt ?? state?.terminated?.startedAt;
        if (time) startedAt.add(Date.parse(time));
      }
    })();
    await cluster.apply(podOf("crasher", { image: "bad:1" }));
    await cluster.clock.advance("40 minutes");
    const times = [...startedAt].toSorted((a, b) => a - b);
    const pauses = times.slice(1).map((time, i) => Math.round((time - (times[i] ?? 0)) / 1_000));
    deepEqual(
      pauses.slice(0, 8).map((pause) => Math.round(pause / 10) * 10),
      [0, 10, 20, 40, 80, 160, 300, 300],
    );
    const { status } = await cluster.client.get(Pod, at("crasher"));
    const [container] = status.containerStatuses ?? [];
    equal(container?.state.waiting?.reason, "CrashLoopBackOff");
    equal(container?.lastState.terminated?.exitCode, 3);
  });

  test(`${kubelets} kubelets: images do not run as root unless a rule says so`, async () => {
    const rootly = { match: { image: "rootly" }, imageUser: 0 };
    await using cluster = await start({ nodes: 1, behaviours: [rootly] });
    const securityContext = { runAsNonRoot: true };
    await cluster.apply(podOf("modest", { image: "web:1", securityContext }));
    await cluster.apply(podOf("mighty", { image: "rootly:1", securityContext }));
    await cluster.clock.advance("1 minute");
    equal(isPodReady(await cluster.client.get(Pod, at("modest"))), true);
    const { status } = await cluster.client.get(Pod, at("mighty"));
    const waiting = status.containerStatuses?.[0]?.state.waiting;
    equal(waiting?.reason, "CreateContainerConfigError");
    match(waiting?.message ?? "", /^container has runAsNonRoot and image will run as root /);
  });

  test(`${kubelets} kubelets: a storage driver that the cluster knows does its work at once`, async () => {
    await using cluster = await start({ nodes: 2 });
    for (const object of storedBy("disk.example.com")) await cluster.apply(object);
    await cluster.idle();
    equal(isPodReady(await cluster.client.get(Pod, at("db"))), true);
    const attached = async (): Promise<readonly boolean[]> =>
      (await cluster.client.list(VolumeAttachment)).items.map(({ status }) => status.attached);
    deepEqual(await attached(), [true]);
    await cluster.client.delete(Pod, at("db"));
    await cluster.idle();
    deepEqual(await attached(), []);
  });

  test(`${kubelets} kubelets: a pod is resized where it runs, now, later or never`, async () => {
    await using cluster = await start({ nodes: [{ capacity: { cpu: "4" } }] });
    const asking = (cpu: string) => ({ resources: { requests: { cpu } } });
    for (const [name, cpu] of [
      ["small", "1"],
      ["large", "2"],
    ] as const)
      await cluster.apply(podOf(name, asking(cpu)));
    await cluster.idle();
    const resize = async (name: string, cpu: string): Promise<void> => {
      const spec = { containers: [{ name: "app", ...asking(cpu) }] };
      await cluster.client.patch(
        Pod,
        { ...at(name), subresource: "resize" },
        { is: "strategic", change: { spec } },
      );
      await cluster.idle();
    };
    const has = async (name: string): Promise<unknown> => {
      const { status } = await cluster.client.get(Pod, at(name));
      const [app] = status.containerStatuses ?? [];
      const pending = findCondition(status.conditions ?? [], "PodResizePending");
      return [app?.resources?.requests?.["cpu"], app?.restartCount, pending?.reason];
    };
    await resize("small", "1500m");
    deepEqual(await has("small"), ["1500m", 0, undefined]);
    await resize("small", "3");
    deepEqual(await has("small"), ["1500m", 0, "Deferred"]);
    await resize("large", "500");
    deepEqual(await has("large"), ["2", 0, "Infeasible"]);
    await cluster.client.delete(Pod, at("large"));
    await cluster.idle();
    deepEqual(await has("small"), ["3", 0, undefined]);
    deepEqual(
      (await eventsOf(cluster, "small")).filter((reason) => reason.startsWith("Resize")).toSorted(),
      ["ResizeCompleted", "ResizeCompleted", "ResizeDeferred", "ResizeStarted", "ResizeStarted"],
    );
  });

  test(`${kubelets} kubelets: a resize that waits for room happens as soon as another pod shrinks or ends`, async () => {
    const ends = { match: { image: "ends" }, runsForMs: minutes(10) };
    await using cluster = await start({ nodes: [{ capacity: { cpu: "4" } }], behaviours: [ends] });
    const asking = (cpu: string) => ({ resources: { requests: { cpu } } });
    const worker = { ...asking("1"), restartPolicy: "Never", image: "ends" };
    await cluster.apply([podOf("waits", asking("1")), podOf("other", asking("2"))]);
    await cluster.apply(podOf("worker", worker));
    await cluster.clock.advance("1 minute");
    const resize = async (name: string, cpu: string): Promise<void> => {
      const change = { spec: { containers: [{ name: "app", ...asking(cpu) }] } };
      const target = { ...at(name), subresource: "resize" } as const;
      await cluster.client.patch(Pod, target, { is: "strategic", change });
      await cluster.clock.advance("2s");
    };
    const has = async (): Promise<unknown> => {
      const { status } = await cluster.client.get(Pod, at("waits"));
      return status.containerStatuses?.[0]?.resources?.requests?.["cpu"];
    };
    await resize("waits", "2");
    equal(await has(), "1");
    await resize("other", "1");
    equal(await has(), "2");
    await resize("waits", "3");
    equal(await has(), "2");
    const { metadata } = await cluster.client.get(Pod, at("worker"));
    const endsMs = Date.parse(metadata.creationTimestamp ?? "") + minutes(10);
    await cluster.clock.advance(endsMs - cluster.clock.now() - 1_000);
    equal(await has(), "2");
    await cluster.clock.advance("5s");
    equal(await has(), "3");
  });

  test(`${kubelets} kubelets: the pods of a node that is switched off run elsewhere after five minutes`, async () => {
    await using cluster = await start({ nodes: 3 });
    await cluster.apply(web({ replicas: 3 }));
    await cluster.idle();
    await cluster.nodes[0]?.stop();
    await cluster.clock.advance("1 minute");
    const { status, spec } = await cluster.client.get(Node, { name: "node-1" });
    equal(findCondition(status.conditions ?? [], "Ready")?.status, "Unknown");
    deepEqual(
      spec.taints?.map(({ key, effect }) => `${key}:${effect}`),
      ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"],
    );
    await cluster.clock.advance("4 minutes");
    const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
    equal((await list(cluster, Pod)).some(isLeaving), false);
    await cluster.clock.advance("2 minutes");
    const pods = await list(cluster, Pod);
    deepEqual(
      pods.filter(isLeaving).map(({ spec: { nodeName } }) => nodeName),
      ["node-1"],
    );
    deepEqual(new Set(await readyOn(cluster)), new Set(["node-2", "node-3"]));
    equal((await readyOn(cluster)).length, 3);

    cluster.nodes[0]?.start();
    await cluster.idle();
    equal((await list(cluster, Pod)).some(isLeaving), false);
    const back = await cluster.client.get(Node, { name: "node-1" });
    equal(findCondition(back.status.conditions ?? [], "Ready")?.status, "True");
    equal(back.spec.taints, undefined);
  });

  test(`${kubelets} kubelets: pods of a node that comes back soon are started again where they were`, async () => {
    await using cluster = await start({ nodes: 1 });
    await cluster.apply(
      podOf("stays", { ports: [80], readinessProbe: { tcpSocket: { port: 80 } } }),
    );
    await cluster.idle();
    const before = await cluster.client.get(Pod, at("stays"));
    await cluster.nodes[0]?.stop();
    equal(cluster.nodes[0]?.isOn, false);
    await cluster.clock.advance("20s");
    cluster.nodes[0]?.start();
    await cluster.idle();
    const after = await cluster.client.get(Pod, at("stays"));
    equal(after.metadata.uid, before.metadata.uid);
    equal(after.status.containerStatuses?.[0]?.restartCount, 1);
    ok(isPodReady(after));
  });

  test(`${kubelets} kubelets: a container that is to end ends, with the exit code of its turn`, async () => {
    const work = { match: { labels: { app: "work" } }, runsForMs: minutes(5), exitCode: [1, 0] };
    await using cluster = await start({ nodes: 1, behaviours: [work] });
    await cluster.apply(podOf("once", { labels: { app: "work" }, restartPolicy: "OnFailure" }));
    await cluster.clock.advance("9 minutes");
    equal((await cluster.client.get(Pod, at("once"))).status.phase, "Running");
    await cluster.clock.advance("2 minutes");
    const { phase, containerStatuses: [container] = [] } = (
      await cluster.client.get(Pod, at("once"))
    ).status;
    deepEqual(
      [phase, container?.restartCount, container?.state.terminated?.reason],
      ["Succeeded", 1, "Completed"],
    );
  });

  test(`${kubelets} kubelets: probes fail while the rules say so, and a liveness probe restarts the container`, async () => {
    await using cluster = await start({ nodes: 1 });
    const httpGet = { path: "/healthz", port: 8080 };
    await cluster.apply(podOf("probed", { readinessProbe: { httpGet }, ports: [8080] }));
    await cluster.idle();
    deepEqual(await readyOn(cluster), ["node-1"]);
    {
      using _broken = cluster.behaviours.add({ match: { container: "app" }, ready: false });
      await cluster.clock.advance("1 minute");
      deepEqual(await readyOn(cluster), []);
    }
    await cluster.clock.advance("1 minute");
    deepEqual(await readyOn(cluster), ["node-1"]);

    cluster.behaviours.add({ match: { image: "sick" }, unhealthyAfterMs: minutes(2) });
    await cluster.apply(podOf("sick", { image: "sick:1", livenessProbe: { httpGet } }));
    await cluster.clock.advance("4 minutes");
    const { status } = await cluster.client.get(Pod, at("sick"));
    equal(status.containerStatuses?.[0]?.restartCount, 1);
    ok((await eventsOf(cluster, "sick")).includes("Unhealthy"));
  });

  test(`${kubelets} kubelets: an image that cannot be pulled shows in the pod`, async () => {
    const pullError = "no such image";
    await using cluster = await start({
      nodes: 1,
      behaviours: [{ match: { image: "gone" }, pullError }],
    });
    await cluster.apply(podOf("waits", { image: "gone" }));
    await cluster.idle({ quiet: "1s" });
    const { status } = await cluster.client.get(Pod, at("waits"));
    match(
      status.containerStatuses?.[0]?.state.waiting?.reason ?? "",
      /^(ErrImagePull|ImagePullBackOff)$/,
    );
    ok((await eventsOf(cluster, "waits")).includes("Failed"));
  });

  test(`${kubelets} kubelets: a pod that ignores requests to stop is killed when its time is over`, async () => {
    const stubborn = { match: { image: "stubborn" }, stopsAfterMs: Infinity };
    await using cluster = await start({ nodes: 1, behaviours: [stubborn] });
    await cluster.apply([podOf("slow", { image: "stubborn" }), podOf("quick", {})]);
    await cluster.idle();
    for (const name of ["slow", "quick"]) await cluster.client.delete(Pod, at(name));
    await cluster.clock.advance("29 seconds");
    deepEqual(
      (await list(cluster, Pod)).map(({ metadata }) => metadata.name),
      ["slow"],
    );
    await cluster.clock.advance("3 seconds");
    deepEqual(await list(cluster, Pod), []);
  });

  test(`${kubelets} kubelets: what a container wrote can be read through the API`, async () => {
    const talks = { match: { image: "talks" }, logs: ["hello", "world"] };
    await using cluster = await start({ nodes: 1, behaviours: [talks] });
    await cluster.apply(podOf("talker", { image: "talks" }));
    await cluster.idle();
    const path = "/api/v1/namespaces/default/pods/talker/log";
    const { status, body } = await cluster.client.raw({ method: "GET", path });
    equal(status, 200);
    const chunks = body.is === "stream" ? await Array.fromAsync(body.chunks) : [];
    equal(Buffer.concat(chunks).toString(), "hello\nworld\n");
    const exec = { method: "GET", path: path.replace(/log$/, "exec") } as const;
    const query = new URLSearchParams("command=ls&stdout=true");
    const { response } = await cluster.client.connect({ ...exec, query });
    equal(response.status, 400);
  });

  test(`${kubelets} kubelets: nodes have the capacity, labels, taints and zones that were asked for`, async () => {
    await using cluster = await start({
      nodes: [
        { name: "big", capacity: { cpu: "64", memory: "512Gi", pods: 250 }, zone: "a" },
        {
          name: "gpu",
          labels: { accelerator: "yes" },
          taints: [{ key: "gpu", effect: "NoSchedule" }],
        },
      ],
    });
    const [big, gpu] = (await cluster.client.list(Node)).items;
    deepEqual(
      [
        big?.status.capacity?.["cpu"],
        big?.status.capacity?.["memory"],
        big?.status.capacity?.["pods"],
      ],
      ["64", "512Gi", "250"],
    );
    equal(big?.metadata.labels?.["topology.kubernetes.io/zone"], "a");
    equal(gpu?.metadata.labels?.["accelerator"], "yes");
    await cluster.apply(web({ replicas: 2 }));
    await cluster.idle();
    deepEqual(await readyOn(cluster), ["big", "big"]);
  });

  test(`${kubelets} kubelets: what somebody else says of a node is put right within ten seconds`, async () => {
    await using cluster = await start({ nodes: 1 });
    await cluster.clock.advance("2m");
    const conditions = [{ type: "Ready", status: "False", reason: "Rumour", message: "" }];
    const target = { name: "node-1", subresource: "status" } as const;
    await cluster.client.patch(Node, target, {
      is: "strategic",
      change: { status: { conditions } },
    });
    const said = async (): Promise<string | undefined> => {
      const { status } = await cluster.client.get(Node, { name: "node-1" });
      return findCondition(status.conditions ?? [], "Ready")?.reason;
    };
    equal(await said(), "Rumour");
    await cluster.clock.advance("10s");
    equal(await said(), "KubeletReady");
  });

  test(`${kubelets} kubelets: a cluster at rest writes heartbeats only`, async () => {
    await using cluster = await start({ nodes: 2 });
    await cluster.idle();
    const { metadata } = await cluster.client.list(Node);
    await cluster.clock.advance("4 minutes");
    const now = await cluster.client.list(Node);
    // Two leases every ten seconds.
    equal(Number(now.metadata.resourceVersion) - Number(metadata.resourceVersion), 2 * 24);
  });

  test(`${kubelets} kubelets: pods that use more memory than their node has are evicted, and the node is shunned for a while`, async () => {
    const behaviours = [
      { match: { image: "leaky" }, memory: "3500Mi" },
      { match: { image: "web" }, memory: "300Mi" },
    ];
    await using cluster = await start({
      nodes: [{ capacity: { memory: "4Gi" } }],
      behaviours,
    });
    await cluster.apply(podOf("modest", { image: "web:1" }));
    await cluster.clock.advance("20s");
    await cluster.apply(podOf("leaky", { image: "leaky:1" }));
    await cluster.clock.advance("30s");
    const { status } = await cluster.client.get(Pod, at("leaky"));
    deepEqual([status.phase, status.reason], ["Failed", "Evicted"]);
    equal(
      status.message,
      "The node was low on resource: memory. Threshold quantity: 100Mi, available: 40Mi. " +
        "Container app was using 3500Mi, request is 0, has larger consumption of memory. ",
    );
    const taints = async () =>
      (await cluster.client.get(Node, { name: "node-1" })).spec.taints?.map(({ key }) => key) ?? [];
    deepEqual(await taints(), ["node.kubernetes.io/memory-pressure"]);
    deepEqual(await readyOn(cluster), ["node-1"]);
    await cluster.clock.advance("6m");
    deepEqual(await taints(), []);
  });

  test(`${kubelets} kubelets: who writes more than the disk has goes, and what it wrote with it`, async () => {
    const behaviours = [
      { match: { image: "writer" }, disk: { from: "0", to: "20Gi", overMs: minutes(20) } },
      { match: { image: "web" }, disk: "1Gi" },
    ];
    const nodes = [{ capacity: { disk: "20Gi" } }];
    await using cluster = await start({ nodes, behaviours });
    await cluster.apply(podOf("modest", { image: "web:1" }));
    await cluster.apply(podOf("writer", { image: "writer:1" }));
    const phases = async () => [
      (await cluster.client.get(Pod, at("modest"))).status.phase,
      (await cluster.client.get(Pod, at("writer"))).status.phase,
    ];
    // 15 % of the disk are to be free: 17Gi is what the two may have.
    await cluster.clock.advance("16m");
    deepEqual(await phases(), ["Running", "Running"]);
    await cluster.clock.advance("30s");
    deepEqual(await phases(), ["Running", "Failed"]);
    const { status } = await cluster.client.get(Pod, at("writer"));
    match(
      status.message ?? "",
      /^The node was low on resource: ephemeral-storage\. Threshold quantity: 3221225600, available: 30\d+\. Container app was using 173\d+, /,
    );
    const pressure = async () => {
      const { status: node } = await cluster.client.get(Node, { name: "node-1" });
      return findCondition(node.conditions ?? [], "DiskPressure")?.status;
    };
    equal(await pressure(), "True");
    await cluster.clock.advance("6m");
    equal(await pressure(), "False");
    deepEqual(await phases(), ["Running", "Failed"]);
  });

  test(`${kubelets} kubelets: a pod that writes more than its limit goes, although there is room`, async () => {
    const behaviours = [{ disk: { from: "0", to: "4Gi", overMs: minutes(4) } }];
    await using cluster = await start({ nodes: 1, behaviours });
    const limits = { "ephemeral-storage": "2Gi" };
    await cluster.apply(podOf("writer", { resources: { limits } }));
    await cluster.clock.advance("1m50s");
    equal((await cluster.client.get(Pod, at("writer"))).status.phase, "Running");
    await cluster.clock.advance("30s");
    const { status } = await cluster.client.get(Pod, at("writer"));
    deepEqual([status.phase, status.reason], ["Failed", "Evicted"]);
    equal(
      status.message,
      "Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ",
    );
  });

  test(`${kubelets} kubelets: a lease that lasts for an hour is renewed four times in it, and its node lost after it`, async () => {
    const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
nodeLeaseDurationSeconds: 3600
`;
    await using cluster = await start({ nodes: [{ kubeletConfig }] });
    const isReady = async (): Promise<boolean> => {
      const { status } = await cluster.client.get(Node, { name: "node-1" });
      return findCondition(status.conditions ?? [], "Ready")?.status === "True";
    };
    const renewed = new Set<string | null | undefined>();
    void (async () => {
      for await (const { object } of cluster.watch(Lease)) renewed.add(object.spec.renewTime);
    })();
    await cluster.clock.advance("10 hours");
    ok(renewed.size >= 40 && renewed.size <= 42, `${renewed.size} renewals`);
    equal(await isReady(), true);
    await cluster.nodes[0]?.stop();
    await cluster.clock.advance("50 minutes");
    equal(await isReady(), true);
    await cluster.clock.advance("15 minutes");
    equal(await isReady(), false);
  });

  test(`${kubelets} kubelets: processes run short where the kubelet's configuration says so`, async () => {
    const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
evictionSoft: { pid.available: 10% }
evictionSoftGracePeriod: { pid.available: 1m }
evictionMaxPodGracePeriod: 5
`;
    const nodes = [{ capacity: { processes: 1_000 }, kubeletConfig }];
    const behaviours = [{ match: { image: "forker" }, processes: "801" }];
    await using cluster = await start({ nodes, behaviours });
    await cluster.apply(podOf("forker", { image: "forker:1" }));
    await cluster.clock.advance("1m");
    equal((await cluster.client.get(Pod, at("forker"))).status.phase, "Running");
    const { status: node } = await cluster.client.get(Node, { name: "node-1" });
    equal(findCondition(node.conditions ?? [], "PIDPressure")?.status, "True");
    await cluster.clock.advance("30s");
    const { status } = await cluster.client.get(Pod, at("forker"));
    equal(
      status.message,
      "The node was low on resource: pids. Threshold quantity: 100, available: 99. ",
    );
  });
}

test("a light kubelet at rest wakes for its lease, and for nothing else", async () => {
  await using cluster = await createCluster({ nodes: 1, kubelets: "light" });
  await cluster.clock.advance("62m");
  const untilMs = cluster.clock.now() + minutes(4);
  let woken = 0;
  while (await cluster.clock.step(untilMs)) woken++;
  // A lease every ten seconds; far less often, who looks whether it was renewed, and bookmarks.
  ok(woken < 24 + 16, `${woken} times`);
});

test("light kubelets look for shortages only when there is one to be found", async () => {
  const leak = { from: "1Gi", to: "40Gi", overMs: minutes(400) };
  const behaviours = [{ memory: "100Mi" }, { match: { image: "leaky" }, memory: leak }];
  await using cluster = await createCluster({ nodes: 1, kubelets: "light", behaviours });
  await cluster.clock.advance("62m");
  const before = cluster.clock.pending;
  await cluster.apply(podOf("web", { image: "web:1" }));
  await cluster.clock.advance("62m");
  equal(cluster.clock.pending, before);
  await cluster.apply(podOf("leaky", { image: "leaky:1" }));
  await cluster.clock.advance("62m");
  // One timer, for the look that will find something.
  equal(cluster.clock.pending, before + 1);
  const phase = async () => (await cluster.client.get(Pod, at("leaky"))).status.phase;
  // After 317 minutes there are 31.9Gi: what the node itself and the other pod use is too much then.
  await cluster.clock.advance("250m");
  equal(await phase(), "Running");
  await cluster.clock.advance("5m");
  equal(await phase(), "Failed");
});

test("a pod of a light kubelet costs nothing at rest, although it has probes", async () => {
  await using cluster = await createCluster({ nodes: 1, kubelets: "light" });
  // Events are gone by then: as long as there are some, a timer waits for the oldest.
  await cluster.clock.advance("62m");
  const before = cluster.clock.pending;
  const httpGet = { path: "/healthz", port: 8080 };
  await cluster.apply(podOf("probed", { readinessProbe: { httpGet }, livenessProbe: { httpGet } }));
  await cluster.clock.advance("62m");
  deepEqual(await readyOn(cluster), ["node-1"]);
  equal(cluster.clock.pending, before);
});
