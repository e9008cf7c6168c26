/** How many seats a request takes. */
import type { AnyKind } from "#api/kind.ts";
import type { Context } from "../context.ts";
import { booleanValue } from "../query-values.ts";
import type { Level } from "./level.ts";
import { listSeatsMax, objectsPerSeat, widestPart } from "./numbers.ts";

export type CountOf = (kind: AnyKind) => number;

/**
 * Lists, and watches that begin with the state, take more the more they read; everything else takes one.
 * differs: a list is measured by the number of its objects, not by their size; writes take no more for being
 * watched, since watchers are found by what they select and share one buffer.
 */
export function widthOf({ info, request, served }: Context, level: Level, count: CountOf): number {
  if (info.verb !== "list" && info.verb !== "watch") return 1;
  if (level.isExempt || info.name !== "" || !served?.stored.storage) return 1;
  const { query } = request;
  if (info.verb === "watch" && !isStateAsked(query)) return 1;
  const stored = count(served.stored);
  const limit = info.verb === "list" ? Number(query.get("limit") ?? 0) : 0;
  const read = limit > 0 ? Math.min(limit, stored) : stored;
  const most = Math.min(listSeatsMax, Math.ceil(level.limits.nominal * widestPart));
  return Math.max(1, Math.min(most, Math.ceil(read / objectsPerSeat)));
}

function isStateAsked(query: URLSearchParams): boolean {
  const asked = query.get("sendInitialEvents");
  return asked !== null && booleanValue(asked);
}
