/** Does what a controller decided: the only place where controllers change the cluster. */
import { isReason } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { unreachable } from "#base/assert.ts";
import { contentOf } from "#client/answers.ts";
import { canonicalStatus, isSame } from "#client/canonical.ts";
import type { Client } from "#client/client.ts";
import type { EventRecorder } from "#client/events.ts";
import { find } from "#client/find.ts";
import { refuse } from "#client/typed.ts";
import type { Effect, Outcome } from "./effects.ts";
import type { Measurement } from "./measures.ts";

export interface Hands {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly signal: AbortSignal;
  /** The revisions that led to the decision. */
  readonly cause: string;
  readonly wrote: (kind: AnyKind, object: ApiObject) => void;
  readonly removed: (kind: AnyKind, object: ApiObject) => void;
  /** The key is to be looked at again. */
  readonly wakeIn: (delayMs: number) => void;
  readonly measure: (measurement: Measurement) => void;
}

/** In order; the first that fails ends the attempt. */
export async function performAll(effects: readonly Effect[], hands: Hands): Promise<void> {
  for (const effect of effects) await perform(effect, hands);
}

type Found = Omit<Extract<Outcome, { ok: true }>, "ok">;

const nothing: Found = {};

type Performers = {
  readonly [Do in Effect["do"]]: (
    effect: Extract<Effect, { do: Do }>,
    hands: Hands,
  ) => Promise<Found> | Found;
};

const performers: Performers = {
  create: write,
  update: write,
  patch: write,
  setStatus: write,
  delete: remove,
  deleteAll: remove,
  fetch: read,
  survey: read,
  call,
  event: ({ about, event }, { recorder }) => {
    recorder.record(about, event);
    return nothing;
  },
  wakeIn: ({ delayMs }, hands) => {
    hands.wakeIn(delayMs);
    return nothing;
  },
  measure: ({ measurement }, hands) => {
    hands.measure(measurement);
    return nothing;
  },
  settle: async (effect, hands) => {
    await performAll(effect.next(await settled(effect, hands)), hands);
    return nothing;
  },
  perform: async ({ io }, { signal, wakeIn }) => {
    const answer = await io(signal);
    if (answer !== undefined) return { answer };
    wakeIn(0);
    return nothing;
  },
  fail: ({ cause }) => {
    throw cause;
  },
};

/** What it found or made. Throws what the API refused. */
async function perform(effect: Effect, hands: Hands): Promise<Found> {
  return performers[effect.do](effect as never, hands);
}

type Write = Extract<Effect, { do: "create" | "update" | "patch" | "setStatus" }>;

async function write(effect: Write, hands: Hands): Promise<Found> {
  const found = await written(effect, hands);
  if (found) hands.wrote(effect.kind, found);
  return found ? { found } : nothing;
}

async function written(
  effect: Write,
  { client, signal, cause }: Hands,
): Promise<ApiObject | undefined> {
  const options = { signal, cause };
  const { kind } = effect;
  switch (effect.do) {
    case "create":
      return client.create<ApiObject, unknown>(kind, effect.object, options);
    case "update": {
      const { object, subresource } = effect;
      return client.update(kind, object, { ...options, ...(subresource ? { subresource } : {}) });
    }
    case "patch": {
      const { object, subresource } = effect;
      const { namespace, name = "" } = object.metadata;
      const at = { namespace, name, ...(subresource ? { subresource } : {}) };
      return client.patch(kind, at, { ...effect.patch, ...options });
    }
    case "setStatus": {
      const status = canonicalStatus(kind, effect.status);
      const before = (effect.object as { readonly status?: object }).status;
      if (isSame(status, before)) return undefined;
      return client.updateStatus(kind, { ...effect.object, status }, options);
    }
    default:
      return unreachable(effect);
  }
}

type Removal = Extract<Effect, { do: "delete" | "deleteAll" }>;

async function remove(effect: Removal, { client, signal, cause, removed }: Hands): Promise<Found> {
  const options = { signal, cause };
  if (effect.do === "deleteAll") {
    const propagationPolicy = "Background";
    const { kind, namespace } = effect;
    await client.deleteCollection(kind, { namespace }, { ...options, propagationPolicy });
    return nothing;
  }
  const { namespace, name = "" } = effect.object.metadata;
  try {
    await client.delete(effect.kind, { namespace, name }, { ...effect.options, ...options });
  } catch (refusal) {
    if (!isReason(refusal, "NotFound")) throw refusal;
  }
  removed(effect.kind, effect.object);
  return nothing;
}

type Read = Extract<Effect, { do: "fetch" | "survey" }>;

async function read(effect: Read, { client, signal }: Hands): Promise<Found> {
  if (effect.do === "survey") {
    const { items } = await client.list<ApiObject>(effect.kind, {
      namespace: effect.namespace,
      signal,
    });
    return { all: items };
  }
  return { found: await find<ApiObject>(effect.kind, effect.at, { client, signal }) };
}

async function call(
  { call: { method, path, query = {}, body } }: Extract<Effect, { do: "call" }>,
  { client, signal }: Hands,
): Promise<Found> {
  const response = await client.raw({
    method,
    path,
    query: new URLSearchParams(query),
    headers: {
      accept: "application/json",
      ...(body ? { "content-type": "application/json" } : {}),
    },
    body: body ? { is: "object", object: body } : { is: "none" },
    signal,
  });
  refuse(response);
  return { answer: await contentOf(response) };
}

/** More at once would only wait in the server's queue instead of here. */
const batchMax = 64;

async function settled(
  { effects, pace }: Extract<Effect, { do: "settle" }>,
  hands: Hands,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let size = pace === "slow start" ? 1 : batchMax;
  while (outcomes.length < effects.length) {
    const batch = effects.slice(outcomes.length, outcomes.length + size);
    const results = await Promise.all(batch.map((effect) => tried(effect, hands)));
    outcomes.push(...results);
    const failure = results.find(({ ok }) => !ok);
    if (pace === "slow start" && failure && !failure.ok) {
      const { cause } = failure;
      const rest = effects.slice(outcomes.length);
      return [...outcomes, ...rest.map(() => ({ ok: false, cause, isSkipped: true }) as const)];
    }
    size = Math.min(size * 2, batchMax);
  }
  return outcomes;
}

async function tried(effect: Effect, hands: Hands): Promise<Outcome> {
  try {
    return { ok: true, ...(await perform(effect, hands)) };
  } catch (cause) {
    if (hands.signal.aborted) throw cause;
    return { ok: false, cause };
  }
}
