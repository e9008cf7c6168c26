/** Real containers that have to go: for what they wrote, and because the node runs short of memory. */
import { deepEqual, equal, match } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { findCondition } from "#api/meta/conditions.ts";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { hardThresholds } from "../eviction/thresholds.ts";
import { serving, TestNode, until, whyNoContainerd } from "./testing.ts";

/** First the one, then it serves. */
const firstly = (script: string): readonly string[] => {
  const [shell = "", option = "", loop = ""] = serving;
  return [shell, option, `${script}; ${loop}`];
};

describe("a pod that has to go", { skip: whyNoContainerd() }, () => {
  let node: TestNode;

  /** They run, and do what they do, before the node runs short of memory. */
  before(async () => {
    node = await TestNode.start({ cgroupRoot: "/k8ts-eviction-test" });
    await node.connect("10.225.0.0/24");
    await createWriters();
    await createUsers();
    await node.end();
    // More than any machine has.
    node.begin(hardThresholds({ "memory.available": "1Pi" }));
  });

  after(() => node[Symbol.asyncDispose]());

  const createWriters = async (): Promise<void> => {
    const volumes = [{ name: "data", emptyDir: { sizeLimit: "1Mi" } }];
    const volumeMounts = [{ name: "data", mountPath: "/data" }];
    const fills = firstly("dd if=/dev/zero of=/data/file bs=1M count=3");
    await node.create("folder", { command: fills, volumeMounts }, { volumes });
    const holes = firstly("dd if=/dev/zero of=/data/file bs=1 count=1 seek=9000000");
    const resources = { requests: { memory: "1Gi" } };
    await node.create("sparse", { command: holes, volumeMounts, resources }, { volumes });
    const talks = firstly("dd if=/dev/zero bs=1k count=500 | tr '\\0' '\\n'");
    const limits = { "ephemeral-storage": "100Ki" };
    await node.create("talker", { command: talks, resources: { limits } });
  };

  const createUsers = async (): Promise<void> => {
    const volumes = [{ name: "memory", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } }];
    const volumeMounts = [{ name: "memory", mountPath: "/memory" }];
    const command = firstly("dd if=/dev/zero of=/memory/file bs=1M count=40");
    await node.create("greedy", { command, volumeMounts }, { volumes });
    await until(() => node.isReady("greedy") && node.isReady("sparse"), "they run");
    const isFull = "while [ $(stat -c %s /memory/file) -lt 41943040 ]; do sleep 0.05; done";
    await node.exec("greedy", isFull);
  };

  const statusOf = (name: string) => node.find(name)?.status;

  const isEvicted = (name: string): boolean =>
    statusOf(name)?.phase === "Failed" && statusOf(name)?.reason === "Evicted";

  /** In the order in which they were. */
  const evictions = (): readonly (readonly [name: string, message: string])[] =>
    node.client
      .all(Event)
      .filter(({ reason }) => reason === "Evicted")
      .map(({ involvedObject, message = "" }) => [involvedObject.name ?? "", message]);

  test("wrote more than its folder, or its containers, may hold", async () => {
    await until(() => isEvicted("folder") && isEvicted("talker"), "both are evicted");
    const messages = {
      folder: 'Usage of EmptyDir volume "data" exceeds the limit "1Mi". ',
      talker: "Pod ephemeral local storage usage exceeds the total limit of containers 100Ki. ",
    };
    for (const [name, message] of Object.entries(messages)) {
      equal(statusOf(name)?.message, message);
      deepEqual(
        evictions().filter(([who]) => who === name),
        [[name, message]],
      );
    }
  });

  test("uses most of the memory that the node is short of; a file with holes is no bigger than what is in it", async () => {
    await until(() => isEvicted("greedy"), "the greedy one is evicted");
    const pressure = findCondition(
      node.client.all(Node)[0]?.status.conditions ?? [],
      "MemoryPressure",
    );
    equal(pressure?.status, "True");
    const { message = "", conditions = [] } = statusOf("greedy") ?? {};
    match(
      message,
      /^The node was low on resource: memory\. Threshold quantity: 1Pi, available: \d+\w*\. Container app was using \d+\w*, request is 0, has larger consumption of memory\. $/,
    );
    equal(findCondition(conditions, "DisruptionTarget")?.reason, "TerminationByKubelet");
    // The next in rank goes after it: there is never enough.
    const forMemory = evictions().find(([, why]) => why.includes("low on resource: memory"));
    equal(forMemory?.[0], "greedy");
    deepEqual(
      evictions().filter(([name, why]) => name === "sparse" && why.includes("EmptyDir")),
      [],
    );
    match(
      await node.ask("/metrics"),
      /^kubelet_evictions\{eviction_signal="memory.available"\} [12]$/m,
    );
  });
});
