/** What clients may ask of the age of what they read, and the answers when they ask too much. */
import { ApiError, badRequest, invalidObject } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import { type FieldError, forbidden, notListed } from "#schema/field-error.ts";
import type { WatchCache } from "../cache/watch-cache.ts";
import type { ListQuery, WatchQuery } from "./registry.ts";

/** How long a read waits for a revision that is yet to come. */
const waitMs = 3_000;

/** 0 when empty. Throws BadRequest. */
export function parseRevision(text: string): number {
  if (text === "") return 0;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const problem = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw badRequest(`resourceVersion: Invalid value: ${JSON.stringify(text)}: ${problem}`);
}

/** Resolves when the cache is not older than the revision. Throws Timeout. */
export async function reach(cache: WatchCache, revision: number): Promise<void> {
  if (revision <= cache.revision || (await cache.isAsNewAs(revision, waitMs))) return;
  throw tooLarge(revision, cache.revision);
}

const tooLarge = (asked: number, current: number): ApiError =>
  // exact: apiserver
  new ApiError("Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    details: {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  });

const match = "resourceVersionMatch";

/** upstream: apimachinery/pkg/apis/meta/internalversion/validation/validation.go */
export function checkListQuery(query: ListQuery): void {
  refuse("ListOptions", [...listProblems(query)]);
}

function* listProblems(query: ListQuery): Iterable<FieldError> {
  const { resourceVersionMatch: wanted, resourceVersion } = query;
  if (wanted === "") return;
  if (resourceVersion === "") {
    yield forbidden(match, `${match} is forbidden unless resourceVersion is provided`);
  }
  if (query.continue !== "") {
    yield forbidden(match, `${match} is forbidden when continue is provided`);
  }
  if (wanted !== "Exact" && wanted !== "NotOlderThan") {
    yield notListed(match, wanted, ["Exact", "NotOlderThan", ""]);
  }
  if (wanted === "Exact" && resourceVersion === "0") {
    yield forbidden(match, `${match} "exact" is forbidden for resourceVersion "0"`);
  }
}

export function checkWatchQuery(query: WatchQuery): void {
  refuse("ListOptions", [...watchProblems(query)]);
}

function* watchProblems(query: WatchQuery): Iterable<FieldError> {
  const { resourceVersionMatch: wanted, sendInitialEvents } = query;
  if (sendInitialEvents !== undefined && wanted !== "NotOlderThan") {
    yield forbidden(match, `sendInitialEvents requires setting ${match} to NotOlderThan`);
  }
  if (wanted === "") return;
  if (sendInitialEvents === undefined) {
    yield forbidden(match, `${match} is forbidden for watch unless sendInitialEvents is provided`);
  }
  if (wanted !== "NotOlderThan") yield notListed(match, wanted, ["NotOlderThan"]);
}

/** Invalid parameters of a request: 422, as if the options were an object. */
export function refuse(options: string, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw invalidObject({ group: "meta.k8s.io", kind: options } as AnyKind, "", errors);
}
