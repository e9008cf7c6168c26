/** For tests of controllers as values: a view of given objects, and effects told as lines. */
import * as catalog from "#api/catalog.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import { assert } from "#base/assert.ts";
import { Cache } from "#client/cache.ts";
import { canonical } from "#client/canonical.ts";
import type { View } from "./controller.ts";
import type { Effect, EventText, Outcome } from "./effects.ts";
import { lookupsOver } from "./view.ts";

export const testNow = Date.parse("2030-01-01T00:00:00Z");

export interface Moment {
  readonly now?: number;
  /** Since when facts hold, or `FACT STATE`; those not named begin to hold now. */
  readonly since?: Readonly<Record<string, number>>;
}

const sinceIn =
  (since: Readonly<Record<string, number>>, now: number): View["since"] =>
  (fact, state) =>
    since[state === undefined ? fact : `${fact} ${state}`] ?? now;

/** A snapshot that holds exactly these objects. */
export function viewOf(
  objects: readonly ApiObject[],
  { now = testNow, since = {} }: Moment = {},
): View {
  const kinds = Object.values(catalog as Record<string, AnyKind>);
  const caches = new Map(kinds.map((kind) => [kind, new Cache()]));
  for (const object of objects) {
    const kind = kinds.find((k) => k.apiVersion === object.apiVersion && k.kind === object.kind);
    caches.get(kind as AnyKind)?.put(object);
  }
  return { ...lookupsOver(caches), now, since: sinceIn(since, now) };
}

let count = 0;

/** An object as the server would have it: defaults, a uid, and the namespace `default`. */
export function made<T extends ApiObject>(kind: Kind<T>, manifest: object): T {
  const { metadata } = manifest as { metadata?: Record<string, unknown> };
  const place = kind.scope === "Namespaced" ? { namespace: "default" } : {};
  const name = metadata?.["name"] ?? `unnamed-${++count}`;
  return canonical(
    kind,
    {
      ...manifest,
      metadata: {
        ...place,
        name,
        uid: `uid-of-${name as string}`,
        resourceVersion: "1",
        ...metadata,
      },
    },
    { defaults: true },
  );
}

export type Answer = (effect: Effect) => Outcome;

const wellDone: Answer = (effect) =>
  "object" in effect ? { ok: true, found: effect.object as ApiObject } : { ok: true, all: [] };

/** One line for each effect that is more than counting, in order; `answer` says how each goes. */
export function told(effects: readonly Effect[], answer: Answer = wellDone): string[] {
  return effects.flatMap((effect) => {
    if (effect.do === "measure") return [];
    if (effect.do !== "settle") return [lineOf(effect)];
    const lines = effect.effects.flatMap((inner) => told([inner], answer));
    return [...lines, ...told(effect.next(effect.effects.map(answer)), answer)];
  });
}

function lineOf(effect: Exclude<Effect, { do: "settle" | "measure" }>): string {
  if ("object" in effect) return `${effect.do} ${effect.kind.kind} ${nameOf(effect.object)}`;
  switch (effect.do) {
    case "event":
      return eventLine(effect.event);
    case "wakeIn":
      return `wakeIn ${effect.delayMs / 1_000}s`;
    case "fetch":
      return `fetch ${effect.kind.kind} ${effect.at.name}`;
    case "survey":
    case "deleteAll":
      return `${effect.do} ${effect.kind.plural} ${effect.namespace}`;
    case "call":
      return `${effect.call.method} ${effect.call.path}`;
    case "fail":
      return `fail ${String(effect.cause)}`;
    case "perform":
      return `perform ${effect.name}`;
    default:
      return effect satisfies never;
  }
}

const eventLine = ({ type, reason, message }: EventText): string =>
  `event ${type} ${reason}: ${message}`;

const nameOf = (object: object): string => {
  const { name, generateName = "" } =
    (object as { metadata?: ApiObject["metadata"] }).metadata ?? {};
  return name ?? `${generateName}*`;
};

/** The effects of one sort, those of settled ones included. */
export function all<Do extends Effect["do"]>(
  effects: readonly Effect[],
  wanted: Do,
  answer: Answer = wellDone,
): Extract<Effect, { do: Do }>[] {
  return effects.flatMap((effect) => {
    const self = effect.do === wanted ? [effect as Extract<Effect, { do: Do }>] : [];
    if (effect.do !== "settle") return self;
    const next = effect.next(effect.effects.map(answer));
    return [...self, ...all(effect.effects, wanted, answer), ...all(next, wanted, answer)];
  });
}

/** The first of them; there must be one. */
export function one<Do extends Effect["do"]>(
  effects: readonly Effect[],
  wanted: Do,
  answer: Answer = wellDone,
): Extract<Effect, { do: Do }> {
  const [first] = all(effects, wanted, answer);
  assert(first, `no ${wanted} among ${told(effects, answer).join(", ")}`);
  return first;
}
