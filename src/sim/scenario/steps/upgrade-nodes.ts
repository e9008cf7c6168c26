/** Nodes one after the other: cordoned, drained by eviction, switched off and on, in service again. */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { minutes, seconds } from "#base/clock.ts";
import type { NodeHandle } from "#sim/nodes/nodes.ts";
import { integer, map, optional } from "#sim/reading/reader.ts";
import { span } from "#sim/reading/values.ts";
import { drawSpan, type Span } from "#sim/nodes/span.ts";
import { defineStep, type Stage } from "../definition.ts";

const reads = map("an upgrade", { takes: optional(span), atOnce: optional(integer(1)) });

const lookMs = seconds(5);

export const upgradeNodes = defineStep({
  name: "upgradeNodes",
  reads,
  async run({ takes = minutes(3), atOnce = 1 }, stage) {
    const waiting = stage.cluster.nodes.slice();
    const next = async (): Promise<void> => {
      const node = waiting.shift();
      if (node) await new Upgrade(node, takes, stage).begin(next);
    };
    for (let i = 0; i < atOnce; i++) await next();
    return `${stage.cluster.nodes.length} nodes, ${atOnce} at once`;
  },
});

class Upgrade {
  readonly #node: NodeHandle;
  readonly #takes: Span;
  readonly #stage: Stage;

  constructor(node: NodeHandle, takes: Span, stage: Stage) {
    this.#node = node;
    this.#takes = takes;
    this.#stage = stage;
  }

  async begin(done: () => Promise<void>): Promise<void> {
    await this.#setSchedulable(false);
    await this.#drain(done);
  }

  /** Budgets may say that it is too early: then it is tried again. */
  async #drain(done: () => Promise<void>): Promise<void> {
    const { cluster, later } = this.#stage;
    const fieldSelector = `spec.nodeName=${this.#node.name}`;
    const { items } = await cluster.client.list(Pod, { fieldSelector });
    const left = items.filter((pod) => !isPodTerminal(pod) && !isOfDaemon(pod));
    for (const pod of left) if (!pod.metadata.deletionTimestamp) await this.#evict(pod);
    if (left.length > 0) return later(lookMs, () => this.#drain(done));
    await this.#node.stop();
    later(drawSpan(this.#takes, this.#stage.random), async () => {
      this.#node.start();
      await this.#backInService(done);
    });
  }

  async #evict({ metadata: { namespace, name = "" } }: Pod): Promise<void> {
    const at = { namespace, name, subresource: "eviction" };
    const object = { metadata: { namespace, name } };
    try {
      await this.#stage.cluster.client.createSub(Pod, at, { object });
    } catch (cause) {
      if (!isReason(cause, "TooManyRequests") && !isReason(cause, "NotFound")) throw cause;
    }
  }

  async #backInService(done: () => Promise<void>): Promise<void> {
    const { cluster, later } = this.#stage;
    const { status } = await cluster.client.get(Node, { name: this.#node.name });
    if (!isConditionTrue(status.conditions, "Ready"))
      return later(lookMs, () => this.#backInService(done));
    await this.#setSchedulable(true);
    await done();
  }

  async #setSchedulable(isSchedulable: boolean): Promise<void> {
    const change = { spec: { unschedulable: isSchedulable ? null : true } };
    const { client } = this.#stage.cluster;
    await client.patch(Node, { name: this.#node.name }, { is: "merge", change });
  }
}

const isOfDaemon = ({ metadata }: Pod): boolean =>
  metadata.ownerReferences?.some(({ kind }) => kind === "DaemonSet") ?? false;
