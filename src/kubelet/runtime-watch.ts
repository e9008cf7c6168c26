/**
 * Notices what happens to containers: from the runtime's reports, as it happens, and from a look at
 * everything now and then, which finds what was missed and what belongs to nobody.
 */
import { minutes, seconds, sleep } from "#base/clock.ts";
import { notesOf, type Owner, ownerOf } from "./container/labels.ts";
import { Relists } from "./numbers/relists.ts";
import type { PodState } from "./pod/state.ts";
import { isRuntimeError } from "./runtime.ts";
import type { Workshop } from "./tasks/job.ts";

export interface WatchOptions {
  readonly workshop: Workshop;
  /** What is believed of the pods. */
  readonly states: () => Iterable<PodState>;
  /** This pod's containers are not what is believed. */
  readonly changed: (uid: string) => void;
  /** Containers of a pod that nobody knows. */
  readonly orphaned: (orphan: Owner & { readonly graceSeconds: number }) => void;
}

const relistMs = minutes(1);
/** When the runtime reports nothing. */
const relistBlindMs = seconds(1);
/** By then a subscription stands: no runtime says when it does. */
const subscribedMs = seconds(1);

export class RuntimeWatch {
  readonly #options: WatchOptions;
  readonly #relists: Relists;
  #isBlind = false;

  constructor(options: WatchOptions) {
    const { metrics, clock } = options.workshop;
    this.#options = options;
    this.#relists = new Relists(metrics, clock);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#relist(signal), this.#follow(signal)]);
  }

  async #relist(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.workshop;
    while (!signal.aborted) {
      await this.#relists.measure(() => this.#compare());
      await sleep(clock, this.#isBlind ? relistBlindMs : relistMs, signal);
    }
  }

  /** Reports of exits, for as long as the runtime gives them. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { runtime, clock, log } = this.#options.workshop;
    while (!signal.aborted && !this.#isBlind) {
      const caughtUp = this.#catchUp(signal);
      try {
        for await (const { id } of runtime.changes(signal)) this.#note(id);
      } catch (error) {
        log.info("runtime events interrupted", { cause: String(error) });
        this.#isBlind = isRuntimeError(error, "Unimplemented");
      }
      await Promise.all([caughtUp, sleep(clock, seconds(1), signal)]);
    }
  }

  /** What happened before the subscription stood was not reported. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    await sleep(this.#options.workshop.clock, subscribedMs, signal);
    if (!signal.aborted) await this.#compare();
  }

  #note(id: string): void {
    const { states, changed } = this.#options;
    for (const { uid, runtime } of states()) {
      const { containers = [], sandboxes = [] } = runtime ?? {};
      const isHis = [...containers, ...sandboxes].some((known) => known.id === id);
      if (isHis) changed(uid);
    }
  }

  async #compare(): Promise<void> {
    const { states, changed, orphaned, workshop } = this.#options;
    let found: ReadonlyMap<string, Found>;
    try {
      found = await this.#list();
    } catch (error) {
      workshop.log.info("runtime does not tell", { cause: String(error) });
      return;
    }
    const believed = new Map([...states()].map((state) => [state.uid, marksOf(state)]));
    for (const [uid, { owner, marks, graceSeconds }] of found) {
      if (!believed.has(uid)) orphaned({ ...owner, graceSeconds });
      else if (believed.get(uid) !== textOf(marks)) changed(uid);
    }
    for (const [uid, marks] of believed) if (marks !== "" && !found.has(uid)) changed(uid);
  }

  async #list(): Promise<ReadonlyMap<string, Found>> {
    const { runtime } = this.#options.workshop;
    const [sandboxes, containers] = await Promise.all([
      runtime.listSandboxes(),
      runtime.listContainers(),
    ]);
    const found = new Map<string, Found>();
    const note = (owner: Owner | undefined, mark: string, graceSeconds: number): void => {
      if (!owner) return;
      const before = found.get(owner.uid);
      found.set(owner.uid, {
        owner,
        marks: [...(before?.marks ?? []), mark],
        graceSeconds: Math.max(before?.graceSeconds ?? 0, graceSeconds),
      });
    };
    for (const { id, isReady, labels } of sandboxes) note(ownerOf(labels), `${id}${isReady}`, 0);
    for (const { id, state, labels, annotations } of containers)
      note(ownerOf(labels), id + state, notesOf(annotations).graceSeconds);
    return found;
  }
}

/** What the runtime has of one pod; `marks` say what, and in which state. */
interface Found {
  readonly owner: Owner;
  readonly marks: readonly string[];
  readonly graceSeconds: number;
}

const textOf = (marks: readonly string[]): string => marks.toSorted().join();

const marksOf = ({ runtime }: PodState): string =>
  textOf([
    ...(runtime?.sandboxes ?? []).map(({ id, isReady }) => `${id}${isReady}`),
    ...(runtime?.containers ?? []).map(({ id, state }) => id + state),
  ]);
