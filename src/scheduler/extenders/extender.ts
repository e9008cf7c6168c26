/**
 * A program outside that has a say in scheduling, asked over HTTP: which nodes will do, which are
 * good, whom to evict; or it binds pods itself. upstream: pkg/scheduler/extender.go
 */
import type { Pod } from "#api/core/pod.ts";
import type { Clock } from "#base/clock.ts";
import { within } from "#base/deadline.ts";
import { messageOf } from "#base/failure.ts";
import type { HttpClient } from "#base/http.ts";
import type { Offer, Placement } from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { ExtenderSettings } from "./settings.ts";
import {
  Answer,
  type BindingArgs,
  type ExtenderArgs,
  malformed,
  type MetaVictims,
  type PreemptionArgs,
} from "./wire.ts";

export interface ExtenderPorts {
  readonly clock: Clock;
  readonly http: Pick<HttpClient, "call">;
  readonly signal: AbortSignal;
}

/** What a filter said: the nodes that will do, and why others will not. */
export interface Filtered {
  readonly nodes: readonly NodeView[];
  readonly refused: ReadonlyMap<string, string>;
  /** Evicting pods would not help there. */
  readonly hopeless: ReadonlyMap<string, string>;
}

/** Longer answers are broken ones. */
const answerBytesMax = 64 * 2 ** 20;

export class Extender {
  readonly settings: ExtenderSettings;
  readonly #ports: ExtenderPorts;

  constructor(settings: ExtenderSettings, ports: ExtenderPorts) {
    this.settings = settings;
    this.#ports = ports;
  }

  get name(): string {
    return this.settings.urlPrefix;
  }

  isInterestedIn({ spec }: Pod): boolean {
    const { managedResources } = this.settings;
    if (managedResources.size === 0) return true;
    const containers = [...spec.containers, ...(spec.initContainers ?? [])];
    return containers.some(({ resources }) =>
      [resources?.requests, resources?.limits].some((amounts) =>
        Object.keys(amounts ?? {}).some((resource) => managedResources.has(resource)),
      ),
    );
  }

