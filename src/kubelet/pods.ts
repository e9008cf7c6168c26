/** All pods of the node: gives each one a worker, and takes in what the API and the runtime report. */
import type { Node } from "#api/core/node.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { seconds, sleep } from "#base/clock.ts";
import { cpuMilli } from "#base/quantity.ts";
import type { Change, Informer } from "#client/informer.ts";
import { occupancyOf, pressureRefusalOf, refusalOf, resizeRefusalOf } from "./admission.ts";
import { burstableShares, sharesOf } from "./container/resources.ts";
import { removeLeftovers } from "./leftovers.ts";
import type { Pressures } from "./node/pressures.ts";
import type { PodName } from "./paths.ts";
import { withAllocation } from "./pod/allocation.ts";
import type { RoomReason } from "./pod/effects.ts";
import { inTurn, resizeFromRecord } from "./pod/resizing.ts";
import { newPodState, orphanState, type PodState, type Verdict } from "./pod/state.ts";
import { nothingRuns } from "./pod/observed.ts";
import { RuntimeWatch } from "./runtime-watch.ts";
import type { Room, Workshop } from "./tasks/job.ts";
import { PodWorker } from "./tasks/pod-worker.ts";

interface PodsOptions {
  readonly workshop: Workshop;
  /** Of this node only. */
  readonly informer: Informer<Pod>;
  readonly node: () => Node | undefined;
  readonly pressures: () => Pressures;
}

export class Pods {
  readonly #options: PodsOptions;
  readonly #workers = new Map<string, PodWorker>();
  #isOpen = false;
  #burstableShares = 0;

