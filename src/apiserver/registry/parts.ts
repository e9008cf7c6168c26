/** What writing to one part of an object may change of the rest. */
import { dropDisabledFields } from "#api/disabled-fields.ts";
import type { FeatureGates } from "#api/feature-gates.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { keep, type ObjectDraft } from "./metadata.ts";
import type { Part } from "./registry.ts";

/** The object itself, and `scale`, which is another way to write its spec. */
export const isMain = (part: Part): boolean => part === "" || part === "scale";

/**
 * A draft may have in it what the old object has, and nobody writes to that: the kind itself does not,
 * and who admits writes to the object gets a copy.
 */
export const canShare = (kind: AnyKind, part: Part): boolean =>
  !isMain(part) || (kind.prepareForUpdate === undefined && kind.fillTimes === undefined);

/** Its rules are those of whoever makes the change: also what it counts as a generation. */
export const hasOwnRules = (part: Part): boolean => !isMain(part) && part !== "status";

export interface Change {
  readonly draft: ObjectDraft;
  readonly old: ApiObject;
  /** As they stand by default unless said. */
  readonly gates?: FeatureGates | undefined;
}

type Body = { status?: unknown };

/** Writes to the status may change only it, and metadata; writes to the object not the status. */
export function mergePart(kind: AnyKind, part: Part, { draft, old }: Change): ObjectDraft {
  if (part === "status") {
    const { metadata, status } = draft as ObjectDraft & Body;
    return { ...old, metadata, status } as unknown as ObjectDraft;
  }
  if (isMain(part) && kind.status) {
    const { status } = old as ApiObject & Body;
    if (status === undefined) delete (draft as Body).status;
    else (draft as Body).status = status;
  }
  return draft;
}

/** The kind's own resets. */
export function preparePart(kind: AnyKind, part: Part, { draft, old, gates }: Change): void {
  dropDisabledFields(kind.schema, draft, { old, gates });
  if (isMain(part)) kind.prepareForUpdate?.(draft, old);
  if (part !== "status") return;
  for (const field of kind.status?.keeps ?? []) keep(draft.metadata, old.metadata, field);
  kind.status?.prepare?.(draft, old);
}
