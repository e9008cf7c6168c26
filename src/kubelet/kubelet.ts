/**
 * The agent of one node: runs the pods that the API sends to it and tells the API how they are.
 * Everything it knows can be read back from the API and the runtime, so it may die at any moment.
 */
import type { FeatureGates } from "#api/feature-gates.ts";
import { Node, type Taint } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import { minutes } from "#base/clock.ts";
import type { HttpHandler } from "#base/http.ts";
import { Metrics } from "#base/metrics.ts";
import { aborted } from "#base/signal.ts";
import { createRecorder } from "#client/events.ts";
import { InformerSet } from "#client/informer.ts";
import { Allocations } from "./allocations.ts";
import { ClaimRecords } from "./devices/claim-records.ts";
import { pluginDrivers } from "./devices/device-driver.ts";
import { removeSlicesOfLost } from "./devices/driver-slices.ts";
import { PodDevices } from "./devices/pod-devices.ts";
import { parseResolvConf } from "./container/dns.ts";
import { CsiVolumes } from "./csi/csi-volumes.ts";
import { Evictor } from "./eviction/evictor.ts";
import { Meter } from "./eviction/measure.ts";
import type { EvictionSettings } from "./eviction/thresholds.ts";
import { type ImageCollection, ImageCollector } from "./images/image-collector.ts";
import { LogRotation } from "./logs/log-rotation.ts";
import type { NetworkOptions } from "./node/cni-config.ts";
import { NodeAgent } from "./node/node-agent.ts";
import type { Pressures } from "./node/pressures.ts";
import { countPods } from "./numbers/pods.ts";
import { countedRuntime } from "./numbers/runtime-operations.ts";
import { ObjectCache } from "./objects.ts";
import { claimRecordsPath, type Folders, memoryRoot } from "./paths.ts";
import { repeat } from "./periodic.ts";
import { oneOfEachFamily } from "./pod/addresses.ts";
import { Pods } from "./pods.ts";
import type { KubeletPorts, MachineFacts } from "./ports.ts";
import * as handlers from "./plugins/catalog.ts";
import { Plugins } from "./plugins/plugins.ts";
import { createHandler } from "./server/handler.ts";
import { TokenCache } from "./tokens.ts";
import type { NodeView, Workshop } from "./tasks/job.ts";

export interface KubeletOptions extends KubeletPorts {
  readonly nodeName: string;
  readonly folders: Folders;
  /** As in `v1.36.0`. */
  readonly version: string;
  /** Shown by `/flagz`; no secrets. */
  readonly flags?: Readonly<Record<string, string>>;
  /** As they stand by default when absent. */
  readonly gates?: FeatureGates | undefined;
  /** Where the server of `http` is reached. */
  readonly port?: number;
  readonly podsMax?: number;
  /** Of the node's lease; 40 unless said. */
  readonly leaseSeconds?: number;
  readonly imageCollection?: ImageCollection;
  /** When pods have to go for the node's sake; upstream's defaults unless said. */
  readonly eviction?: EvictionSettings;
  /** Addresses of the cluster's name service; none: pods resolve as the node does. */
  readonly clusterDns?: readonly string[];
  readonly clusterDomain?: string;
  /** The node's resolv.conf. */
  readonly resolvConf?: string;
  readonly labels?: { readonly [name: string]: string };
  readonly taints?: readonly Taint[];
  /** Absent where someone else configures the pod network. */
  readonly network?: NetworkOptions;
  readonly cgroupRoot?: string;
  /** Where it counts its work; its own unless said. */
  readonly metrics?: Metrics;
  /** Where storage drivers are found that do not register: in simulations. */
  readonly csiEndpointOf?: (driver: string) => string | undefined;
}