  constructor(options: PodsOptions) {
    this.#options = options;
    options.informer.onChange((change) => this.#observe(change));
  }

  get workers(): Iterable<PodWorker> {
    return this.#workers.values();
  }

  findByName(namespace: string, name: string): PodWorker | undefined {
    for (const worker of this.#workers.values()) {
      const { state } = worker;
      if (state.namespace === namespace && state.name === name && !state.isForgotten) return worker;
    }
    return undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { informer, workshop } = this.#options;
    const held = await this.#prepare(signal);
    await workshop.allocations.load(informer.list().map(({ metadata }) => metadata.uid ?? ""));
    for (const uid of held) this.#addOrphan({ uid, namespace: "", name: "", graceSeconds: 0 });
    this.#isOpen = !signal.aborted;
    // Those that came first have the first claim.
    for (const pod of this.#isOpen ? informer.list().toSorted(oldestFirst) : []) this.#welcome(pod);
    const watch = new RuntimeWatch({
      workshop,
      states: () => this.#states(),
      changed: (uid) => void this.#workers.get(uid)?.observeRuntime(),
      orphaned: (orphan) => this.#addOrphan(orphan),
    });
    await watch.run(signal);
    this.#isOpen = false;
    for (const worker of this.#workers.values()) worker[Symbol.dispose]();
  }

  *#states(): Iterable<PodState> {
    for (const { state } of this.#workers.values()) yield state;
  }

  #addOrphan({ graceSeconds, ...owner }: PodName & { readonly graceSeconds: number }): void {
    const deadlineMs = this.#options.workshop.clock.now() + seconds(graceSeconds);
    this.#add(orphanState({ ...owner, runtime: nothingRuns, deadlineMs }));
  }

  /** Something that pods wait for before their volumes can be mounted may have come. */
  volumeNews(): void {
    const atMs = this.#options.workshop.clock.now();
    for (const worker of this.#workers.values())
      if (worker.state.volumes.at !== "mounted") worker.observe({ is: "objects", atMs });
  }

  /** What the node can still give, to those who want more than they have. */
  readonly room: Room = {
    refusalOf: (pod) => {
      const node = this.#options.node();
      const others = this.#active().filter(({ metadata }) => metadata.uid !== pod.metadata.uid);
      return node && resizeRefusalOf(pod, occupancyOf(others), node.status.allocatable ?? {});
    },
    changed: (why) => {
      void this.#weighBurstable();
      this.#roomNews(why);
    },
  };

  /** Who waits for room asks again; the most deserving first. */
  #roomNews(why: RoomReason): void {
    const atMs = this.#options.workshop.clock.now();
    for (const { uid } of inTurn(this.#states()))
      this.#workers.get(uid)?.observe({ is: "room", why, atMs });
  }

  /** Once the runtime answers: what is left of pods that are gone goes first. */
  async #prepare(signal: AbortSignal): Promise<readonly string[]> {
    const { workshop, informer } = this.#options;
    const { log, clock } = workshop;
    while (!signal.aborted) {
      try {
        const uids = informer.list().map(({ metadata }) => metadata.uid);
        const held = await removeLeftovers(workshop, uids);
        await this.#prepareGroups();
        return held;
      } catch (error) {
        log.warn("cannot run pods yet", { cause: String(error) });
      }
      await sleep(clock, seconds(1), signal);
    }
    return [];
  }

  /** The groups of all pods, and of the two classes that share what the guaranteed leave. */
  async #prepareGroups(): Promise<void> {
    const { cgroups, cgroupRoot, node } = this.#options.workshop;
    await cgroups.ensure(cgroupRoot, {
      cpuShares: sharesOf(cpuMilli(node.allocatable()["cpu"] ?? "1")),
    });
    await cgroups.ensure(`${cgroupRoot}/besteffort`, { cpuShares: sharesOf(0) });
    await this.#weighBurstable();
  }

  async #weighBurstable(): Promise<void> {
    const { cgroups, cgroupRoot, log } = this.#options.workshop;
    try {
      const cpuShares = burstableShares(this.#active());
      if (cpuShares === this.#burstableShares) return;
      this.#burstableShares = cpuShares;
      await cgroups.ensure(`${cgroupRoot}/burstable`, { cpuShares });
    } catch (error) {
      log.warn("cannot weigh burstable pods", { cause: String(error) });
    }
  }

  #observe({ object, isGone }: Change<Pod>): void {
    if (!this.#isOpen) return;
    const worker = this.#workers.get(object.metadata.uid ?? "");
    const atMs = this.#options.workshop.clock.now();
    if (worker) {
      worker.observe({ is: "pod", pod: object, atMs });
      if (isGone) worker.observe({ is: "forgotten", atMs });
    } else if (!isGone) {
      this.#welcome(object);
    }
  }

  #welcome(pod: Pod): void {
    const { workshop } = this.#options;
    const refusal = this.#refusalOf(pod);
    if (refusal) workshop.recorder.record(pod, { type: "Warning", ...refusal });
    const verdict = refusal && { ...refusal, message: `Pod was rejected: ${refusal.message}` }; // exact: kubelet
    const record = workshop.allocations.find(pod.metadata.uid ?? "");
    this.#add(
      newPodState({
        pod,
        resize: record && resizeFromRecord(pod, record, workshop.clock.now()),
        node: { hostIps: workshop.node.hostIps() },
        atMs: workshop.clock.now(),
        ...(verdict ? { refusal: verdict } : {}),
      }),
    );
    void this.#weighBurstable();
  }

  /** Who runs here already is not sent away, and who is leaving needs no place. */
  #refusalOf(pod: Pod): Verdict | undefined {
    const node = this.#options.node();
    const hasStarted = pod.status.startTime !== undefined;
    if (!node || hasStarted || pod.metadata.deletionTimestamp) return undefined;
    const pressures = this.#options.pressures();
    return pressureRefusalOf(pod, pressures) ?? refusalOf(pod, occupancyOf(this.#active()), node);
  }

  /** With what they were given. */
  #active(): readonly Pod[] {
    const { allocations } = this.#options.workshop;
    return [...this.#states()].flatMap(({ uid, pod, life, isForgotten, resize }) => {
      if (!pod || isForgotten || isPodTerminal(pod) || life.at === "ended") return [];
      return [withAllocation(pod, allocations.find(uid)?.allocation ?? resize?.allocation)];
    });
  }

  #add(state: PodState): void {
    const { workshop } = this.#options;
    const gone = (): void => {
      this.#workers.delete(state.uid);
      ended();
    };
    const ended = (): void => this.room.changed("pods_removed");
    const worker = new PodWorker({ state, workshop, gone, ended });
    this.#workers.set(state.uid, worker);
    worker.start();
  }
}

const oldestFirst = (a: Pod, b: Pod): number =>
  (a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1;
