/**
 * A watch tells every change once, in order, also when it has to be opened again: held against witnesses
 * that watch as any client does, and whose watches break as any client's do.
 */
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import type { AnyKind, Kind } from "#api/kind.ts";
import { seconds, sleep } from "#base/clock.ts";
import type { Client } from "#client/client.ts";
import { defineInvariant, type InvariantWorld } from "./invariant.ts";
import { isOf, type Seen } from "./view.ts";

const kinds = [Pod, ReplicaSet, Node] as readonly AnyKind[];
const user = { name: "system:witness", groups: ["system:masters"] };
const retryMs = seconds(1);

export const watchesTellAll = defineInvariant({
  says: "watchers see every change once and in order",

  check(world) {
    const client = world.gateway.clientFor({ component: "witness", user, fieldManager: "witness" });
    const witnesses = kinds.map((kind) => new Witness(kind as unknown as Kind, world));
    for (const witness of witnesses) void witness.run(client);
    return {
      changed(seen) {
        for (const witness of witnesses) witness.expect(seen);
        return undefined;
      },
      rested: () => witnesses.map((witness) => witness.missing()).find((why) => why !== undefined),
    };
  },
});

class Witness {
  readonly #kind: Kind;
  readonly #world: InvariantWorld;
  /** Revisions that are still to be told of. */
  #expected: number[] = [];
  #told = 0;

  constructor(kind: Kind, world: InvariantWorld) {
    this.#kind = kind;
    this.#world = world;
  }

  expect(seen: Seen): void {
    if (isOf(this.#kind, seen)) this.#expected.push(seen.revision);
  }

  missing(): string | undefined {
    const [first] = this.#expected;
    if (first === undefined) return undefined;
    const { plural } = this.#kind;
    return `${this.#expected.length} changes of ${plural} were never told, the first at ${first}`;
  }

  async run(client: Client): Promise<void> {
    const { signal, clock, log } = this.#world;
    while (!signal.aborted) {
      try {
        if (this.#told === 0) await this.#list(client);
        await this.#follow(client);
      } catch (cause) {
        if (signal.aborted) return;
        if (isReason(cause, "Expired")) this.#told = 0;
        log.info("a witness is interrupted", { kind: this.#kind.plural, cause: String(cause) });
        await sleep(clock, retryMs, signal);
      }
    }
  }

  async #list(client: Client): Promise<void> {
    const { metadata } = await client.list(this.#kind, { signal: this.#world.signal });
    this.#reached(Number(metadata.resourceVersion));
  }

  async #follow(client: Client): Promise<void> {
    const { signal } = this.#world;
    const resourceVersion = String(this.#told);
    const news = client.watch(this.#kind, { resourceVersion, allowBookmarks: true, signal });
    for await (const batch of news)
      for (const { type, revision } of batch) this.#hear(type, revision);
  }

  #hear(type: string, revision: number): void {
    if (type === "BOOKMARK") return this.#reached(revision);
    const next = this.#expected.shift();
    if (next !== revision) {
      const { plural } = this.#kind;
      const what = `told of revision ${revision}, next was ${next ?? "none"}`;
      this.#world.violated(`a watch of ${plural}, after ${this.#told}, ${what}`);
    }
    this.#told = revision;
  }

  /** Nothing up to there is told any more. */
  #reached(revision: number): void {
    this.#told = revision;
    this.#expected = this.#expected.filter((other) => other > revision);
  }
}
