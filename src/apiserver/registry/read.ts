/** Get and list: from the cache, or, for how things once were, from the store. */
import { badRequest, notFound } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { ListMeta } from "#api/meta/list-meta.ts";
import type { Sealed, SealedList } from "#api/request.ts";
import type { Soon } from "#base/soon.ts";
import { Compacted } from "#store/store.ts";
import { after, type KindCache, namespaceRange } from "../cache/kind-cache.ts";
import { selectFrom } from "../cache/select.ts";
import { type Selection, selectionOf } from "../cache/selection.ts";
import {
  expiredContinue,
  expiredRevision,
  formatContinue,
  parseContinue,
} from "./continue-token.ts";
import type { RegistryKit } from "./kit.ts";
import type { ListQuery, Located } from "./registry.ts";
import { checkListQuery, parseRevision, reach } from "./resource-version.ts";
import { shown, shownAll } from "./versions.ts";

export function getObject(
  kit: RegistryKit,
  kind: AnyKind,
  { namespace, name, resourceVersion = "" }: Located & { readonly resourceVersion?: string },
): Soon<Sealed> {
  const { cache } = kit;
  if (resourceVersion !== "")
    return reach(cache, parseRevision(resourceVersion)).then(() =>
      getObject(kit, kind, { namespace, name }),
    );
  const found = cache.of(kind).get(namespace, name);
  if (!found) throw notFound(kind, name);
  return shown(kind, found);
}

/** What part of which state is asked for. */
interface Plan {
  readonly kind: AnyKind;
  readonly selection: Selection;
  readonly from: string;
  readonly limit: number;
  /** The state to show; undefined: the newest. */
  readonly revision: number | undefined;
  readonly isContinued: boolean;
}

interface Part {
  readonly items: readonly Sealed[];
  readonly revision: number;
  /** Where the next part begins; empty when there is none. */
  readonly next: string;
  readonly remaining: number | undefined;
}

export async function listObjects(
  kit: RegistryKit,
  kind: AnyKind,
  query: ListQuery,
): Promise<SealedList> {
  checkListQuery(query);
  const plan = await planOf(kit, kind, query);
  const cache = kit.cache.of(kind);
  const isInCache = plan.revision === undefined || cache.changed <= plan.revision;
  const part = isInCache
    ? await partInCache(kit, cache, plan)
    : await partInStore(kit, cache, plan);
  return { metadata: metadataOf(part), items: await shownAll(kind, part.items) };
}

async function planOf({ cache }: RegistryKit, kind: AnyKind, query: ListQuery): Promise<Plan> {
  const selection = selectionOf(kind, query);
  const limit = query.limit > 0 ? query.limit : Infinity;
  if (query.continue !== "") {
    if (query.resourceVersion !== "" && query.resourceVersion !== "0") {
      // exact: apiserver
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    const token = parseContinue(query.continue);
    if (token.revision !== undefined) await reach(cache, token.revision);
    return { kind, selection, limit, ...token, isContinued: true };
  }
  const asked = parseRevision(query.resourceVersion);
  await reach(cache, asked);
  const isExact = query.resourceVersionMatch === "Exact" || isLegacyExact(query, asked);
  return {
    kind,
    selection,
    from: "",
    // As upstream: whoever does not mind how old it is gets all of it from the cache.
    limit: query.resourceVersion === "0" ? Infinity : limit,
    revision: isExact ? asked : undefined,
    isContinued: false,
  };
}

/** A page of a given revision is of exactly that one, unless the match says otherwise. */
const isLegacyExact = ({ resourceVersionMatch, limit }: ListQuery, asked: number): boolean =>
  resourceVersionMatch === "" && limit > 0 && asked > 0;

async function partInCache(
  { cache: all, clock }: RegistryKit,
  cache: KindCache,
  plan: Plan,
): Promise<Part> {
  const { kind, selection, from, limit } = plan;
  const { namespace, isEverything, name } = selection;
  const revision = plan.revision ?? all.revision;
  if (isEverything) {
    const { items, lastKey, remaining } = cache.page({ namespace, from, limit });
    const next = remaining > 0 ? after(lastKey) : "";
    return { items, revision, next, remaining: remaining > 0 ? remaining : undefined };
  }
  const candidates =
    name === undefined || from !== ""
      ? cache.page({ namespace, from, limit: Infinity }).items
      : [...cache.named(namespace, name)];
  // What is selected is the object as it is shown.
  const objects = kind.conversion ? await shownAll(kind, candidates) : candidates;
  const selected = await selectFrom(objects, { selection, clock, limit: limit + 1 });
  return { ...firstOf(cache, selected, limit), revision };
}

/** Cuts off what was only taken to see whether there is more. */
function firstOf(
  cache: KindCache,
  selected: Sealed[],
  limit: number,
): Pick<Part, "items" | "next" | "remaining"> {
  const hasMore = selected.length > limit;
  if (hasMore) selected.length = limit;
  const last = selected.at(-1);
  const next = hasMore && last ? after(cache.relativeKey(last)) : "";
  return { items: selected, next, remaining: undefined };
}

const storePageSize = 500;

async function partInStore(kit: RegistryKit, cache: KindCache, plan: Plan): Promise<Part> {
  try {
    return await readStore(kit, cache, plan);
  } catch (cause) {
    if (!(cause instanceof Compacted)) throw cause;
    throw plan.isContinued ? expiredContinue(plan.from, cause) : expiredRevision(cause);
  }
}

async function readStore(kit: RegistryKit, cache: KindCache, plan: Plan): Promise<Part> {
  const { selection, limit, revision = 0 } = plan;
  const wanted = selection.isEverything ? limit : limit + 1;
  const { items, lastKey, remaining } = await collect(kit, cache, { ...plan, revision, wanted });
  if (!selection.isEverything) return { ...firstOf(cache, items, limit), revision };
  if (remaining === 0) return { items, revision, next: "", remaining: undefined };
  return { items, revision, next: after(lastKey.slice(cache.prefix.length + 1)), remaining };
}

interface Collection extends Pick<Plan, "kind" | "selection" | "from"> {
  readonly revision: number;
  readonly wanted: number;
}

/** Reads on, a page at a time, until there are enough that match. */
async function collect(kit: RegistryKit, cache: KindCache, plan: Collection) {
  const { kind, selection, revision, wanted } = plan;
  const items: Sealed[] = [];
  let lastKey = keyBefore(cache, plan.from);
  for (;;) {
    const { entries, remaining } = await kit.store.range({
      prefix: `${cache.prefix}/${namespaceRange(selection.namespace)}`,
      revision,
      limit: Math.min(wanted - items.length, storePageSize),
      ...(lastKey === "" ? {} : { after: lastKey }),
    });
    const stored = entries.map((entry) => kit.cache.unpack(cache, entry));
    const page = kind.conversion ? await shownAll(kind, stored) : stored;
    const { isEverything, matches } = selection;
    items.push(...(isEverything ? page : page.filter(({ object }) => matches(object))));
    lastKey = entries.at(-1)?.key ?? lastKey;
    if (remaining === 0 || entries.length === 0 || items.length >= wanted) {
      return { items, lastKey, remaining };
    }
  }
}

/** Tokens say which key comes first; the store is asked for what comes after a key. */
const keyBefore = ({ prefix }: KindCache, from: string): string =>
  from === "" ? "" : `${prefix}/${from.endsWith("\0") ? from.slice(0, -1) : from}`;

const metadataOf = ({ revision, next, remaining }: Part): ListMeta => ({
  resourceVersion: String(revision),
  ...(next === "" ? {} : { continue: formatContinue({ from: next, revision }) }),
  ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
});
