/**
 * The node's own object: registration, heartbeat, status, and the address range that the cluster
 * gives it for its pods.
 * upstream: pkg/kubelet/kubelet_node_status.go, component-helpers/apimachinery/lease
 */
import { Lease } from "#api/coordination/lease.ts";
import { Node, type NodeStatus, type Taint } from "#api/core/node.ts";
import { nodeTaints } from "#api/core/taints.ts";
import { isReason } from "#api/errors.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { formatMicroTime, minutes, nap, seconds, sleep } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { EventRecorder } from "#client/events.ts";
import type { Informer } from "#client/informer.ts";
import { defaultEviction, type EvictionSettings } from "../eviction/thresholds.ts";
import { type Folders, leasesFolder } from "../paths.ts";
import type { KubeletPorts, MachineFacts } from "../ports.ts";
import type { ContainerRuntime, Image, RuntimeStatus, RuntimeVersion } from "../runtime.ts";
import { cniConfig, type NetworkOptions } from "./cni-config.ts";
import { isSameNews, nodeStatus, readyProblem } from "./node-status.ts";
import { allPressures, pressureAnswer, type Pressures } from "./pressures.ts";
import { nodeSubject } from "./subject.ts";

type Ports = Pick<KubeletPorts, "client" | "clock" | "random" | "log" | "machine">;
type Runtime = Pick<ContainerRuntime, "version" | "status" | "listImages" | "updatePodCidr">;

export interface NodeAgentOptions extends Ports {
  readonly runtime: Runtime;
  readonly disk: Pick<Disk, "makeFolder" | "space" | "read" | "write">;
  readonly nodeName: string;
  readonly folders: Folders;
  readonly version: string;
  readonly port: number;
  readonly podsMax: number;
  readonly labels: { readonly [name: string]: string };
  readonly taints: readonly Taint[];
  /** The range of its pods' addresses, where the cluster is not to give it one. */
  readonly podCidr?: string | undefined;
  /** Absent where someone else configures the pod network. */
  readonly network?: NetworkOptions;
  /** Of this node only. */
  readonly nodes: Pick<Informer<Node>, "get" | "onChange">;
  readonly recorder: EventRecorder;
  /** Attached volumes that are not to be taken away. */
  readonly volumesInUse: () => readonly string[];
  /** What it runs short of. The same set as long as it is the same. */
  readonly pressures: () => Pressures;
  /** Which thresholds keep something from its pods; the usual ones unless said. */
  readonly eviction?: EvictionSettings | undefined;
  /** Of the node's lease, which is renewed four times as often; 40 unless said. */
  readonly leaseSeconds?: number;
  /** Neither machine nor runtime changes by itself: nobody has to look at them all the time. */
  readonly isSteady?: boolean;
}

const leaseNamespace = "kube-node-lease";
/** exact: kubelet */
export const leaseSecondsUsual = 40;
const renewalsPerLease = 4;
const lookMs = seconds(10);
const statusMs = minutes(5);
/** While the node is not ready, its network may come up any moment. */
const impatienceMs = 200;
/** A runtime that does not answer for a moment is busy; after so long it is down. exact: kubelet */
const silenceMsMax = seconds(30);

export class NodeAgent {
  readonly #options: NodeAgentOptions;
  /** Ends the pause between two looks. */
  #endPause: () => void = () => undefined;
  /** Somebody waits for the next look. */
  #isWaitedFor = false;
  /** The pause is to last until there is news. */
  #isResting = false;
  #machine: MachineFacts | undefined;
  #images: readonly Image[] = [];
  #areImagesStale = true;
  #runtimeVersion: RuntimeVersion = { runtimeName: "", runtimeVersion: "" };
  #lease: Lease | undefined;
  #written: Node | undefined;
  #statusAtMs = -Infinity;
  /** What the last look found to be no news. */
  #seen:
    | { readonly runtime: unknown; readonly status: unknown; readonly pressures: Pressures }
    | undefined;
  #podCidrs = "";
  #isReady = false;
  /** Since when the runtime does not answer. */
  #silentSinceMs = Infinity;

