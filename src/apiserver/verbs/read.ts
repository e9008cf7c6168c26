import type { AnyKind } from "#api/kind.ts";
import type { ApiResponse } from "#api/request.ts";
import { type Soon, whenThere } from "#base/soon.ts";
import { forbidden } from "#schema/field-error.ts";
import type { ListQuery } from "../registry/registry.ts";
import { refuse } from "../registry/resource-version.ts";
import { objectAnswer } from "../responses.ts";
import type { VerbCall } from "./call.ts";
import { booleanOf, integerOf } from "./options.ts";

export function get({ context, served, registry }: VerbCall): Soon<ApiResponse> {
  const { info, request } = context;
  const version = request.query.size === 0 ? "" : (request.query.get("resourceVersion") ?? "");
  return whenThere(registry.get(served.stored, info, version), (sealed) =>
    objectAnswer(200, served, sealed),
  );
}

export function listQuery({ context: { info, request } }: VerbCall): ListQuery {
  const { query } = request;
  return {
    namespace: info.namespace,
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    limit: integerOf(query, "limit") ?? 0,
    continue: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
  };
}

export async function list(call: VerbCall): Promise<ApiResponse> {
  const { context, served, registry } = call;
  const { query } = context.request;
  if (query.has("sendInitialEvents")) {
    refuse("ListOptions", [
      forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"),
    ]);
  }
  // Lists take no longer than they take, but what is no number is refused.
  integerOf(query, "timeoutSeconds");
  const found = await registry.list(selecting(call), listQuery(call));
  return { status: 200, body: { is: "list", kind: served.stored, list: found } };
}

export async function watch(call: VerbCall): Promise<ApiResponse> {
  const { context, served, registry } = call;
  const { info, request } = context;
  const { limit: _limit, continue: _continue, ...query } = listQuery(call);
  const events = await registry.watch(selecting(call), {
    ...query,
    // The old way to watch one object: /api/v1/watch/namespaces/default/pods/web.
    fieldSelector: query.fieldSelector || (info.name === "" ? "" : `metadata.name=${info.name}`),
    allowBookmarks: booleanOf(request.query, "allowWatchBookmarks") ?? false,
    sendInitialEvents: booleanOf(request.query, "sendInitialEvents"),
    timeoutSeconds: integerOf(request.query, "timeoutSeconds"),
    signal: request.signal,
  });
  return { status: 200, body: { is: "watch", kind: served.stored, events } };
}

/** Stored as they are, selected by the fields of the version that the client knows. */
function selecting({ served: { kind, stored } }: VerbCall): AnyKind {
  const { selectableFields } = kind;
  return kind === stored || !selectableFields ? stored : { ...stored, selectableFields };
}
