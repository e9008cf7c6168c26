/**
 * Shows what was stored as the client asked for it: in the version of the path, as a table, or as
 * metadata only. That the form can be had is settled first, so that a refusal changes nothing.
 */
import type { AnyKind } from "#api/kind.ts";
import type { ListMeta } from "#api/meta/list-meta.ts";
import type { ApiResponse, Sealed, WatchBatch, WatchEvent } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import { mappedWatch } from "../cache/mapped-watch.ts";
import { json, negotiate } from "../encoding/accept.ts";
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
    const { view, mediaType } = negotiate(request.headers["accept"], hasViews, isJsonOnly);
    if (view === undefined && served.kind === served.stored) return next(context);
    if (view !== "Table") return answerMapped(view !== undefined, { context, served, next });
    if (mediaType !== json) throw notAcceptable([json]);
    const include = parseIncludeObject(request.query.get("includeObject"));
    return answerTables({ context, served, next }, { include, clock });
  };

interface Answering {
  readonly context: Context;
  readonly served: Served;
  readonly next: Next;
}

/** What the registry knows; a Status or a Scale has no other version. */
const isStored = ({ body }: ApiResponse, { stored }: Served): boolean =>
  "kind" in body && body.kind === stored;

/** Lists of them are of a kind of their own. */
const partialKind = {
  kind: "PartialObjectMetadata",
  listKind: "PartialObjectMetadataList",
  apiVersion: "meta.k8s.io/v1",
} as AnyKind;

async function answerMapped(
  isPartial: boolean,
  { context, served, next }: Answering,
): Promise<ApiResponse> {
  const response = await next(context);
  if (!isStored(response, served)) return response;
  const kind = isPartial ? partialKind : served.kind;
  const map = (sealed: Sealed): Sealed => {
    const converted = served.fromStored(sealed);
    return isPartial ? metadataOnly(converted) : converted;
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
  readonly clock: Clock;
}

async function answerTables(
  { context, served, next }: Answering,
  { include, clock }: TableView,
): Promise<ApiResponse> {
  const response = await next(context);
  if (!("kind" in response.body) || !response.body.kind?.columns) return response;
  const shown = isStored(response, served)
    ? served
    : { stored: response.body.kind, fromStored: same };
  const table = (items: readonly Sealed[], metadata: ListMeta, hasColumns = true): Sealed =>
    tableOf(shown, items, { metadata, options: { include, nowMs: clock.now(), hasColumns } });
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