  constructor(options: NodeAgentOptions) {
    this.#options = options;
    options.nodes.onChange(({ object }) => void this.#observe(object));
  }

  /** The node as the API has it; our own last write may be newer than what we have watched. */
  get node(): Node | undefined {
    const { nodes, nodeName } = this.#options;
    const watched = nodes.get(undefined, nodeName);
    return revisionOf(this.#written) > revisionOf(watched) ? this.#written : watched;
  }

  get #leaseSeconds(): number {
    return this.#options.leaseSeconds ?? leaseSecondsUsual;
  }

  get machine(): MachineFacts | undefined {
    return this.#machine;
  }

  /** An image came or went. */
  imagesChanged(): void {
    this.#areImagesStale = true;
  }

  /** Pods wait until the node's status tells of their volumes. */
  volumesChanged(): void {
    this.#hurry();
  }

  /** Nobody is to send it pods that it cannot take. */
  pressuresChanged(): void {
    this.#hurry();
  }

  #hurry(): void {
    this.#isWaitedFor = true;
    this.#endPause();
  }

  /** Has to succeed once before pods are run: they are told about their node. */
  async lookAtMachine(): Promise<void> {
    this.#machine = await this.#options.machine();
  }

  async run(signal: AbortSignal): Promise<void> {
    const started = { type: "Normal", reason: "Starting", message: "Starting kubelet." } as const; // exact: kubelet
    this.#options.recorder.record(nodeSubject(this.#options.nodeName), started);
    await Promise.all([this.#heartbeats(signal), this.#reports(signal)]);
  }

  async #heartbeats(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const renewMs = seconds(this.#leaseSeconds) / renewalsPerLease;
    // Kubelets that were started together do not beat together.
    let pauseMs = renewMs * (1 - random.next() / 2);
    while (!signal.aborted) {
      await this.#attempt("lease", () => this.#renewLease());
      await sleep(clock, pauseMs, signal);
      pauseMs = renewMs;
    }
  }

  async #reports(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#attempt("node status", () => this.#report());
      // Unless that was done when the node was last heard of.
      if (this.node) await this.#useRange(this.node);
      const isWell = this.#isReady && this.#silentSinceMs === Infinity;
      if (isWell && this.#options.isSteady) await this.#rest(signal);
      await this.#pause(isWell ? lookMs : impatienceMs, signal);
    }
  }

  /** When the last look found no news: until there is some, or the next report is nearly due. */
  async #rest(signal: AbortSignal): Promise<void> {
    if (!this.#seen || this.#seen.status !== this.node?.status) return;
    const dueMs = this.#statusAtMs + statusMs - this.#options.clock.monotonic();
    if (dueMs <= lookMs) return;
    this.#isResting = true;
    await this.#pause(dueMs - lookMs, signal);
    this.#isResting = false;
  }

  /** So long, or until there is news. */
  async #pause(pauseMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#isWaitedFor) return;
    const { over, end } = nap(this.#options.clock, pauseMs, signal);
    this.#endPause = end;
    await over;
  }