export interface Kubelet {
  /** Logs, exec and metrics of this node, for the API server. */
  readonly http: HttpHandler;
  /** Until `signal` aborts. Containers go on. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export function createKubelet(given: KubeletOptions): Kubelet {
  const { metrics = new Metrics(), clock } = given;
  const runtime = countedRuntime(given.runtime, { metrics, clock });
  return countedKubelet({ ...given, runtime, metrics });
}

function countedKubelet(options: KubeletOptions & { readonly metrics: Metrics }): Kubelet {
  const { nodeName, client, clock, random, log } = options;
  const stop = new AbortController();
  const informers = new InformerSet({ client, clock, random, log }, stop.signal);
  const nodes = informers.of(Node, { fieldSelector: `metadata.name=${nodeName}` });
  const podInformer = informers.of(Pod, { fieldSelector: `spec.nodeName=${nodeName}` });
  const source = { component: "kubelet", host: nodeName };
  const recorder = createRecorder({ client, source, clock, random, log, signal: stop.signal });
  const pressures = (): Pressures => upkeep.pressures;
  const agent = new NodeAgent({
    ...options,
    port: options.port ?? 10_250,
    podsMax: options.podsMax ?? 110,
    labels: options.labels ?? {},
    taints: options.taints ?? [],
    nodes,
    recorder,
    volumesInUse: () => csi.inUse,
    pressures,
  });
  const plugins = new Plugins({ ...options, handlers: Object.values(handlers) });
  const objects = new ObjectCache({ client, clock, random, log });
  const csi = csiVolumes(options, { objects, plugins, agent });
  const devices = devicesOf(options, objects, plugins);
  const workshop: Workshop = {
    ...options,
    objects,
    csi,
    devices,
    tokens: new TokenCache({ client, clock }),
    services: informers.of(Service),
    recorder,
    node: nodeView(options, agent),
    probeMetrics: new Metrics(),
    allocations: new Allocations(options),
    room: {
      refusalOf: (pod) => pods.room.refusalOf(pod),
      changed: (why) => pods.room.changed(why),
    },
    cgroupRoot: options.cgroupRoot ?? "/kubepods",
  };
  const node = (): Node | undefined => agent.node;
  const pods = new Pods({ workshop, informer: podInformer, node, pressures });
  countPods(workshop.metrics, pods, nodeName);
  nodes.onChange(({ object, old }) => {
    if (volumeListsOf(object) !== volumeListsOf(old)) pods.volumeNews();
  });
  const upkeep = upkeepOf(workshop, { options, agent, pods });

  const run = async (signal: AbortSignal): Promise<void> => {
    signal.addEventListener("abort", () => stop.abort(), { once: true });
    if (signal.aborted) stop.abort();
    await agent.lookAtMachine();
    await prepareFolders(options);
    await csi.load();
    const reporting = agent.run(stop.signal);
    await Promise.race([Promise.all([nodes.synced, podInformer.synced]), aborted(stop.signal)]);
    await Promise.all([
      reporting,
      ...(stop.signal.aborted ? [] : [pods.run(stop.signal)]),
      plugins.run(stop.signal),
      csi.run(stop.signal),
      removeSlicesOfLost({ ...options, plugins }, stop.signal),
      repeat(cleanUpOf(options, devices, pods), stop.signal),
      upkeep.run(stop.signal),
    ]);
    await informers[Symbol.asyncDispose]();
  };
  const machine = (): MachineFacts | undefined => agent.machine;
  return { http: createHandler({ workshop, pods, nodeName, machine, program: options }), run };
}

interface UpkeepParts {
  readonly options: KubeletOptions;
  readonly agent: NodeAgent;
  readonly pods: Pods;
}

/** Sees to it that there is room on the node. */
function upkeepOf(workshop: Workshop, { options, agent, pods }: UpkeepParts) {
  const { nodeName, imageCollection: limits, eviction: settings } = options;
  const images = new ImageCollector({ ...workshop, nodeName, pods, limits });
  const rotation = new LogRotation({ ...workshop, pods });
  const meter = new Meter({ ...workshop, memoryBytes: () => agent.machine?.memoryBytes });
  const changed = (): void => agent.pressuresChanged();
  const evictor = new Evictor({ ...workshop, nodeName, meter, pods, images, settings, changed });
  return {
    get pressures(): Pressures {
      return evictor.pressures;
    },
    run: (signal: AbortSignal): Promise<unknown> =>
      Promise.all([images.run(signal), rotation.run(signal), evictor.run(signal)]),
  };
}

interface CsiParts {
  readonly objects: ObjectCache;
  readonly plugins: Plugins;
  readonly agent: NodeAgent;
}

const csiVolumes = (options: KubeletOptions, { objects, plugins, agent }: CsiParts): CsiVolumes =>
  new CsiVolumes({
    ...options,
    objects,
    plugins,
    node: () => agent.node,
    inUseChanged: () => agent.volumesChanged(),
    endpointOf: options.csiEndpointOf,
  });

const volumeListsOf = (node: Node | undefined): string =>
  JSON.stringify([node?.status.volumesInUse, node?.status.volumesAttached]);

function devicesOf(options: KubeletOptions, objects: ObjectCache, plugins: Plugins): PodDevices {
  const { openChannel, disk, folders } = options;
  const records = new ClaimRecords({ disk, path: claimRecordsPath(folders) });
  const findDriver = options.findDriver ?? pluginDrivers({ plugins, openChannel });
  return new PodDevices({ objects, records, findDriver });
}

/** Of pods that are gone without a worker to see them off. */
const cleanUpOf = ({ clock, log }: KubeletOptions, devices: PodDevices, pods: Pods) => ({
  name: "taking back devices",
  periodMs: minutes(1),
  clock,
  log,
  perform: () => {
    const known = new Set([...pods.workers].map(({ state }) => state.uid));
    return devices.unprepareAllBut((uid) => known.has(uid));
  },
});

async function prepareFolders({ folders, disk, mounts }: KubeletOptions): Promise<void> {
  await disk.makeFolder(folders.root, 0o750);
  await disk.makeFolder(memoryRoot(folders), 0o750);
  await mounts.tmpfs(memoryRoot(folders));
}

function nodeView(options: KubeletOptions, agent: NodeAgent): NodeView {
  const { disk, cgroups, clusterDns = [], clusterDomain = "cluster.local" } = options;
  const resolvConf = options.resolvConf ?? "/etc/resolv.conf";
  return {
    hostIps: () => oneOfEachFamily(agent.machine?.addresses ?? []),
    allocatable: () => agent.node?.status.allocatable ?? {},
    machine: () => ({
      memoryBytes: agent.machine?.memoryBytes ?? 1,
      cgroupVersion: cgroups.version,
    }),
    dns: async () => ({
      clusterServers: clusterDns,
      clusterDomain,
      node: parseResolvConf(new TextDecoder().decode(await disk.read(resolvConf))),
    }),
  };
}
