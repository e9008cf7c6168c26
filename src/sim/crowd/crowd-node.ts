/**
 * One node of a crowd: the kubelet's own node agent, and pods that are no more than their state
 * machines. It shares with all others of the process what only looks: watches, rules, the clock.
 */
import type { Node } from "#api/core/node.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import type { HttpHandler } from "#base/http.ts";
import { Metrics } from "#base/metrics.ts";
import type { Client } from "#client/client.ts";
import { createRecorder, type EventRecorder } from "#client/events.ts";
import type { Change, ChangeListener } from "#client/informer.ts";
import { pressureRefusalOf, refusalOf, resizeRefusalOf } from "#kubelet/admission.ts";
import { NodeAgent } from "#kubelet/node/node-agent.ts";
import { noPressures, type Pressures } from "#kubelet/node/pressures.ts";
import { withAllocation } from "#kubelet/pod/allocation.ts";
import type { ResizeVerdict } from "#kubelet/pod/effects.ts";
import { runningContainers } from "#kubelet/pod/observed.ts";
import { inTurn } from "#kubelet/pod/resizing.ts";
import { newPodState, type Verdict } from "#kubelet/pod/state.ts";
import { AddressPool } from "../nodes/address-pool.ts";
import { NodeLife } from "../nodes/node-life.ts";
import {
  diskBytesOf,
  factsOf,
  type KubeletSettings,
  kubeletSettingsOf,
  nodeLabels,
  type NodeOptions,
  type Place,
} from "../nodes/machine.ts";
import { Containers } from "./containers.ts";
import type { CrowdPorts } from "./crowd.ts";
import { CrowdPod } from "./crowd-pod.ts";
import { folders, nodeHandler } from "./node-http.ts";
import { RunningOccupancy } from "./occupancy.ts";
import type { PodHost } from "./pod-host.ts";
import { withNetwork, withoutNetwork } from "./runtime-status.ts";
import { ShortageWatch } from "./shortage-watch.ts";

interface CrowdKubelet {
  readonly agent: NodeAgent;
  readonly signal: AbortSignal;
  /** When it began, on the clock that never goes back. */
  readonly startedMs: number;
  /** Made when somebody asks, as is what it counts. */
  http?: HttpHandler;
  metrics?: Metrics;
  /** Made when there is something that can run short. */
  shortage?: ShortageWatch;
}

export class CrowdNode extends NodeLife<CrowdKubelet> {
  readonly name: string;
  readonly address: string;
  readonly #options: NodeOptions;
  readonly #settings: KubeletSettings;
  readonly #ports: CrowdPorts;
  /** Of the kubelet that runs: one that crashed is not heard any more. */
  #client: Client | undefined;
  readonly #pool: AddressPool;
  readonly #images: Set<string>;
  readonly #pods = new Map<string, CrowdPod>();
  readonly #occupancy = new RunningOccupancy();
  /** What an earlier kubelet left of pods' containers. */
  readonly #remains: Map<string, Containers>;
  readonly #host: PodHost;
  #nodeListener: ChangeListener<Node> | undefined;
  #recorder: EventRecorder | undefined;
  #ids: number;
  /** How many hold it cut off. */
  #cuts = 0;

  constructor({ name, address }: Place, options: NodeOptions, ports: CrowdPorts) {
    const from = ports.origin?.(name);
    super(from);
    this.name = name;
    this.address = address;
    this.#options = options;
    this.#settings = kubeletSettingsOf(options);
    this.#ports = ports;
    this.#pool = from ? from.#pool.fork() : new AddressPool();
    this.#images = new Set(from ? from.#images : []);
    const left = from ? from.#everyone() : [];
    this.#remains = new Map(left.map(([uid, containers]) => [uid, containers.fork()]));
    this.#ids = from ? from.#ids : 0;
    this.#host = this.#makeHost();
  }

  #everyone(): readonly (readonly [uid: string, Containers])[] {
    return [
      ...this.#remains,
      ...Array.from(this.#pods, ([uid, pod]) => [uid, pod.containers] as const),
    ];
  }

  /** Pods, by uid, of which a container runs. */
  runningPods(): readonly string[] {
    return this.#everyone()
      .filter(([, { runtime }]) => runningContainers(runtime).length > 0)
      .map(([uid]) => uid);
  }