  async #attempt(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#options.log.warn("node update failed", { what, cause: String(error) });
    }
  }

  async #report(): Promise<void> {
    const { clock } = this.#options;
    this.#isWaitedFor = false;
    const isDue = clock.monotonic() - this.#statusAtMs >= statusMs;
    if (isDue) await this.lookAtMachine();
    const runtime = await this.#runtimeStatus();
    // What was said of the node stays true, be it by the kubelet before this one.
    if (!runtime && this.node && clock.monotonic() - this.#silentSinceMs < silenceMsMax) return;
    this.#noteReady(readyProblem(runtime) === undefined);
    if (!isDue && !this.#isNews(runtime)) return;
    const pressures = this.#options.pressures();
    const status = await this.#status(runtime);
    this.#notePressures(this.node?.status, pressures);
    const node = this.node ?? (await this.#register(status));
    if (!isDue && isSameNews(status, node.status)) {
      this.#seen = { runtime, status: node.status, pressures };
      return;
    }
    this.#written = await this.#writeStatus(node, status);
    this.#statusAtMs = clock.monotonic();
  }

  /** False for exactly what the last look saw: a runtime may answer with the same object as before. */
  #isNews(runtime: RuntimeStatus | undefined): boolean {
    const { status } = this.node ?? {};
    const seen = this.#seen;
    if (seen?.pressures !== this.#options.pressures()) return true;
    const isSeen = seen.runtime === runtime && seen.status === status;
    const listed = status?.volumesInUse ?? [];
    if (listed.join() !== this.#options.volumesInUse().join()) return true;
    return !isSeen || status === undefined || (this.#areImagesStale && runtime !== undefined);
  }

  async #writeStatus(node: Node, status: NodeStatus): Promise<Node> {
    const { client, nodeName } = this.#options;
    try {
      return await client.updateStatus(Node, { ...node, status });
    } catch (error) {
      if (!isReason(error, "Conflict")) throw error;
    }
    // Controllers write taints and address ranges, and which volumes are attached.
    const newest = await client.get(Node, { name: nodeName });
    const { volumesAttached: _old, ...own } = status;
    const { volumesAttached } = newest.status;
    return client.updateStatus(Node, {
      ...newest,
      status: volumesAttached ? { ...own, volumesAttached } : own,
    });
  }

  async #status(runtime: RuntimeStatus | undefined): Promise<NodeStatus> {
    const { disk, folders, clock } = this.#options;
    if (this.#areImagesStale && runtime) await this.#lookAtImages();
    const machine = this.#machine ?? (await this.#options.machine());
    this.#machine = machine;
    await disk.makeFolder(folders.root, 0o750);
    return nodeStatus({
      machine,
      version: this.#options.version,
      port: this.#options.port,
      podsMax: this.#options.podsMax,
      diskBytes: (await disk.space(folders.root)).totalBytes,
      runtimeVersion: this.#runtimeVersion,
      runtime,
      images: this.#images,
      volumesInUse: this.#options.volumesInUse(),
      pressures: this.#options.pressures(),
      eviction: this.#options.eviction ?? defaultEviction,
      before: this.node?.status,
      atMs: clock.now(),
    });
  }

  #noteReady(isReady: boolean): void {
    const { nodeName, recorder } = this.#options;
    if (isReady === this.#isReady) return;
    this.#isReady = isReady;
    const reason = isReady ? "NodeReady" : "NodeNotReady";
    const message = `Node ${nodeName} status is now: ${reason}`; // exact: kubelet
    recorder.record(nodeSubject(nodeName), { type: "Normal", reason, message });
  }

  /** What is new about them: all of them, of a new node, unless thousands of those begin at once. */
  #notePressures(before: NodeStatus | undefined, pressures: Pressures): void {
    const { nodeName, recorder, isSteady } = this.#options;
    if (!before && isSteady) return;
    for (const type of allPressures) {
      const { status } = findCondition(before?.conditions ?? [], type) ?? {};
      if (status === (pressures.has(type) ? "True" : "False")) continue;
      const { event: reason } = pressureAnswer(type, pressures);
      const message = `Node ${nodeName} status is now: ${reason}`; // exact: kubelet
      recorder.record(nodeSubject(nodeName), { type: "Normal", reason, message });
    }
  }

  /** Undefined when the runtime does not answer. */
  async #runtimeStatus(): Promise<RuntimeStatus | undefined> {
    const { runtime, log, clock } = this.#options;
    try {
      if (this.#runtimeVersion.runtimeName === "") this.#runtimeVersion = await runtime.version();
      const status = await runtime.status();
      this.#silentSinceMs = Infinity;
      return status;
    } catch (error) {
      const isNew = this.#silentSinceMs === Infinity;
      if (isNew) this.#silentSinceMs = clock.monotonic();
      if (isNew) log.info("container runtime does not answer", { cause: String(error) });
      return undefined;
    }
  }

  async #lookAtImages(): Promise<void> {
    this.#images = await this.#options.runtime.listImages();
    this.#areImagesStale = false;
  }

  async #register(status: NodeStatus): Promise<Node> {
    const { client, nodeName, taints, log, podCidr } = this.#options;
    const range = podCidr === undefined ? {} : { podCIDR: podCidr, podCIDRs: [podCidr] };
    const labels = this.#labels();
    try {
      const created = await client.create(Node, {
        metadata: {
          name: nodeName,
          labels,
          annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
        },
        // Nothing is to run here before the node says that it is ready.
        spec: { ...range, taints: [...taints, { key: nodeTaints.notReady, effect: "NoSchedule" }] },
        status,
      });
      log.info("node registered", { node: nodeName });
      return created;
    } catch (error) {
      if (!isReason(error, "AlreadyExists")) throw error;
    }
    const change = { metadata: { labels } };
    return client.patch(Node, { name: nodeName }, { is: "merge", change });
  }

  #labels(): { readonly [name: string]: string } {
    const { nodeName, labels } = this.#options;
    const { architecture = "", hostname = nodeName } = this.#machine ?? {};
    return {
      "beta.kubernetes.io/arch": architecture,
      "beta.kubernetes.io/os": "linux",
      "kubernetes.io/arch": architecture,
      "kubernetes.io/hostname": hostname,
      "kubernetes.io/os": "linux",
      ...labels,
    };
  }

  async #renewLease(): Promise<void> {
    const { client, clock, nodeName } = this.#options;
    const renewTime = formatMicroTime(clock.now());
    // The kubelet before this one may have had another configuration.
    const leaseDurationSeconds = this.#leaseSeconds;
    try {
      this.#lease = this.#lease
        ? await client.update(Lease, {
            ...this.#lease,
            spec: { ...this.#lease.spec, leaseDurationSeconds, renewTime },
          })
        : await this.#createLease(renewTime);
    } catch (error) {
      // Someone else's or gone: look again.
      this.#lease = undefined;
      if (isReason(error, "AlreadyExists")) {
        this.#lease = await client.get(Lease, { namespace: leaseNamespace, name: nodeName });
        // It may have to hold for long: not only at the next beat.
        await this.#renewLease();
      } else if (!isReason(error, "Conflict") && !isReason(error, "NotFound")) throw error;
    }
  }

  #createLease(renewTime: string): Promise<Lease> {
    const { client, nodeName } = this.#options;
    const uid = this.node?.metadata.uid;
    const owner = { apiVersion: "v1", kind: "Node", name: nodeName, uid: uid ?? "" };
    return client.create(Lease, {
      metadata: {
        namespace: leaseNamespace,
        name: nodeName,
        ...(uid ? { ownerReferences: [owner] } : {}),
      },
      spec: { holderIdentity: nodeName, leaseDurationSeconds: this.#leaseSeconds, renewTime },
    });
  }

  async #observe(node: Node): Promise<void> {
    if (this.#isResting) this.#endPause();
    await this.#useRange(node);
  }

  /** What could not be configured is tried again at the next look at the node. */
  async #useRange({ spec }: Node): Promise<void> {
    const podCidrs = spec.podCIDRs ?? (spec.podCIDR ? [spec.podCIDR] : []);
    if (podCidrs.length === 0 || podCidrs.join() === this.#podCidrs) return;
    this.#podCidrs = podCidrs.join();
    await this.#attempt("pod network", async () => {
      try {
        await this.#configureNetwork(podCidrs);
      } catch (error) {
        this.#podCidrs = "";
        throw error;
      }
    });
    this.#endPause();
  }

  async #configureNetwork(podCidrs: readonly string[]): Promise<void> {
    const { disk, folders, network, runtime, log } = this.#options;
    if (network) {
      await disk.makeFolder(folders.cniConfig, 0o755);
      const path = `${folders.cniConfig}/10-k8ts.conflist`;
      const content = cniConfig({ ...network, podCidrs, leases: leasesFolder(folders) });
      const present = new TextDecoder().decode(await disk.read(path));
      if (present !== content) await disk.write(path, content, 0o644);
    }
    log.info("pod network configured", { podCidrs });
    await runtime.updatePodCidr(this.#podCidrs);
  }
}

const revisionOf = (node: Node | undefined): number => Number(node?.metadata.resourceVersion ?? 0);
