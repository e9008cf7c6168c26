/**
 * Decisions in which extenders take part. They are asked between filtering and scoring, and the
 * world goes on meanwhile: nothing is taken for granted afterwards. `propose` asks; `settle` looks
 * again, and what it says holds at this moment.
 * upstream: schedule_one.go#findNodesThatPassExtenders, #prioritizeNodes; preemption.go#callExtenders
 */
import { AssertionFailed } from "#base/assert.ts";
import { messageOf } from "#base/failure.ts";
import type { Log } from "#base/log.ts";
import { below, type Random } from "#base/random.ts";
import type { Candidates, Decider, Decision, Unfit } from "../cycle/decide.ts";
import type { Finding } from "../cycle/verdicts.ts";
import { hopeless, type Offer, type Placement, refuse } from "../plugin.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { Extender } from "./extender.ts";

export interface ExtendedOptions {
  readonly decider: Decider;
  readonly extenders: readonly Extender[];
  readonly snapshot: Snapshot;
  readonly random: Random;
  readonly log: Log;
}

/** The best first; to be looked at again. */
interface Ranked {
  readonly is: "ranked";
  readonly nodes: readonly NodeView[];
}

/** Room can be made, and the extenders agreed on where. */
interface Negotiated {
  readonly is: "negotiated";
  readonly unfit: Unfit;
  readonly offers: readonly Offer[];
}

export type Proposal = Decision | Ranked | Negotiated;

/** exact: kube-scheduler */
const extenderName = "Extender";
/** Scores go from 0 to 100, those of extenders to 10. */
const scoreFactor = 10;

export class ExtendedDecider {
  readonly #options: ExtendedOptions;

  constructor(options: ExtendedOptions) {
    this.#options = options;
  }

