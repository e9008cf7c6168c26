/**
 * What the server itself puts into an empty store. These objects are its own: complete, in order and valid as they come, which
 * is tested. So nobody completes, judges or claims anything, and all of them are one commit, of one revision.
 */
import type { ApiObject } from "#api/kind.ts";
import type { Soon } from "#base/soon.ts";
import { Unsealed } from "../sealed.ts";
import { perform, type PlannedWrite } from "./commit.ts";
import { prepare } from "./create.ts";
import type { RegistryKit, Writing } from "./kit.ts";
import { trackUpdate } from "./managed-fields.ts";
import type { ObjectDraft } from "./metadata.ts";
import type { Founded, FoundedStatus, WriteContext } from "./registry.ts";

/** False when something stands under one of their names already: then nothing was written. */
export async function foundObjects(
  kit: RegistryKit,
  objects: readonly Founded[],
  how: WriteContext,
): Promise<boolean> {
  const writes: (PlannedWrite & { readonly key: string })[] = [];
  for (const { kind, draft, status } of objects) {
    const writing = { kit, kind, how };
    const preparing = prepare(writing, { draft });
    if (preparing) await preparing;
    kind.completeNew?.(draft);
    const saying = status && say(writing, draft, status);
    if (saying) await saying;
    const cache = kit.cache.of(kind);
    const { namespace = "", name = "" } = draft.metadata;
    const unsealed = new Unsealed(cache.seal, draft);
    const key = `${cache.prefix}/${cache.keyOf(namespace, name)}`;
    writes.push({ key, unsealed, value: unsealed.value });
  }
  const guards = writes.map(({ key }) => ({ key, revision: 0 }));
  return (await perform(kit, { writes, guards, isLazy: false, how })) === undefined;
}

function say({ kit, kind, how }: Writing, draft: ObjectDraft, said: FoundedStatus): Soon<void> {
  const old = { ...draft } as ApiObject;
  Object.assign(draft, { status: said.status });
  const tracked = { draft, old, part: "status" };
  return trackUpdate(kind, tracked, {
    how: { ...how, fieldManager: said.manager },
    clock: kit.clock,
  });
}
