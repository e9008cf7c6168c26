/**
 * A simulated node: the real kubelet on a machine that is not there. It can be switched off and on
 * again; what lies on its disk stays.
 */
import type { Clock } from "#base/clock.ts";
import type { HttpHandler } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { createKubelet, type Kubelet } from "#kubelet/kubelet.ts";
import type { Cgroups } from "#kubelet/ports.ts";
import type { Behaviours } from "./behaviour.ts";
import {
  diskBytesOf,
  factsOf,
  nodeLabels,
  type NodeOptions,
  type Place,
  podsMaxOf,
} from "./machine.ts";
import { MemoryDisk } from "./memory-disk.ts";
import type { PodNetwork } from "./pod-network.ts";
import { type SimulatedRuntime, simulatedRuntime } from "./runtime.ts";

export interface NodePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly network: PodNetwork;
  readonly behaviours: Behaviours;
  /** Acts as this node. */
  readonly clientFor: (nodeName: string) => Client;
  readonly version: string;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** Told about a kubelet that ended on a bug. */
  readonly failed: (cause: unknown) => void;
}

export class SimulatedNode {
  readonly name: string;
  readonly address: string;
  readonly #options: NodeOptions;
  readonly #ports: NodePorts;
  readonly #disk: MemoryDisk;
  readonly #runtime: SimulatedRuntime;
  #running: Running | undefined;
  #boots = 0;

  constructor({ name, address }: Place, options: NodeOptions, ports: NodePorts) {
    this.name = name;
    this.address = address;
    this.#options = options;
    this.#ports = ports;
    const { clock, random, behaviours, network } = ports;
    this.#disk = new MemoryDisk({ clock, totalBytes: diskBytesOf(options) });
    this.#runtime = simulatedRuntime({
      clock,
      random,
      behaviours,
      network,
      disk: this.#disk,
      node: name,
      nodeAddress: address,
    });
  }

  get isOn(): boolean {
    return this.#running !== undefined;
  }

  /** Logs and numbers of the node's pods; undefined while it is switched off. */
  get http(): HttpHandler | undefined {
    return this.#running?.kubelet.http;
  }

  /** Switches it on. */
  start(): void {
    if (this.#running) return;
    this.#boots++;
    const stop = new AbortController();
    const kubelet = this.#kubelet();
    const ended = kubelet.run(stop.signal).catch(this.#ports.failed);
    this.#running = { kubelet, stop, ended };
  }

  /** Pulls the plug: its pods end at once, and nobody is told. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    running.stop.abort();
    this.#runtime.powerOff();
    await running.ended;
  }

  #kubelet(): Kubelet {
    const { clock, random, log, network, clientFor, version } = this.#ports;
    const { clusterDns, clusterDomain } = this.#ports;
    return createKubelet({
      client: clientFor(this.name),
      nodeName: this.name,
      version,
      clusterDns,
      clusterDomain,
      podsMax: podsMaxOf(this.#options),
      labels: nodeLabels(this.#options),
      taints: this.#options.taints ?? [],
      folders: {
        root: "/var/lib/kubelet",
        logs: "/var/log/pods",
        logLinks: "/var/log/containers",
        cniConfig: "/etc/cni/net.d",
      },
      runtime: this.#runtime,
      disk: this.#disk,
      mounts: { tmpfs: async () => undefined, unmountBelow: async () => undefined },
      cgroups: memoryCgroups(),
      http: network.http,
      connect: network.connect,
      grpcHealth: network.grpcHealth,
      machine: async () => factsOf(this, this.#options, this.#boots),
      clock,
      random,
      log: log.with({ component: "kubelet", node: this.name }),
    });
  }
}

interface Running {
  readonly kubelet: Kubelet;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Groups are kept by name only: nothing runs in them. */
function memoryCgroups(): Cgroups {
  const groups = new Set<string>();
  return {
    version: 2,
    ensure: async (path) => void groups.add(path),
    remove: async (path) => {
      for (const name of groups)
        if (name === path || name.startsWith(`${path}/`)) groups.delete(name);
    },
    list: async (path) =>
      Array.from(groups).flatMap((name) => {
        const below = name.startsWith(`${path}/`) ? name.slice(path.length + 1) : "";
        return below !== "" && !below.includes("/") ? [below] : [];
      }),
    usage: async () => undefined,
  };
}