  /** Whether any extender wants to be asked about it before it has a node. */
  concerns(pod: PodInfo): boolean {
    return this.#interested(pod).some(
      ({ settings: { filterVerb, prioritizeVerb, preemptVerb } }) =>
        filterVerb ?? prioritizeVerb ?? preemptVerb,
    );
  }

  async propose(queued: QueuedPod): Promise<Proposal> {
    try {
      return await this.#propose(queued.pod);
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      return { is: "failed", message: messageOf(cause) };
    }
  }

  /** Undefined when what was proposed does not hold any more. */
  settle({ pod }: QueuedPod, proposal: Proposal): Decision | undefined {
    if (proposal.is === "ranked") {
      const { nodes } = proposal;
      const node = nodes.find((one) => this.#options.decider.fits(pod, one));
      return node && { is: "fit", node, feasible: nodes.length };
    }
    return proposal.is === "negotiated" ? this.#taken(proposal) : proposal;
  }

  /** False when no extender binds it. Throws what went wrong. */
  async bind(placement: Placement): Promise<boolean> {
    for (const extender of this.#interested(placement.pod)) {
      if (!extender.settings.bindVerb) continue;
      const isBound = await this.#tolerant(extender, async () => {
        await extender.bind(placement);
        return true;
      });
      if (isBound) return true;
    }
    return false;
  }

  async #propose(pod: PodInfo): Promise<Proposal> {
    const { decider } = this.#options;
    let found = decider.candidates(pod, { isForAll: false });
    if (found.is === "candidates" && found.isNominated) {
      const { nodes } = await this.#filtered(pod, found);
      if (nodes.length > 0) return { is: "ranked", nodes };
      found = decider.candidates(pod, { isForAll: true });
    }
    if (found.is === "unfit") return this.#negotiated(pod, found);
    if (found.is !== "candidates") return found;
    const { nodes, findings } = await this.#filtered(pod, found);
    if (nodes.length > 0) return { is: "ranked", nodes: await this.#ranked(pod, nodes) };
    const refused = decider.unfit(pod, new Map([...found.findings, ...findings]));
    return refused.is === "unfit" ? this.#negotiated(pod, refused) : refused;
  }

  async #filtered(pod: PodInfo, found: Candidates) {
    let { nodes } = found;
    const findings = new Map<NodeView, Finding>();
    for (const extender of this.#interested(pod)) {
      if (nodes.length === 0) break;
      if (!extender.settings.filterVerb) continue;
      const asked = nodes;
      const answer = await this.#tolerant(extender, () => extender.filter(pod, asked));
      if (!answer) continue;
      nodes = answer.nodes;
      const kept = new Set(nodes);
      for (const node of asked) {
        if (kept.has(node)) continue;
        const never = answer.hopeless.get(node.name);
        const why = answer.refused.get(node.name) ?? `node(s) were left out by ${extender.name}`;
        const refusal = never === undefined ? refuse(why) : hopeless(never);
        findings.set(node, { plugin: extenderName, refusal });
      }
    }
    return { nodes, findings };
  }

  async #ranked(pod: PodInfo, nodes: readonly NodeView[]): Promise<readonly NodeView[]> {
    if (nodes.length === 1) return nodes;
    const present = nodes.filter(({ isPresent }) => isPresent);
    const totals = new Map(
      [...this.#options.decider.totals(pod, present)].map((total, i) => [present[i], total]),
    );
    for (const extender of this.#interested(pod)) {
      if (!extender.settings.prioritizeVerb) continue;
      const scores = await this.#advice(extender, pod, present);
      for (const node of present) {
        const more = (scores?.get(node.name) ?? 0) * scoreFactor;
        totals.set(node, (totals.get(node) ?? 0) + more);
      }
    }
    return shuffled(present, this.#options.random).sort(
      (a, b) => (totals.get(b) ?? 0) - (totals.get(a) ?? 0),
    );
  }

  /** An opinion that cannot be had is none. */
  async #advice(extender: Extender, pod: PodInfo, nodes: readonly NodeView[]) {
    try {
      return await extender.prioritize(pod, nodes);
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      const fields = { extender: extender.name, why: messageOf(cause) };
      this.#options.log.warn("an extender gave no scores", fields);
      return undefined;
    }
  }

  async #negotiated(pod: PodInfo, unfit: Unfit): Promise<Proposal> {
    const { offers } = unfit.postFilter ?? {};
    const extenders = this.#interested(pod).filter(({ settings }) => settings.preemptVerb);
    if (!offers || extenders.length === 0) return unfit;
    let left = offers;
    try {
      for (const extender of extenders) {
        if (left.length === 0) break;
        const asked = left;
        left = (await this.#tolerant(extender, () => extender.preempt(pod, asked))) ?? asked;
      }
    } catch (cause) {
      if (cause instanceof AssertionFailed) throw cause;
      return withoutRescue(unfit, `preemption: ${messageOf(cause)}`);
    }
    return { is: "negotiated", unfit, offers: left };
  }

  /** Who left meanwhile needs no eviction: then the offer is off. */
  #taken({ unfit, offers }: Negotiated): Decision {
    const { snapshot } = this.#options;
    const open = offers.filter(
      ({ node, victims }) =>
        node.isPresent && victims.every(({ uid }) => snapshot.findPod(uid)?.node === node),
    );
    const taken = unfit.postFilter?.take?.(open);
    // exact: kube-scheduler
    if (!taken) return withoutRescue(unfit, "preemption: no candidate node for preemption");
    return { ...unfit, postFilter: { ...unfit.postFilter, ...taken } };
  }

  #interested({ pod }: PodInfo): readonly Extender[] {
    return this.#options.extenders.filter((extender) => extender.isInterestedIn(pod));
  }

  /** Undefined when it failed, and may. */
  async #tolerant<T>(extender: Extender, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (cause) {
      if (cause instanceof AssertionFailed || !extender.settings.isIgnorable) throw cause;
      const fields = { extender: extender.name, why: messageOf(cause) };
      // exact: kube-scheduler
      const message = "Skipping extender as it returned error and has ignorable flag set";
      this.#options.log.warn(message, fields);
      return undefined;
    }
  }
}

const withoutRescue = (unfit: Unfit, why: string): Unfit => ({
  ...unfit,
  message: `${unfit.message} ${why}`,
  postFilter: { message: why, nominatedNodeName: "" },
});

/** Equals come in any order. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
}
