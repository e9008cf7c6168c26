import { conflict, notFound } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import { draftOf } from "#schema/copy.ts";
import type { StoredObject } from "../sealed.ts";
import { commit } from "./commit.ts";
import { checkPreconditions, type Deletion, planDeletion } from "./deletion.ts";
import type { Writing } from "./kit.ts";
import type { ObjectDraft } from "./metadata.ts";
import type { DeleteQuery, Located } from "./registry.ts";
import { requestOf } from "./request-of.ts";
import { refuseInvalid } from "./validation.ts";
import { shown } from "./versions.ts";

const attemptsMax = 100;

export interface Removed {
  readonly sealed: Sealed;
  /** False: it is marked, and goes later. */
  readonly isGone: boolean;
}

export async function removeObject(
  writing: Writing,
  query: Located & DeleteQuery,
): Promise<Removed> {
  const { kit, kind } = writing;
  const cache = kit.cache.of(kind);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const current = cache.get(query.namespace, query.name);
    if (!current) throw notFound(kind, query.name);
    const removed = await removeOnce(writing, query, current);
    if (removed) return removed;
  }
  throw conflict(kind, query.name);
}

async function removeOnce(
  writing: Writing,
  query: Located & DeleteQuery,
  current: StoredObject,
): Promise<Removed | undefined> {
  const { kit, kind } = writing;
  const { namespace, name } = query;
  const { object: old } = kind.conversion ? await shown(kind, current) : current;
  checkPreconditions(kind, old, query);
  const request = requestOf(writing, { namespace, name, old, operation: "DELETE" });
  refuseInvalid(kind, name, await kit.admission.validate(old, request));
  const plan = planDeletion(kind, old, { ...query, nowMs: kit.clock.now() });
  const cache = kit.cache.of(kind);
  if (plan.do === "nothing") return { sealed: current, isGone: false };
  if (plan.do === "remove") {
    const gone = await commit(writing, { cache, base: current, draft: undefined, request });
    return gone && { sealed: gone, isGone: true };
  }
  // Only what goes gives up what it claims: a mark is an update.
  const draft = marked(kind, old, plan);
  const update = { ...request, operation: "UPDATE" } as const;
  const sealed = await commit(writing, { cache, base: current, draft, request: update });
  return sealed && { sealed, isGone: false };
}

function marked(kind: AnyKind, old: ApiObject, plan: Deletion & { do: "mark" }): ObjectDraft {
  const draft = draftOf(old);
  const { metadata } = draft;
  metadata.deletionTimestamp = plan.deletionTimestamp;
  metadata.deletionGracePeriodSeconds = plan.graceSeconds;
  metadata.finalizers = [...plan.finalizers];
  if (plan.isNews && metadata.generation) metadata.generation += 1;
  if (plan.isNews) kind.prepareForDelete?.(draft);
  return draft;
}
