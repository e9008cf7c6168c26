/**
 * Controllers that have to know every kind run anew whenever a kind of custom resources comes or goes.
 * They are level-triggered and share their caches with those before them, so that costs little.
 */
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import { allVerbs, type AnyKind } from "#api/kind.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import { Bell } from "#base/signal.ts";
import { dynamicKind } from "#client/dynamic.ts";
import type { Informer, InformerSet } from "#client/informer.ts";

/** Definitions mostly come in crowds. */
const settleMs = seconds(0.5);

export interface CustomKindsPorts {
  readonly informers: InformerSet;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Calls `run` with the kinds that are defined now; aborts what it is given when they are others. */
export async function withCustomKinds(
  { informers, clock, signal }: CustomKindsPorts,
  run: (kinds: readonly AnyKind[], signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const definitions = informers.of(CustomResourceDefinition);
  const news = new Bell();
  using _hearing = definitions.onChange(() => news.ring());
  const known = new Map<string, AnyKind>();
  while (!signal.aborted) {
    update(known, definitions, informers);
    const before = [...known.keys()].join();
    const over = new AbortController();
    const running = run([...known.values()], AbortSignal.any([signal, over.signal]));
    try {
      while (!signal.aborted && identitiesOf(definitions).join() === before) {
        await Promise.race([news.heard(signal), running]);
        await Promise.race([sleep(clock, settleMs, signal), running]);
      }
    } finally {
      over.abort();
    }
    await running;
  }
}

const isServed = ({ metadata, status }: CustomResourceDefinition): boolean =>
  !metadata.deletionTimestamp &&
  (status.conditions ?? []).some(({ type, status: is }) => type === "Established" && is === "True");

const servedIn = (definitions: Informer<CustomResourceDefinition>) =>
  definitions.list().filter(isServed);

/** The objects are the same in every version: one is enough. */
function versionOf({ spec }: CustomResourceDefinition): string {
  const served = spec.versions.filter((version) => version.served);
  return (served.find(({ storage }) => storage) ?? served[0])?.name ?? "";
}

const identityOf = (definition: CustomResourceDefinition): string =>
  `${definition.metadata.uid}/${versionOf(definition)}`;

const identitiesOf = (definitions: Informer<CustomResourceDefinition>): readonly string[] =>
  servedIn(definitions).filter(versionOf).map(identityOf);

/** Kinds that stay are the same values, so that their caches are the same ones. */
function update(
  known: Map<string, AnyKind>,
  definitions: Informer<CustomResourceDefinition>,
  informers: InformerSet,
): void {
  const before = new Map(known);
  known.clear();
  for (const definition of servedIn(definitions).filter(versionOf)) {
    const identity = identityOf(definition);
    known.set(identity, before.get(identity) ?? kindOf(definition));
    before.delete(identity);
  }
  for (const kind of before.values()) informers.forget(kind);
}

function kindOf(definition: CustomResourceDefinition): AnyKind {
  const { group, scope } = definition.spec;
  const { plural, singular = "", kind } = definition.status.acceptedNames;
  const facts = { group, version: versionOf(definition), kind, plural, singular };
  return Object.freeze({
    ...dynamicKind({
      ...facts,
      scope: scope === "Cluster" ? "Cluster" : "Namespaced",
      shortNames: [],
      categories: [],
      verbs: allVerbs,
    }),
    // Only that it is stored counts here, not where.
    storage: { prefix: `/registry/${group}/${plural}`, hash: "" },
  });
}
