/**
 * A simulated node: the real kubelet on a machine that is not there. It can be switched off and on
 * again; what lies on its disk stays.
 */
import { AssertionFailed } from "#base/assert.ts";
import type { Clock } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { HttpHandler } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { createKubelet, type Kubelet } from "#kubelet/kubelet.ts";
import type { GroupDetails } from "#kubelet/group-details.ts";
import type { Cgroups, GroupUsage } from "#kubelet/ports.ts";
import type { DeviceDriver } from "#kubelet/devices/device-driver.ts";
import type { Behaviours } from "./behaviour.ts";
import {
  diskBytesOf,
  factsOf,
  type KubeletSettings,
  kubeletSettingsOf,
  nodeLabels,
  type NodeOptions,
  type Place,
  processesMaxOf,
} from "./machine.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { NodeLife } from "./node-life.ts";
import type { PodNetwork } from "./pod-network.ts";
import {
  type SimulatedRuntime,
  simulatedRuntime,
  type SimulatedRuntimeOptions,
} from "./runtime.ts";
import { driverChannel, driverEndpoint } from "./storage-drivers.ts";
import { nodeUsage } from "./usage.ts";

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
  /** In a fork: the node of that name that this one goes on from. */
  readonly origin?: ((name: string) => SimulatedNode | undefined) | undefined;
}

export class SimulatedNode extends NodeLife<Kubelet> {
  readonly name: string;
  readonly address: string;
  readonly #options: NodeOptions;
  readonly #settings: KubeletSettings;
  readonly #ports: NodePorts;
  readonly #disk: MemoryDisk;
  readonly #runtime: SimulatedRuntime;

  constructor({ name, address }: Place, options: NodeOptions, ports: NodePorts) {
    const from = ports.origin?.(name);
    super(from);
    this.name = name;
    this.address = address;
    this.#options = options;
    this.#settings = kubeletSettingsOf(options);
    this.#ports = ports;
    const { clock } = ports;
    const disk = { clock, totalBytes: diskBytesOf(options) };
    this.#disk = from ? from.#disk.fork(clock) : new MemoryDisk(disk);
    const machine = this.#machine();
    this.#runtime = from ? from.#runtime.fork(machine) : simulatedRuntime(machine);
  }

  /** Pods, by uid, of which a container runs. */
  runningPods(): readonly string[] {
    return this.#runtime.runningPods();
  }

  /** Logs and numbers of the node's pods; undefined while it is switched off. */
  get http(): HttpHandler | undefined {
    return this.kubelet?.http;
  }

  protected override runKubelet(signal: AbortSignal) {
    const kubelet = this.#makeKubelet();
    const ended = kubelet.run(signal).catch((cause: unknown) => {
      // Whoever was cut off may say so; anything else is a bug.
      if (cause instanceof AssertionFailed || !signal.aborted) this.#ports.failed(cause);
    });
    return { kubelet, ended };
  }

  protected override powerOff(): void {
    this.#runtime.powerOff();
  }

  /** Containers end when they would have ended. */
  override resume(): void {
    this.#runtime.resume();
    super.resume();
  }

  #machine(): SimulatedRuntimeOptions {
    const { clock, random, behaviours, network } = this.#ports;
    const { name: node, address: nodeAddress } = this;
    return { clock, random, behaviours, network, disk: this.#disk, node, nodeAddress };
  }

  /** What containers write beside their volumes is no file, but takes its room. */
  #sharedDisk(): Disk {
    const disk: Disk = this.#disk;
    const space: Disk["space"] = async (path) => {
      const { totalBytes, freeBytes } = await disk.space(path);
      return { totalBytes, freeBytes: Math.max(freeBytes - this.#runtime.demand().diskBytes, 0) };
    };
    return { ...disk, space };
  }

  #makeKubelet(): Kubelet {
    const { random, log, network, clientFor, version } = this.#ports;
    const { clusterDns, clusterDomain } = this.#ports;
    return createKubelet({
      client: clientFor(this.name),
      nodeName: this.name,
      version,
      clusterDns,
      clusterDomain,
      ...this.#settings,
      labels: nodeLabels(this.#options),
      taints: this.#options.taints ?? [],
      folders: {
        root: "/var/lib/kubelet",
        logs: "/var/log/pods",
        logLinks: "/var/log/containers",
        cniConfig: "/etc/cni/net.d",
      },
      runtime: this.#runtime,
      disk: this.#sharedDisk(),
      mounts: {
        tmpfs: async () => undefined,
        layers: async () => undefined,
        isMounted: async () => false,
        unmountBelow: async () => undefined,
      },
      cgroups: memoryCgroups({
        machine: async () =>
          nodeUsage(await this.#runtime.listContainerStats(), this.#ports.clock.monotonic()),
        pod: this.#runtime.groupOf,
      }),
      processIds: async () => ({
        used: this.#runtime.demand().processes,
        max: processesMaxOf(this.#options),
      }),
      http: network.http,
      connect: network.connect,
      grpcHealth: network.grpcHealth,
      openChannel: driverChannel,
      csiEndpointOf: driverEndpoint,
      findDriver: () => imaginedDriver,
      machine: async () => factsOf(this, this.#options, this.boots),
      clock: this.clockOver(this.#ports.clock),
      random,
      log: log.with({ component: "kubelet", node: this.name }),
    });
  }
}

/** Whatever was published of this node can be used here; containers notice nothing of it. */
const imaginedDriver: DeviceDriver = {
  prepare: async () => [],
  unprepare: async () => undefined,
};

interface Measured {
  readonly machine: () => Promise<GroupUsage>;
  /** By uid. */
  readonly pod: (uid: string) => GroupDetails;
}

/** Groups are kept by name only: nothing runs in them. */
function memoryCgroups({ machine, pod }: Measured): Cgroups {
  const groups = new Set<string>();
  const ofMachine = async (path: string) => (path === "/" ? machine() : undefined);
  return {
    version: 2,
    ensure: async (path) => void groups.add(path),
    limits: async () => undefined,
    remove: async (path) => {
      for (const name of groups)
        if (name === path || name.startsWith(`${path}/`)) groups.delete(name);
    },
    list: async (path) =>
      Array.from(groups).flatMap((name) => {
        const below = name.startsWith(`${path}/`) ? name.slice(path.length + 1) : "";
        return below !== "" && !below.includes("/") ? [below] : [];
      }),
    usage: ofMachine,
    details: async (path) => {
      const uid = /\/pod([^/]+)$/.exec(path)?.[1];
      return uid === undefined ? ofMachine(path) : pod(uid);
    },
    traffic: async () => undefined,
  };
}
