/**
 * Shows what was stored as the client asked for it: in the version of the path, as a table, or as
 * metadata only. That the form can be had is settled first, so that a refusal changes nothing.
 */
import { ApiError } from "#api/errors.ts";
import type { AnyKind } from "#api/kind.ts";
import type { ListMeta } from "#api/meta/list-meta.ts";
import type { ApiResponse, Sealed, WatchBatch, WatchEvent } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import { mappedWatch } from "../cache/mapped-watch.ts";
import { json, negotiate, type View, type ViewVersion } from "../encoding/accept.ts";
import { metadataOnly } from "../encoding/partial-metadata.ts";
import { type IncludeObject, parseIncludeObject, tableOf } from "../encoding/table.ts";
import type { Context, Next, Stage } from "../context.ts";
import type { Served } from "../kinds.ts";
import { notAcceptable } from "../refusals.ts";

export const present =
  (clock: Clock): Stage =>
  (context, next) => {
    const { info, request, served } = context;
    if (!info.isResource || !served) return next(context);
    const hasViews = served.kind.verbs.includes("get");
    const isJsonOnly = served.kind.schema.options.noProto === true;
    const output = negotiate(request.headers["accept"], hasViews, isJsonOnly);
    const { view, version = "v1", mediaType } = output;
    if (view === undefined && served.kind === served.stored) return next(context);
    if (view !== "Table") {
      refuseOther(view, info.verb);
      return answerMapped(view && version, { context, served, next });
    }
    if (mediaType !== json) throw notAcceptable([json]);
    const include = parseIncludeObject(request.query.get("includeObject"));
    return answerTables({ context, served, next }, { include, version, clock });
  };

/** A list is not shown as one object, nor one object as a list. */
function refuseOther(view: View | undefined, verb: string): void {
  const isList = verb === "list";
  const isMistaken = isList
    ? view === "PartialObjectMetadata"
    : view === "PartialObjectMetadataList" && ofOneObject.has(verb);
  if (!isMistaken) return;
  const found = isList ? "a list" : "not a list";
  // differs: upstream names the type in Go as well.
  const why = `you requested ${view}, but the requested object is ${found}`;
  throw new ApiError("NotAcceptable", why);
}

const ofOneObject: ReadonlySet<string> = new Set(["get", "create", "update", "patch"]);

interface Answering {
  readonly context: Context;
  readonly served: Served;
  readonly next: Next;
}

/** What the registry knows; a Status or a Scale has no other version. */
const isStored = ({ body }: ApiResponse, { stored }: Served): boolean =>
  "kind" in body && body.kind === stored;

/** Lists of them are of a kind of their own. */
const partialKind = (version: ViewVersion): AnyKind =>
  ({
    kind: "PartialObjectMetadata",
    listKind: "PartialObjectMetadataList",
    apiVersion: `meta.k8s.io/${version}`,
  }) as AnyKind;

/** Metadata only, where a version of it is asked for. */
async function answerMapped(
  partial: ViewVersion | undefined,
  { context, served, next }: Answering,
): Promise<ApiResponse> {
  const response = await next(context);
  if (!isStored(response, served)) return response;
  const kind = partial ? partialKind(partial) : served.kind;
  const map = (sealed: Sealed): Sealed => {
    const converted = served.fromStored(sealed);
    return partial ? metadataOnly(converted, partial) : converted;
  };
  const { body } = response;
  if (body.is === "object")
    return { ...response, body: { ...body, kind, sealed: map(body.sealed) } };
  if (body.is === "list") {
    const list = { ...body.list, items: body.list.items.map(map) };
    return { ...response, body: { ...body, kind, list } };
  }
  if (body.is !== "watch") return response;
  return { ...response, body: { ...body, kind, events: mapEvents(body.events, map) } };
}

interface TableView {
  readonly include: IncludeObject;
  readonly version: ViewVersion;
  readonly clock: Clock;
}

async function answerTables(
  { context, served, next }: Answering,
  { include, version, clock }: TableView,
): Promise<ApiResponse> {
  const response = await next(context);
  if (!("kind" in response.body) || !response.body.kind) return response;
  const isOwn = isStored(response, served);
  if (!isOwn && !response.body.kind.columns) return response;
  const shown = isOwn ? served : { stored: response.body.kind, fromStored: same };
  const table = (items: readonly Sealed[], metadata: ListMeta, hasColumns = true): Sealed =>
    tableOf(shown, items, {
      metadata,
      options: { include, version, nowMs: clock.now(), hasColumns },
    });
  const { body } = response;
  if (body.is === "object") return objectOf(response, table([body.sealed], metaOf(body.sealed)));
  if (body.is === "list") return objectOf(response, table(body.list.items, body.list.metadata));
  if (body.is !== "watch") return response;
  let isFirst = true;
  const events = mapEvents(body.events, (sealed) => {
    const hasColumns = isFirst;
    isFirst = false;
    return table([sealed], metaOf(sealed), hasColumns);
  });
  return { ...response, body: { ...body, events } };
}

const same = (sealed: Sealed): Sealed => sealed;

const objectOf = (response: ApiResponse, sealed: Sealed): ApiResponse => ({
  ...response,
  body: { is: "object", kind: undefined, sealed },
});

const metaOf = ({ object }: Sealed): ListMeta => {
  const { resourceVersion } = object.metadata;
  return resourceVersion === undefined ? {} : { resourceVersion };
};

function mapEvents(
  batches: AsyncIterable<WatchBatch>,
  map: (sealed: Sealed) => Sealed,
): AsyncIterable<WatchBatch> {
  const mapped = (event: WatchEvent): WatchEvent =>
    "sealed" in event ? { ...event, sealed: map(event.sealed) } : event;
  return mappedWatch(batches, (batch) => batch.map(mapped));
}
