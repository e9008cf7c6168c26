/** Resources of running containers: what the kernel's own files say. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Container, ResourceRequirements } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { systemClock } from "#host/clock.ts";
import { cgroupfs } from "../runtimes/cgroupfs.ts";
import { type Parts, serving, TestNode, until, whyNoContainerd } from "./testing.ts";

const cgroupRoot = "/k8ts-resizing-test";

interface Amounts {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

const both = (cpu: string, memory: string): Amounts => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
});

const mib = 1_024 * 1_024;

/** Shares (which version 2 does not keep), quota and bytes. 0: not limited. */
type Limits = readonly [shares: number, quota: number, bytes: number];

describe("a pod with other resources than before", { skip: whyNoContainerd() }, () => {
  let node: TestNode;
  const groups = cgroupfs({ clock: systemClock });

  before(async () => {
    node = await TestNode.start({ cgroupRoot });
    await node.connect("10.224.0.0/24");
  });

  after(() => node[Symbol.asyncDispose]());

  const limitsAt = async (path: string): Promise<Limits> => {
    const found = await groups.limits(path);
    ok(found, `there is a group ${path}`);
    const { cpuShares, cpuQuota = 0, memoryBytes = 0 } = found;
    return limits(cpuShares, cpuQuota, memoryBytes);
  };

  const limits = (...[shares, quota, bytes]: Limits): Limits => [
    groups.version === 1 ? shares : 0,
    quota,
    bytes,
  ];

  const groupOf = (pod: Pod): string => {
    const { qosClass = "" } = pod.status;
    const above = qosClass === "Guaranteed" ? "" : `/${qosClass.toLowerCase()}`;
    return `${cgroupRoot}${above}/pod${pod.metadata.uid}`;
  };

  const podLimits = async (name: string): Promise<Limits> => {
    const pod = node.find(name);
    ok(pod);
    return limitsAt(groupOf(pod));
  };

  const containerLimits = async (name: string, container: string): Promise<Limits> => {
    const pod = node.find(name);
    ok(pod);
    const id = node.statusOf(name, container)?.containerID?.replace("containerd://", "");
    return limitsAt(`${groupOf(pod)}/${id}`);
  };

  const create = async (
    name: string,
    containers: Readonly<Record<string, Amounts & { readonly parts?: Parts<Container> }>>,
  ): Promise<void> => {
    const all = Object.entries(containers).map(([container, { parts, ...resources }]) =>
      node.container(container, { resources, ...parts }),
    );
    await node.create(name, {}, { containers: all });
    await until(() => node.isReady(name), `${name} is Ready`);
  };

  const resize = async (
    name: string,
    wanted: Readonly<Record<string, Amounts>>,
  ): Promise<number> => {
    let asked = 0;
    await node.change(name, ({ metadata, spec, ...pod }) => {
      asked = (metadata.generation ?? 0) + 1;
      const containers = spec.containers.map((one) => ({
        ...one,
        resources: (wanted[one.name] ?? one.resources) as ResourceRequirements,
      }));
      return {
        ...pod,
        metadata: { ...metadata, generation: asked },
        spec: { ...spec, containers },
      };
    });
    return asked;
  };

  const conditionOf = (name: string, type: string) =>
    findCondition(node.find(name)?.status.conditions ?? [], type);

  /** Until the API says that it is done. */
  const isResized = async (name: string, generation: number): Promise<void> => {
    await until(
      () =>
        node.find(name)?.status.observedGeneration === generation &&
        node
          .eventsOf(name)
          .some(
            (text) =>
              text.startsWith("ResizeCompleted") && text.includes(`"generation":${generation}`),
          ) &&
        !conditionOf(name, "PodResizeInProgress"),
      `${name} is resized`,
    );
  };

  const statusOf = (name: string, container: string) => {
    const { resources, allocatedResources, restartCount } = node.statusOf(name, container) ?? {};
    return { resources, allocatedResources, restartCount };
  };

  const has = (amounts: Amounts, restartCount = 0) => ({
    resources: amounts,
    allocatedResources: amounts.requests,
    restartCount,
  });

  const guaranteed = [
    {
      name: "more-for-two",
      to: { c1: both("150m", "40Mi"), c2: both("150m", "40Mi"), c3: both("40m", "20Mi") },
      pod: [348, 34_000, 100 * mib],
    },
    {
      name: "less-for-two",
      to: { c1: both("120m", "36Mi"), c2: both("50m", "20Mi"), c3: both("50m", "20Mi") },
      pod: [225, 22_000, 76 * mib],
    },
    {
      name: "this-way-and-that",
      to: { c1: both("150m", "32Mi"), c2: both("60m", "40Mi"), c3: both("120m", "48Mi") },
      pod: [337, 33_000, 120 * mib],
    },
  ] as const;

  for (const { name, to, pod } of guaranteed) {
    test(`a guaranteed pod of three containers: ${name}`, async () => {
      const from = both("100m", "32Mi");
      await create(name, { c1: from, c2: from, c3: from });
      deepEqual(await podLimits(name), limits(307, 30_000, 96 * mib));
      await isResized(name, await resize(name, to));
      deepEqual(await podLimits(name), limits(pod[0], pod[1], pod[2]));
      for (const [container, amounts] of Object.entries(to)) {
        const { cpu, memory } = amounts.limits ?? {};
        const milli = Number(cpu?.replace("m", ""));
        const wanted = limits(
          Math.floor(milli * 1.024),
          milli * 100,
          Number(memory?.replace("Mi", "")) * mib,
        );
        deepEqual(await containerLimits(name, container), wanted, container);
        deepEqual(statusOf(name, container), has(amounts), container);
      }
      equal(node.find(name)?.status.qosClass, "Guaranteed");
      await node.remove(name, 1);
    });
  }

  test("a burstable pod of six containers: raised, lowered, added to, let be", async () => {
    const requests = { cpu: "50m", memory: "20Mi" };
    const from = { requests, limits: { cpu: "100m", memory: "40Mi" } };
    await create("six", {
      raised: from,
      lowered: from,
      requests: from,
      limits: from,
      added: { requests },
      "let-be": {},
    });
    const to = {
      raised: { requests: { cpu: "60m", memory: "30Mi" }, limits: { cpu: "120m", memory: "50Mi" } },
      lowered: { requests: { cpu: "40m", memory: "10Mi" }, limits: { cpu: "80m", memory: "30Mi" } },
      requests: { ...from, requests: { cpu: "70m", memory: "25Mi" } },
      limits: { ...from, limits: { cpu: "110m", memory: "45Mi" } },
      added: { requests, limits: { cpu: "200m" } },
    };
    await isResized("six", await resize("six", to));
    const limitsOf = async (name: string) => containerLimits("six", name);
    deepEqual(await limitsOf("raised"), limits(61, 12_000, 50 * mib));
    deepEqual(await limitsOf("lowered"), limits(40, 8_000, 30 * mib));
    deepEqual(await limitsOf("requests"), limits(71, 10_000, 40 * mib));
    deepEqual(await limitsOf("limits"), limits(51, 11_000, 45 * mib));
    deepEqual(await limitsOf("added"), limits(51, 20_000, 0));
    deepEqual(await limitsOf("let-be"), limits(2, 0, 0));
    // Not every container has a limit: the pod has none.
    deepEqual(await podLimits("six"), limits(276, 0, 0));
    for (const [name, amounts] of Object.entries(to))
      deepEqual(statusOf("six", name), has(amounts));
    await node.remove("six", 1);
  });

  test("the same in other words changes nothing", async () => {
    await create("words", { app: both("100m", "32Mi") });
    const generation = await resize("words", { app: both("0.1", "32768Ki") });
    await until(
      () => node.find("words")?.status.observedGeneration === generation,
      "the kubelet has seen it",
    );
    deepEqual(await containerLimits("words", "app"), limits(102, 10_000, 32 * mib));
    deepEqual(
      node.eventsOf("words").filter((text) => text.startsWith("Resize")),
      [],
    );
    await node.remove("words", 1);
  });

  test("a container that wants a restart for memory gets one, and none for a processor", async () => {
    const resizePolicy = [{ resourceName: "memory", restartPolicy: "RestartContainer" }] as const;
    await create("restarted", { app: { ...both("100m", "32Mi"), parts: { resizePolicy } } });
    await isResized("restarted", await resize("restarted", { app: both("300m", "32Mi") }));
    deepEqual(statusOf("restarted", "app"), has(both("300m", "32Mi")));
    await isResized("restarted", await resize("restarted", { app: both("400m", "64Mi") }));
    await until(() => node.isReady("restarted"), "it runs again");
    deepEqual(statusOf("restarted", "app"), has(both("400m", "64Mi"), 1));
    deepEqual(await containerLimits("restarted", "app"), limits(409, 40_000, 64 * mib));
    deepEqual(await podLimits("restarted"), limits(409, 40_000, 64 * mib));
    ok(
      node.eventsOf("restarted").includes("Killing Container app resize requires restart"),
      node.eventsOf("restarted").join("\n"),
    );
    await node.remove("restarted", 1);
  });

  test("less memory than is in use is refused, in words, and the limit stays", async () => {
    const fill = `cd /dev/shm; head -c 20000000 /dev/zero > x; mv x full; ${serving[2]}`;
    const readinessProbe = { exec: { command: ["test", "-e", "/dev/shm/full"] }, periodSeconds: 1 };
    const parts = { command: ["sh", "-c", fill], readinessProbe } as never;
    await create("full", { app: { ...both("100m", "64Mi"), parts } });
    await resize("full", { app: both("100m", "10Mi") });
    const progress = () => conditionOf("full", "PodResizeInProgress");
    await until(() => progress()?.reason === "Error", "it says so");
    match(
      progress()?.message ?? "",
      /attempting to set container "app" memory limit \(10485760\) below current usage \(\d+\)/,
    );
    deepEqual(await containerLimits("full", "app"), limits(102, 10_000, 64 * mib));
    const { resources, allocatedResources } = statusOf("full", "app");
    deepEqual([resources?.limits?.["memory"], allocatedResources?.["memory"]], ["64Mi", "10Mi"]);
    await isResized("full", await resize("full", { app: both("100m", "48Mi") }));
    deepEqual(await containerLimits("full", "app"), limits(102, 10_000, 48 * mib));
    await node.remove("full", 1);
  });

  test("what the node does not have now is deferred until there is room; what it never has is not", async () => {
    const cpus = Number(node.allocatable["cpu"]);
    const much = { requests: { cpu: `${cpus * 800}m` } };
    await create("neighbour", { app: { requests: { cpu: `${cpus * 600}m` } } });
    await create("hungry", { app: { requests: { cpu: "100m" } } });
    const first = await resize("hungry", { app: much });
    const pending = () => conditionOf("hungry", "PodResizePending");
    await until(() => pending() !== undefined, "it is pending");
    deepEqual([pending()?.reason, pending()?.observedGeneration], ["Deferred", first]);
    match(pending()?.message ?? "", /^Node didn't have enough resource: cpu, requested: /);
    await resize("hungry", { app: { requests: { cpu: "800" } } });
    await until(() => pending()?.reason === "Infeasible", "it can never be");
    equal(
      pending()?.message,
      `Node didn't have enough capacity: cpu, requested: 800000, capacity: ${cpus * 1_000}`,
    );
    deepEqual(statusOf("hungry", "app"), has({ requests: { cpu: "100m" } }));
    const third = await resize("hungry", { app: much });
    await until(() => pending()?.reason === "Deferred", "it waits again");
    await node.remove("neighbour", 1);
    await isResized("hungry", third);
    deepEqual(statusOf("hungry", "app"), has(much));
    await node.remove("hungry", 1);
  });

  test("what became of all this is counted", async () => {
    const numbers = await node.ask("/metrics");
    for (const line of [
      /^kubelet_container_requested_resizes_total\{resource="cpu",requirement="requests",operation="increase"\} [1-9]\d*$/m,
      /^kubelet_container_requested_resizes_total\{resource="memory",requirement="limits",operation="decrease"\} [1-9]\d*$/m,
      /^kubelet_pod_resize_duration_milliseconds_count\{success="true"\} [1-9]\d*$/m,
      /^kubelet_pod_resize_duration_milliseconds_count\{success="false"\} [1-9]\d*$/m,
      /^kubelet_pod_infeasible_resizes_total\{reason_detail="insufficient_node_allocatable"\} 1$/m,
      /^kubelet_pod_deferred_accepted_resizes_total\{retry_trigger="\w+"\} 1$/m,
      /^kubelet_pod_in_progress_resizes \d+$/m,
    ])
      match(numbers, line);
  });

  test("a kubelet that was away goes on where it was", async () => {
    await create("kept", { app: both("100m", "32Mi") });
    await isResized("kept", await resize("kept", { app: both("200m", "48Mi") }));
    const events = node.eventsOf("kept").length;
    await node.end();
    const generation = await resize("kept", { app: both("300m", "48Mi") });
    node.begin();
    await isResized("kept", generation);
    deepEqual(await containerLimits("kept", "app"), limits(307, 30_000, 48 * mib));
    deepEqual(statusOf("kept", "app"), has(both("300m", "48Mi")));
    await node.end();
    node.begin();
    await until(() => node.isNodeReady, "the node is Ready");
    deepEqual(
      node
        .eventsOf("kept")
        .slice(events)
        .map((text) => text.split(" ")[0]),
      ["ResizeStarted", "ResizeCompleted"],
    );
    await node.remove("kept", 1);
  });
});
