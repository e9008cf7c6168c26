import { deepEqual, equal, match } from "node:assert/strict";
import { describe, test } from "node:test";
import { Lease } from "#api/coordination/lease.ts";
import { Node } from "#api/core/node.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { seconds } from "#base/clock.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import { MemoryRuntime } from "../runtimes/memory.ts";
import { MemoryClient, MemoryDisk } from "../testing.ts";
import { NodeAgent } from "./node-agent.ts";
import { noPressures, type Pressure, type Pressures } from "./pressures.ts";

test("a range of addresses that cannot be configured at once is configured later, and once", async () => {
  await using bench = new Bench();
  await bench.start();
  bench.isSilent = true;
  await bench.giveRange("10.244.3.0/24");
  await bench.clock.advance(seconds(15));
  deepEqual(bench.ranges, []);
  bench.isSilent = false;
  await bench.clock.advance(seconds(60));
  deepEqual(bench.ranges, ["10.244.3.0/24"]);
});

test("a kubelet that takes over with a longer lease says so at once", async () => {
  await using bench = new Bench();
  await bench.start();
  await bench.stop();
  await bench.clock.advance(seconds(30));
  await bench.start(3_600);
  const { leaseDurationSeconds, renewTime } = bench.lease()?.spec ?? {};
  deepEqual([leaseDurationSeconds, renewTime], [3_600, "2030-01-01T00:00:31.000000Z"]);
});

describe("the node's Ready condition", () => {
  test("a runtime that does not answer for a moment says nothing of the node", async () => {
    await using bench = new Bench();
    await bench.start();
    equal(bench.ready(), "True");
    bench.isSilent = true;
    await bench.clock.advance(seconds(25));
    equal(bench.ready(), "True");
    bench.isSilent = false;
    await bench.clock.advance(seconds(25));
    bench.isSilent = true;
    await bench.clock.advance(seconds(25));
    equal(bench.ready(), "True");
    await bench.clock.advance(seconds(20));
    equal(bench.ready(), "False");
    match(bench.condition()?.message ?? "", /container runtime is down/);
    bench.isSilent = false;
    await bench.clock.advance(seconds(1));
    equal(bench.ready(), "True");
  });

  test("neither does it for the kubelet that takes over from another", async () => {
    await using bench = new Bench();
    await bench.start();
    await bench.stop();
    bench.isSilent = true;
    await bench.start();
    await bench.clock.advance(seconds(25));
    equal(bench.ready(), "True");
    await bench.clock.advance(seconds(10));
    equal(bench.ready(), "False");
  });

  test("a new node says at once what it lacks", async () => {
    await using bench = new Bench();
    bench.isSilent = true;
    await bench.start();
    equal(bench.ready(), "False");
  });
});

test("a node that runs short of something says so at once, in a condition and an event; and when it is over", async () => {
  await using bench = new Bench();
  await bench.start();
  const news = ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"];
  deepEqual(
    bench.told.filter((reason) => reason.startsWith("NodeHas")),
    news,
  );
  bench.told.length = 0;
  await bench.press("DiskPressure", "PIDPressure");
  deepEqual(
    ["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => {
      const { status, reason, message } = bench.condition(type) ?? {};
      return [status, reason, message];
    }),
    [
      ["False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
      ["True", "KubeletHasDiskPressure", "kubelet has disk pressure"],
      ["True", "KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
    ],
  );
  await bench.press();
  equal(bench.condition("DiskPressure")?.reason, "KubeletHasNoDiskPressure");
  deepEqual(bench.told, [
    "NodeHasDiskPressure",
    "NodeHasInsufficientPID",
    "NodeHasNoDiskPressure",
    "NodeHasSufficientPID",
  ]);
});

class Bench implements AsyncDisposable {
  readonly clock = new VirtualClock();
  isSilent = false;
  /** Reasons of its events. */
  readonly told: string[] = [];
  #pressures: Pressures = noPressures;
  #agent: NodeAgent | undefined;
  /** That the runtime was told of. */
  readonly ranges: string[] = [];
  readonly #client = new MemoryClient();
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  readonly #memory = new MemoryRuntime({ clock: this.clock });

  readonly #runtime = {
    version: () => this.#unlessSilent(this.#memory.version),
    status: () => this.#unlessSilent(this.#memory.status),
    listImages: () => this.#unlessSilent(this.#memory.listImages),
    updatePodCidr: (range: string) => this.#unlessSilent(async () => void this.ranges.push(range)),
  };

  async #unlessSilent<T>(answer: () => Promise<T>): Promise<T> {
    if (this.isSilent) throw new Error("no answer");
    return answer();
  }

  /** Another kubelet after `stop`. */
  async start(leaseSeconds = 40): Promise<void> {
    this.#stop = new AbortController();
    this.#agent = new NodeAgent({
      client: this.#client,
      clock: this.clock,
      random: seededRandom(1),
      log: silent,
      machine: async () => machine,
      runtime: this.#runtime,
      disk: new MemoryDisk(),
      nodeName: "here",
      folders: { root: "/r", logs: "/l", logLinks: "/k", cniConfig: "/c" },
      version: "v1",
      port: 10_250,
      podsMax: 110,
      leaseSeconds,
      labels: {},
      taints: [],
      nodes: { get: () => this.#node(), onChange: () => ({ [Symbol.dispose]: () => undefined }) },
      recorder: {
        record: (_about, { reason }) => this.told.push(reason),
        flushed: async () => undefined,
      },
      volumesInUse: () => [],
      pressures: () => this.#pressures,
    });
    this.#running = this.#agent.run(this.#stop.signal);
    await this.clock.advance(seconds(1));
  }

  /** No time is to pass until the API knows. */
  async press(...pressures: readonly Pressure[]): Promise<void> {
    this.#pressures = new Set(pressures);
    this.#agent?.pressuresChanged();
    await this.clock.advance(1);
  }

  async giveRange(podCIDR: string): Promise<void> {
    const node = this.#node();
    if (node) await this.#client.update(Node, { ...node, spec: { ...node.spec, podCIDR } });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  lease = (): Lease | undefined => this.#client.all(Lease)[0];

  #node = (): Node | undefined => this.#client.all(Node)[0];

  condition = (type = "Ready") => findCondition(this.#node()?.status.conditions, type);

  ready = (): string | undefined => this.condition()?.status;

  [Symbol.asyncDispose] = (): Promise<void> => this.stop();
}

const machine = {
  hostname: "here",
  addresses: ["192.168.1.1"],
  cpus: 2,
  memoryBytes: 1 << 30,
  machineId: "m",
  systemUuid: "s",
  bootId: "b",
  kernelVersion: "6",
  osImage: "an image",
  architecture: "amd64",
};
