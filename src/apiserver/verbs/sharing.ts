/**
 * What a request leaves as it is need not be decoded, completed and put in order again: callers in
 * the process, and patches, have the very parts of the object that is there.
 */
import type { ApiObject } from "#api/kind.ts";
import type { Draft } from "#schema/struct.ts";
import type { Served } from "../kinds.ts";
import { canShare } from "../registry/parts.ts";
import type { Part } from "../registry/registry.ts";

/** Undefined where the draft has to be one of its own, all through. */
export const likeOf = (
  { kind, stored }: Served,
  part: Part,
  current: ApiObject | undefined,
): ApiObject | undefined =>
  kind === stored && !stored.conversion && canShare(stored, part) ? current : undefined;

/** The server writes to metadata in every request. */
export function ownMetadata(draft: Draft<ApiObject>): Draft<ApiObject> {
  draft.metadata = { ...draft.metadata };
  return draft;
}