  /** Logs and numbers of the node's pods; undefined while it is switched off. */
  get http(): HttpHandler | undefined {
    const { kubelet } = this;
    if (!kubelet) return undefined;
    kubelet.http ??= nodeHandler({
      node: { name: this.name, pods: { [Symbol.iterator]: () => this.#pods.values() } },
      ports: this.#ports,
      client: this.#actAsNode(),
      diskBytes: diskBytesOf(this.#options),
      machine: () => kubelet.agent.machine,
      metrics: (kubelet.metrics ??= new Metrics()),
    });
    return kubelet.http;
  }

  #actAsNode(): Client {
    this.#client ??= this.#ports.clientFor(this.name);
    return this.#client;
  }

  protected override runKubelet(signal: AbortSignal) {
    this.#recorder = undefined;
    this.#client = undefined;
    const agent = this.#makeAgent(signal);
    const kubelet: CrowdKubelet = { agent, signal, startedMs: this.#ports.clock.monotonic() };
    return { kubelet, ended: this.#run(agent, signal).catch(this.#ports.failed) };
  }

  protected override powerOff(): void {
    for (const containers of this.#remains.values()) this.#powerOff(containers);
  }

  protected override kubeletStopped(): void {
    for (const [uid, pod] of this.#pods) {
      pod[Symbol.dispose]();
      this.#remains.set(uid, pod.containers);
    }
    this.#pods.clear();
    this.#occupancy.clear();
  }

  rulesChanged(): void {
    for (const pod of this.#pods.values()) pod.rulesChanged();
  }

  override cutOff(): Disposable {
    this.#cuts++;
    return {
      [Symbol.dispose]: () => {
        this.#cuts--;
        this.#catchUp();
      },
    };
  }

  /** As a watch that begins anew: with all that there is by then. */
  #catchUp(): void {
    const node = this.#ports.nodes.get(undefined, this.name);
    if (node)
      this.observeNode({ object: node, old: undefined, isGone: false, revision: revisionOf(node) });
    const there = this.#ports.podsOf(this.name);
    const uids = new Set(there.map(({ metadata }) => metadata.uid));
    for (const { state } of this.#pods.values())
      if (state.pod && !uids.has(state.uid)) this.observePod({ object: state.pod, isGone: true });
    for (const object of there) this.observePod({ object, isGone: false });
  }

  observeNode(change: Change<Node>): void {
    if (this.#cuts === 0) this.#nodeListener?.(change);
  }

  observePod({ object, isGone }: Pick<Change<Pod>, "object" | "isGone">): void {
    if (!this.isRunning || this.#cuts > 0) return;
    const atMs = this.#host.clock.now();
    const pod = this.#pods.get(object.metadata.uid ?? "");
    if (!pod) {
      if (!isGone) this.#welcome(object);
      return;
    }
    // What we wrote ourselves is no news.
    if (revisionOf(object) > revisionOf(pod.state.pod))
      pod.observe({ is: "pod", pod: object, atMs });
    if (isGone) pod.observe({ is: "forgotten", atMs });
  }

  #leave(uid: string): void {
    if (this.#occupancy.remove(uid)) this.#roomNews();
  }

  /** Who waits for room asks again; the most deserving first. */
  readonly #roomNews = (): void => {
    const atMs = this.#host.clock.now();
    const states = Array.from(this.#pods.values(), ({ state }) => state);
    for (const waiting of inTurn(states))
      this.#pods.get(waiting.uid)?.observe({ is: "room", why: "pods_removed", atMs });
  };

  #allocate(pod: Pod): ResizeVerdict | undefined {
    const { uid = "" } = pod.metadata;
    const node = this.kubelet?.agent.node;
    const before = this.#pods.get(uid)?.state;
    const given = before?.pod && withAllocation(before.pod, before.resize?.allocation);
    this.#occupancy.remove(uid);
    const verdict = node && resizeRefusalOf(pod, this.#occupancy, node.status.allocatable ?? {});
    this.#occupancy.add(uid, verdict && given ? given : pod);
    return verdict;
  }

  async #run(agent: NodeAgent, signal: AbortSignal): Promise<void> {
    await agent.lookAtMachine();
    const running = agent.run(signal);
    for (const pod of this.#ports.podsOf(this.name))
      this.observePod({ object: pod, isGone: false });
    await running;
  }

  #makeAgent(signal: AbortSignal): NodeAgent {
    const { random, log: all, nodes, version } = this.#ports;
    const clock = this.clockOver(this.#ports.clock);
    const log = all.with({ component: "kubelet", node: this.name });
    return new NodeAgent({
      client: this.#actAsNode(),
      clock,
      random,
      log,
      version,
      nodeName: this.name,
      folders,
      port: 10_250,
      ...this.#settings,
      labels: nodeLabels(this.#options),
      taints: this.#options.taints ?? [],
      podCidr: this.#options.podCidr,
      volumesInUse: () => [],
      pressures: () => this.#pressures,
      isSteady: true,
      machine: async () => factsOf(this, this.#options, this.boots),
      runtime: {
        version: async () => ({ runtimeName: "simulated", runtimeVersion: "1" }),
        status: async () => (this.#pool.isReady ? withNetwork : withoutNetwork),
        listImages: async () => [],
        updatePodCidr: async (podCidrs) => this.#pool.use(podCidrs),
      },
      disk: {
        makeFolder: async () => undefined,
        space: async () => ({
          totalBytes: diskBytesOf(this.#options),
          freeBytes: diskBytesOf(this.#options),
        }),
        read: async () => undefined,
        write: async () => undefined,
      },
      nodes: {
        get: (_, name) => nodes.get(undefined, name),
        onChange: (listener) => {
          this.#nodeListener = listener;
          return { [Symbol.dispose]: () => undefined };
        },
      },
      recorder: { record: (about, event) => this.#record(signal, about, event), flushed: none },
    });
  }

  /** A recorder of its own costs something: only a node that has something to say gets one. */
  #record(signal: AbortSignal, ...[about, event]: Parameters<EventRecorder["record"]>): void {
    const { events, clock, random, log } = this.#ports;
    if (events === "none" || (events === "warnings" && event.type !== "Warning")) return;
    this.#recorder ??= createRecorder({
      client: this.#actAsNode(),
      source: { component: "kubelet", host: this.name },
      clock,
      random,
      log,
      signal,
    });
    this.#recorder.record(about, event);
  }

  get #pressures(): Pressures {
    return this.kubelet?.shortage?.pressures ?? noPressures;
  }

  #watchShortage(kubelet: CrowdKubelet): ShortageWatch {
    const { agent, signal, startedMs } = kubelet;
    const { log, failed } = this.#ports;
    const pods = this.#pods;
    return new ShortageWatch(
      {
        node: this.#options,
        nodeName: this.name,
        settings: this.#settings.eviction,
        pods: { workers: { [Symbol.iterator]: () => pods.values() } },
        images: { removeUnused: async () => this.#removeUnusedImages() },
        recorder: { record: (about, event) => this.#record(signal, about, event) },
        metrics: (kubelet.metrics ??= new Metrics()),
        clock: this.#host.clock,
        log: log.with({ component: "kubelet", node: this.name }),
        changed: () => agent.pressuresChanged(),
        startedMs,
        failed,
      },
      signal,
    );
  }

  #removeUnusedImages(): void {
    const used = new Set(
      this.#everyone().flatMap(([, { runtime }]) => runtime.containers.map(({ image }) => image)),
    );
    for (const image of this.#images) if (!used.has(image)) this.#images.delete(image);
  }

  #makeHost(): PodHost {
    const { log, behaviours, random } = this.#ports;
    return {
      clock: this.clockOver(this.#ports.clock),
      log,
      behaviours,
      shared: {
        client: () => this.#actAsNode(),
        behaviours,
        random,
        nodeName: this.name,
        newId: (what) => `${what}-${this.name}-${++this.#ids}`,
        nextAddress: () => this.#pool.next(),
        giveBack: (addresses) => {
          for (const address of addresses) this.#pool.giveBack(address);
        },
        hasImage: (image) => this.#images.has(image),
        addImage: (image) => void this.#images.add(image),
        allocate: (pod) => this.#allocate(pod),
      },
      usageGrew: () => {
        const { kubelet } = this;
        if (!kubelet) return;
        kubelet.shortage ??= this.#watchShortage(kubelet);
        kubelet.shortage.usageGrew();
      },
      record: (pod, event) => {
        const { metadata, kind, apiVersion } = pod;
        const { namespace, name = "", uid, resourceVersion } = metadata;
        const { fieldPath } = event;
        const about = { apiVersion, kind, namespace, name, uid, resourceVersion, fieldPath };
        if (this.kubelet) this.#record(this.kubelet.signal, about, event);
      },
    };
  }

  #welcome(pod: Pod): void {
    const { uid = "" } = pod.metadata;
    const refusal = this.#refusalOf(pod);
    if (refusal) this.#host.record(pod, { type: "Warning", ...refusal });
    const verdict = refusal && { ...refusal, message: `Pod was rejected: ${refusal.message}` }; // exact: kubelet
    const state = newPodState({
      pod,
      node: { hostIps: [this.address] },
      atMs: this.#host.clock.now(),
      ...(verdict ? { refusal: verdict } : {}),
    });
    const containers = this.#remains.get(uid) ?? new Containers(folders);
    this.#remains.delete(uid);
    const ended = (): void => this.#leave(uid);
    const gone = (): void => {
      this.#pods.delete(uid);
      ended();
    };
    const resized = this.#roomNews;
    const worker = new CrowdPod({ state, host: this.#host, containers, ended, resized, gone });
    this.#pods.set(uid, worker);
    if (!refusal && !isPodTerminal(pod)) this.#occupancy.add(uid, pod);
    worker.start();
  }

  /** Who runs here already is not sent away, and who is leaving needs no place. */
  #refusalOf(pod: Pod): Verdict | undefined {
    const node = this.kubelet?.agent.node;
    const hasStarted = pod.status.startTime !== undefined;
    if (!node || hasStarted || pod.metadata.deletionTimestamp) return undefined;
    return pressureRefusalOf(pod, this.#pressures) ?? refusalOf(pod, this.#occupancy, node);
  }

  #powerOff(containers: Containers): void {
    const atMs = this.#host.clock.now();
    for (const { id } of containers.runtime.containers) containers.end(id, { exitCode: 255, atMs });
    for (const { id } of containers.runtime.sandboxes)
      this.#host.shared.giveBack(containers.stopSandbox(id));
  }
}

const revisionOf = (object: Pod | Node | undefined): number =>
  Number(object?.metadata.resourceVersion ?? 0);

const none = async (): Promise<void> => undefined;
