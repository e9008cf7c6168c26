/**
 * The last step of every write: the object and all it claims go to the store in one commit, which
 * succeeds only if nothing they are based on has changed meanwhile.
 */
import { conflict } from "#api/errors.ts";
import { type Soon, whenThere } from "#base/soon.ts";
import { draftOf } from "#schema/copy.ts";
import type { Entry, Guard, Write } from "#store/store.ts";
import type { Sealed } from "#api/request.ts";
import type { AdmissionRequest, Claim } from "../admission/admission.ts";
import type { KindCache } from "../cache/kind-cache.ts";
import type { WatchCache } from "../cache/watch-cache.ts";
import { type StoredObject, Unsealed } from "../sealed.ts";
import type { RegistryKit, Writing } from "./kit.ts";
import { type ObjectDraft, stampNew } from "./metadata.ts";
import type { WriteContext } from "./registry.ts";
import { storable } from "./versions.ts";

export interface Intent {
  readonly cache: KindCache;
  /** What the change is based on; undefined: nothing stands there. */
  readonly base: StoredObject | undefined;
  /** What shall stand there; undefined: nothing. */
  readonly draft: ObjectDraft | undefined;
  readonly request: AdmissionRequest;
}

/** Each try takes other addresses or ports, or sees what others took of a quota meanwhile. */
const claimAttemptsMax = 100;
/** How long a commit that came first may take to show up in the cache. */
const catchUpMs = 3_000;

/** What stands there now (or stood there last); undefined when somebody else changed it first. */
export const commit = (writing: Writing, asked: Intent): Soon<Sealed | undefined> =>
  whenThere(writing.kind.conversion ? inStoredVersion(writing, asked) : asked, (intent) =>
    // The first try is everybody's; who lost it waits for his turn at the key that he lost.
    whenThere(commitOnce(writing, intent), (outcome) =>
      outcome instanceof ClaimTaken ? commitInTurn(writing, intent, outcome.key) : outcome,
    ),
  );

async function inStoredVersion({ kit, kind }: Writing, intent: Intent): Promise<Intent> {
  const { draft } = intent;
  return { ...intent, draft: draft && (await storable(kit.cache, kind, draft)) };
}

/** In one lane only: in two, two could wait for each other. */
async function commitInTurn(
  writing: Writing,
  intent: Intent,
  lane: string,
): Promise<Sealed | undefined> {
  using _turn = await writing.kit.lanes.enter(lane);
  for (let attempt = 1; attempt < claimAttemptsMax; attempt++) {
    const outcome = await commitOnce(writing, intent);
    if (!(outcome instanceof ClaimTaken)) return outcome;
  }
  const { name } = intent.request;
  throw conflict(writing.kind, name, "what it needs is taken by others, try again");
}

interface Claimed {
  readonly draft: ObjectDraft | undefined;
  readonly claims: readonly Claim[];
}

/** Where claiming edits the draft, each try starts from a copy. */
function claimed({ admission }: RegistryKit, { draft, base, request }: Intent): Claimed {
  const given = draft ?? (base?.object as ObjectDraft);
  const own = admission.isEditingInClaims(request) ? draftOf<ObjectDraft>(given) : given;
  return { draft: draft && own, claims: admission.claims(own, request) };
}

class ClaimTaken {
  readonly key: string;

  constructor(key: string) {
    this.key = key;
  }
}

function commitOnce({ kit, how }: Writing, intent: Intent): Soon<Sealed | undefined | ClaimTaken> {
  const { cache, base, request } = intent;
  const { draft, claims } = claimed(kit, intent);
  const key = `${cache.prefix}/${cache.keyOf(request.namespace, request.name)}`;
  const revision = base?.revision ?? 0;
  const unsealed = draft && new Unsealed(cache.seal, draft, base);
  if (how.dryRun) return unsealed?.preview(revision) ?? base;
  const isLazy = cache.kind.storage?.lazy === true;
  const own = { write: { key, unsealed, value: unsealed?.value }, guard: { key, revision } };
  return perform(kit, { ...withClaims(kit, own, claims), isLazy, how }).then((lost) => {
    if (lost === undefined) return unsealed ? unsealed.sealed : base;
    return lost === key ? undefined : new ClaimTaken(lost);
  });
}

export interface PlannedWrite extends Write {
  readonly unsealed?: Unsealed | undefined;
}

interface Attempt {
  readonly writes: readonly PlannedWrite[];
  readonly guards: readonly Guard[];
  readonly isLazy: boolean;
  readonly how: WriteContext;
}

/** The key of the guard that did not hold. */
export async function perform(
  { store, cache }: RegistryKit,
  { writes, guards, isLazy, how }: Attempt,
): Promise<string | undefined> {
  for (const { unsealed } of writes) if (unsealed) cache.expect(unsealed);
  try {
    const result = await store.commit({
      guards,
      writes,
      note: noteOf(how),
      ...(isLazy ? { lazy: true } : {}),
    });
    if (result.ok) {
      for (const { unsealed } of writes) unsealed?.seal(result.revision);
      return undefined;
    }
    await seeWhatCameFirst(cache, result);
    return result.key;
  } finally {
    for (const { unsealed } of writes) if (unsealed) cache.forget(unsealed);
  }
}

/** Whoever tries again must see in the cache what stood in the way. */
async function seeWhatCameFirst(
  cache: WatchCache,
  { key, found }: { readonly key: string; readonly found: Entry | undefined },
): Promise<void> {
  const revision = found?.revision ?? 0;
  if (cache.revisionAt(key) === revision) return;
  await cache.isAsNewAs(revision > 0 ? revision : cache.revision + 1, catchUpMs);
}

/** Kept with the revision for as long as its history is. Mostly it is the same as the last one. */
function noteOf({ user: { name: user }, fieldManager: manager, cause }: WriteContext): string {
  const { user: lastUser, manager: lastManager, cause: lastCause } = lastNote;
  if (user !== lastUser || manager !== lastManager || cause !== lastCause)
    lastNote = { user, manager, cause, text: JSON.stringify({ user, manager, cause }) };
  return lastNote.text;
}

interface Note {
  readonly user: string;
  readonly manager: string;
  readonly cause: string | undefined;
  readonly text: string;
}

let lastNote: Note = { user: "", manager: "", cause: undefined, text: "{}" };

interface OwnPart {
  readonly write: PlannedWrite;
  readonly guard: Guard;
}

const withClaims = (
  kit: RegistryKit,
  { write, guard }: OwnPart,
  claims: readonly Claim[],
): Pick<Attempt, "writes" | "guards"> =>
  claims.length === 0
    ? { writes: [write], guards: [guard] }
    : { writes: [write, ...writesOf(kit, claims)], guards: [guard, ...guardsOf(claims)] };

const guardsOf = (claims: readonly Claim[]): readonly Guard[] =>
  claims.flatMap(({ key, value, revision }) =>
    revision === undefined && value === undefined ? [] : [{ key, revision: revision ?? 0 }],
  );

const writesOf = (kit: RegistryKit, claims: readonly Claim[]): readonly PlannedWrite[] =>
  claims.map(({ key, value, revision }) => {
    if (value === undefined || value instanceof Uint8Array) return { key, value };
    const { kind, object } = value;
    if (!revision) stampNew(kit, kind, object.metadata);
    const unsealed = new Unsealed(kit.cache.of(kind).seal, object);
    return { key, unsealed, value: unsealed.value };
  });
