import type { ApiObject } from "#api/kind.ts";
import { causeHeader, type Sealed } from "#api/request.ts";
import { byHeaders } from "#base/by-headers.ts";
import type { Draft } from "#schema/struct.ts";
import type { Authorizer } from "../authz/authorizer.ts";
import type { Context } from "../context.ts";
import type { Served } from "../kinds.ts";
import type { ServerPorts } from "../ports.ts";
import type { FullRegistry } from "../registry/generic.ts";
import type { WriteContext } from "../registry/registry.ts";
import type { WriteOptions } from "./options.ts";

/** What every verb works with. */
export interface VerbCall {
  readonly context: Context;
  readonly served: Served;
  readonly registry: FullRegistry;
  readonly ports: ServerPorts;
}

export const authorizerOf = ({ ports }: VerbCall): Authorizer => ports.authorizer;

/** What a part with rules of its own makes of the object that the caller sent. */
export function revised(
  { context, served }: VerbCall,
  wanted: Draft<ApiObject>,
  current: Sealed | undefined,
): Draft<ApiObject> {
  const { edit } = served.subresources.get(context.info.subresource) ?? {};
  return edit && current ? edit(wanted, current.object, context) : wanted;
}

export function writeContext({ context, served }: VerbCall, options: WriteOptions): WriteContext {
  const { request, user, warnings, annotations } = context;
  const cause = request.headers[causeHeader];
  return {
    ...(cause === undefined ? {} : { cause }),
    user,
    fieldManager: options.fieldManager || managerOf(request.headers),
    dryRun: options.isDryRun,
    warnings,
    annotations,
    asked: served.kind,
    options: options.json,
    waiting: request,
  };
}

const managerLengthMax = 128;

/** Without a name of its own, a client is known by its program. */
const managerOf = byHeaders((headers) => {
  const [program = ""] = (headers["user-agent"] ?? "").split("/", 1);
  const isPlain = /^[\x20-\x7e]+$/.test(program);
  const printable = isPlain ? program : program.replace(/[^\P{C} ]|[\p{Zl}\p{Zp}]/gu, "");
  return printable.slice(0, managerLengthMax) || "unknown";
});
