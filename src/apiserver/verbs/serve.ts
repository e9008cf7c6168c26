/** From what a request asks for to the verb that does it. */
import type { ApiResponse } from "#api/request.ts";
import type { AnyKind, Verb } from "#api/kind.ts";
import type { Soon } from "#base/soon.ts";
import type { Context } from "../context.ts";
import type { Served } from "../kinds.ts";
import { noSuchPart, notAllowed, nothingAt } from "../unserved.ts";
import type { VerbCall } from "./call.ts";
import { create } from "./create.ts";
import { remove, removeCollection } from "./delete.ts";
import { patch } from "./patch.ts";
import { get, list, watch } from "./read.ts";
import { scale } from "./scale.ts";
import { serveSubresource } from "./subresource.ts";
import { update } from "./update.ts";
import { serveVirtual } from "./virtual.ts";

const verbs: { readonly [V in Verb]: (call: VerbCall) => Soon<ApiResponse> } = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
};

/** Of one object, which the path names. */
const ofOne: ReadonlySet<string> = new Set<Verb>(["get", "update", "patch", "delete"]);

/** Reading and writing the status. */
const statusVerbs = { get, update, patch } as const;

export function serveResource(
  context: Context,
  server: Pick<VerbCall, "registry" | "ports">,
): Soon<ApiResponse> {
  const { served, info } = context;
  if (!served || !isInPlace(served, context)) return nothingAt(context);
  const call: VerbCall = { ...server, context, served };
  if (info.subresource !== "") return servePart(call);
  if (served.kind.deprecated) context.warnings.push(deprecationOf(served.kind));
  if (served.virtual) return serveVirtual(call, served.virtual);
  const isServed = Object.hasOwn(verbs, info.verb) && served.kind.verbs.includes(info.verb as Verb);
  const isNamed = info.name !== "";
  if (!isServed || (ofOne.has(info.verb) && !isNamed) || (info.verb === "create" && isNamed)) {
    throw notAllowed(context);
  }
  return verbs[info.verb as Verb](call);
}

/** exact: apiserver */
function deprecationOf({ apiVersion, kind, deprecated }: AnyKind): string {
  const { since = "", use, text } = deprecated ?? {};
  if (text !== undefined) return text || `${apiVersion} ${kind} is deprecated`;
  return `${apiVersion} ${kind} is deprecated in v${since}+${use ? `; use ${use}` : ""}`;
}

function servePart(call: VerbCall): Soon<ApiResponse> {
  const { served, context } = call;
  const { info } = context;
  const subresource = served.subresources.get(info.subresource);
  if (subresource) return serveSubresource(call, subresource);
  if (info.rest !== "") throw noSuchPart(context);
  if (info.subresource === "scale" && served.stored.scale) return scale(call);
  if (info.subresource !== "status" || !served.stored.status) throw noSuchPart(context);
  if (!Object.hasOwn(statusVerbs, info.verb)) throw notAllowed(context);
  return statusVerbs[info.verb as keyof typeof statusVerbs](call);
}

/** Things of a namespace are asked for in one, or, to read them all, in none. */
function isInPlace({ kind }: Served, context: Context): boolean {
  const { info, kinds } = context;
  const isOwnName = info.resource === "namespaces" && info.namespace === info.name;
  if (kind.scope === "Cluster") return info.namespace === "" || isOwnName;
  if (info.namespace !== "") return true;
  if (info.verb === "list" || info.verb === "watch") return true;
  if (!kinds.isOwnGroup(info.group)) return false;
  throw notAllowed(context);
}