  /** Of these nodes, those that will do for it too. */
  async filter({ pod }: PodInfo, nodes: readonly NodeView[]): Promise<Filtered> {
    const answer = this.#answer(
      await this.#ask(this.settings.filterVerb, this.#argsOf(pod, nodes)),
    );
    this.#check(answer);
    const byName = new Map(nodes.map((node) => [node.name, node]));
    const named = (name: string): NodeView => {
      const node = byName.get(name);
      if (node) return node;
      // exact: kube-scheduler
      throw new Error(
        `extender ${JSON.stringify(this.name)} claims a filtered node ${JSON.stringify(name)} which is not found in the input node list`,
      );
    };
    return {
      nodes: this.#namesIn(answer).map(named),
      refused: answer.texts("FailedNodes"),
      hopeless: answer.texts("FailedAndUnresolvableNodes"),
    };
  }

  #namesIn(answer: Answer): readonly string[] {
    const names = this.settings.isNodeCacheCapable ? answer.list("NodeNames") : undefined;
    if (names) return names.map(String);
    const items = answer.object("Nodes")?.list("items") ?? [];
    return items.map((item) => this.#answer(item).object("metadata")?.text("name") ?? "");
  }

  /** From 0 to 10, by node; times the weight. */
  async prioritize({ pod }: PodInfo, nodes: readonly NodeView[]) {
    const answer = await this.#ask(this.settings.prioritizeVerb, this.#argsOf(pod, nodes));
    if (!Array.isArray(answer ?? [])) throw malformed(this.name, "the answer is not a list");
    const scores = new Map<string, number>();
    for (const one of (answer ?? []) as readonly unknown[]) {
      const priority = this.#answer(one);
      scores.set(priority.text("Host"), priority.integer("Score") * this.settings.weight);
    }
    return scores;
  }

  /** The nodes on which room may be made, and who has to leave them. */
  async preempt({ pod }: PodInfo, offers: readonly Offer[]): Promise<readonly Offer[]> {
    const answer = this.#answer(
      await this.#ask(this.settings.preemptVerb, this.#offered(pod, offers)),
    );
    const nodes = new Map(offers.map(({ node }) => [node.name, node]));
    return answer.entries("NodeNameToMetaVictims").flatMap(([name, said]): readonly Offer[] => {
      const node = nodes.get(name);
      // exact: kube-scheduler
      if (!node)
        throw malformed(this.name, `nodeinfo not found for node name ${JSON.stringify(name)}`);
      const meta = this.#answer(said ?? {});
      const victims = (meta.list("Pods") ?? []).map((one) => this.#victim(one, node));
      if (victims.length > 0)
        return [{ node, victims, violations: meta.integer("NumPDBViolations") }];
      if (this.settings.isIgnorable) return [];
      // exact: kube-scheduler
      const why = `expected at least one victim pod on node ${JSON.stringify(name)}`;
      throw malformed(this.name, why);
    });
  }

  #victim(said: unknown, node: NodeView): PodInfo {
    const uid = this.#answer(said).text("UID");
    for (const pod of node.pods) if (pod.uid === uid) return pod;
    // exact: kube-scheduler
    throw new Error(
      `extender: ${this.name} claims to preempt pod (UID: ${uid}) on node: ${node.name}, but the pod is not found on that node`,
    );
  }

  async bind({ pod, node }: Placement): Promise<void> {
    const { name: podName, namespace, uid } = pod;
    const args: BindingArgs = {
      PodName: podName,
      PodNamespace: namespace,
      PodUID: uid,
      Node: node.name,
    };
    this.#check(this.#answer(await this.#ask(this.settings.bindVerb, args)));
  }

  #argsOf(pod: Pod, nodes: readonly NodeView[]): ExtenderArgs {
    const isNamed = this.settings.isNodeCacheCapable;
    return {
      Pod: pod,
      Nodes: isNamed ? null : { metadata: {}, items: nodes.map(({ node }) => node) },
      NodeNames: isNamed ? nodes.map(({ name }) => name) : null,
    };
  }

  #offered(pod: Pod, offers: readonly Offer[]): PreemptionArgs {
    const byNode = <V>(victimOf: (victim: PodInfo) => V) =>
      Object.fromEntries(
        offers.map(({ node, victims, violations }) => [
          node.name,
          { Pods: victims.map(victimOf), NumPDBViolations: violations },
        ]),
      );
    const isNamed = this.settings.isNodeCacheCapable;
    const meta = (): Record<string, MetaVictims> => byNode(({ uid }) => ({ UID: uid }));
    return {
      Pod: pod,
      NodeNameToVictims: isNamed ? null : byNode((victim) => victim.pod),
      NodeNameToMetaVictims: isNamed ? meta() : null,
    };
  }

  #answer(value: unknown): Answer {
    return new Answer(value, this.name);
  }

  #check(answer: Answer): void {
    const error = answer.text("Error");
    if (error !== "") throw new Error(`extender ${JSON.stringify(this.name)}: ${error}`);
  }

  /** The answer, parsed. What goes wrong names the address. */
  async #ask(verb = "", args: object): Promise<unknown> {
    const { clock, signal } = this.#ports;
    const { timeoutMs } = this.settings;
    const url = `${this.name.replace(/\/+$/, "")}/${verb}`;
    try {
      return await within(clock, { timeoutMs, signal }, (own) => this.#post(url, args, own));
    } catch (cause) {
      if (cause instanceof Refused)
        // exact: kube-scheduler
        throw new Error(`failed ${verb} with extender at URL ${url}, code ${cause.status}`, {
          cause,
        });
      const why = messageOf(cause);
      // exact: Go's http client
      throw new Error(`Post ${JSON.stringify(url)}: ${why}`, { cause });
    }
  }

  async #post(url: string, args: object, signal: AbortSignal): Promise<unknown> {
    const { tls } = this.settings;
    const answer = await this.#ports.http.call({
      method: "POST",
      url,
      headers: { "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify(args)),
      signal,
      ...(tls ? { tls } : {}),
    });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body) {
      bytes += chunk.length;
      if (bytes > answerBytesMax) throw new Error("the answer is too long");
      chunks.push(chunk);
    }
    if (answer.status !== 200) throw new Refused(answer.status);
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  }
}

/** It answered, but not with 200. */
class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;

  constructor(status: number) {
    super(`code ${status}`);
    this.status = status;
  }
}
