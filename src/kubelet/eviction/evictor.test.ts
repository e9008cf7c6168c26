/** A whole kubelet that runs short of something, in virtual time. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "#api/core/container.ts";
import { Node } from "#api/core/node.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { minutes, seconds } from "#base/clock.ts";
import { type Machine, machine } from "../node/testing.ts";
import { containerWith } from "../pod/testing.ts";

type Parts<T> = { readonly [K in keyof T]?: T[K] };

const gib = 2 ** 30;

/** A pod whose container, named as it is, uses so much memory. */
async function run(host: Machine, name: string, parts: PodParts = {}): Promise<void> {
  const { gibibytes = 0, app = {}, ...spec } = parts;
  host.programs.set(name, { stopsWith: 143, memoryBytes: Math.round(gibibytes * gib) });
  await host.create(name, { containers: [containerWith(name, app)], ...spec });
}

interface PodParts extends Parts<PodSpec> {
  readonly gibibytes?: number;
  readonly app?: Parts<Container>;
}

const condition = ({ client }: Machine, type: string) => {
  const found = findCondition(client.all(Node)[0]?.status.conditions ?? [], type);
  return [found?.status, found?.reason];
};

const ends = (host: Machine, ...names: readonly string[]) =>
  names.map((name) => [host.find(name)?.status.phase, host.find(name)?.status.reason]);

test("the pod that uses most goes, says why, and the node tells of the pressure until it is long over", async (context) => {
  const host = await machine(context);
  await run(host, "small", { gibibytes: 0.5 });
  await run(host, "big", { gibibytes: 2.4375 });
  deepEqual(condition(host, "MemoryPressure"), ["False", "KubeletHasSufficientMemory"]);
  await host.clock.advance(seconds(15));
  deepEqual(ends(host, "small", "big"), [
    ["Running", undefined],
    ["Failed", "Evicted"],
  ]);
  const { message = "", conditions = [] } = host.find("big")?.status ?? {};
  equal(
    message,
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi. " +
      "Container big was using 2496Mi, request is 0, has larger consumption of memory. ",
  );
  const target = findCondition(conditions, "DisruptionTarget");
  deepEqual([target?.reason, target?.message], ["TerminationByKubelet", message]);
  equal(host.events("big").includes(`Evicted: ${message}`), true);
  deepEqual(condition(host, "MemoryPressure"), ["True", "KubeletHasInsufficientMemory"]);
  const told = host.events("n1");
  for (const reason of ["EvictionThresholdMet", "NodeHasInsufficientMemory"])
    match(told.join("\n"), new RegExp(`^${reason}: `, "m"));
  equal(told.includes("EvictionThresholdMet: Attempting to reclaim memory"), true);
  await host.clock.advance(minutes(6));
  deepEqual(condition(host, "MemoryPressure"), ["False", "KubeletHasSufficientMemory"]);
  deepEqual(ends(host, "small"), [["Running", undefined]]);
});

test("one goes after the other, until there is enough; critical ones stay whatever they use", async (context) => {
  const host = await machine(context);
  await run(host, "critical", { gibibytes: 1.5, priority: 2_000_000_000 });
  await run(host, "first", { gibibytes: 1 });
  await run(host, "second", { gibibytes: 0.9 });
  await host.clock.advance(seconds(40));
  deepEqual(ends(host, "critical", "first", "second"), [
    ["Running", undefined],
    ["Failed", "Evicted"],
    ["Running", undefined],
  ]);
});

test("a node short of memory takes who asks for some, who tolerates it and who is critical", async (context) => {
  const host = await machine(context);
  await run(host, "big", { gibibytes: 2.95 });
  await host.clock.advance(seconds(15));
  const memory = { requests: { memory: "1Mi" } };
  const key = "node.kubernetes.io/memory-pressure";
  await run(host, "modest");
  await run(host, "asking", { app: { resources: memory } });
  await run(host, "tolerant", { tolerations: [{ key, operator: "Exists" }] });
  deepEqual(ends(host, "modest", "asking", "tolerant"), [
    ["Failed", "Evicted"],
    ["Running", undefined],
    ["Running", undefined],
  ]);
  equal(
    host.find("modest")?.status.message,
    "Pod was rejected: The node had condition: [MemoryPressure]. ",
  );
});

test("a full disk takes remains and images that nobody uses, and then pods; it lets none in but critical ones", async (context) => {
  const host = await machine(context);
  host.programs.set("done", { endsAfterMs: 1, exitCode: 0 });
  await host.create("done", { restartPolicy: "Never", containers: [containerWith("done")] });
  await run(host, "web", { gibibytes: 0.1 });
  await host.clock.advance(minutes(3));
  equal((await host.runtime.listContainers()).length, 2);
  host.disk.freeBytes = gib;
  await host.clock.advance(seconds(10));
  deepEqual(await host.runtime.listContainers(), []);
  deepEqual(ends(host, "done", "web"), [
    ["Succeeded", undefined],
    ["Failed", "Evicted"],
  ]);
  deepEqual(condition(host, "DiskPressure"), ["True", "KubeletHasDiskPressure"]);
  await run(host, "asking", { app: { resources: { requests: { memory: "1Mi" } } } });
  await run(host, "critical", { priority: 2_000_001_000 });
  deepEqual(ends(host, "asking", "critical"), [
    ["Failed", "Evicted"],
    ["Running", undefined],
  ]);
});

test("when it is enough to remove what nobody uses, no pod goes", async (context) => {
  const host = await machine(context);
  host.programs.set("done", { endsAfterMs: 1, exitCode: 0 });
  await host.create("done", { restartPolicy: "Never", containers: [containerWith("done")] });
  await run(host, "web", { gibibytes: 0.1 });
  const space = async () => {
    const isFull = (await host.runtime.listContainers()).length > 1;
    return { totalBytes: 100 * gib, freeBytes: isFull ? gib : 50 * gib };
  };
  Object.assign(host.disk, { space });
  await host.clock.advance(seconds(20));
  deepEqual(
    (await host.runtime.listContainers()).map(({ name }) => name),
    ["web"],
  );
  deepEqual(ends(host, "done", "web"), [
    ["Succeeded", undefined],
    ["Running", undefined],
  ]);
});

test("a pod that writes more than it may goes, although there is room", async (context) => {
  const host = await machine(context);
  const volumes = [{ name: "data", emptyDir: { sizeLimit: "1Ki" } }];
  const volumeMounts = [{ name: "data", mountPath: "/data" }];
  await run(host, "writer", { volumes, app: { volumeMounts } });
  const { uid = "" } = host.find("writer")?.metadata ?? {};
  const folder = `/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/data`;
  await host.disk.write(`${folder}/small`, "x".repeat(1_024));
  await host.clock.advance(seconds(20));
  deepEqual(ends(host, "writer"), [["Running", undefined]]);
  await host.disk.write(`${folder}/more`, "x");
  await host.clock.advance(seconds(20));
  const { phase, reason, message, conditions = [] } = host.find("writer")?.status ?? {};
  deepEqual(
    [phase, reason, message],
    ["Failed", "Evicted", 'Usage of EmptyDir volume "data" exceeds the limit "1Ki". '],
  );
  equal(findCondition(conditions, "DisruptionTarget"), undefined);
});
