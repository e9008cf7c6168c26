/** Subresources with behaviour of their own: binding, eviction, log, exec and the like. */
import { badRequest } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import type { ApiResponse } from "#api/request.ts";
import { assert } from "#base/assert.ts";
import type { Soon } from "#base/soon.ts";
import type { Draft } from "#schema/struct.ts";
import type { BodyType } from "../admission/admission.ts";
import { refuseInvalid } from "../registry/validation.ts";
import { requestOf } from "../registry/request-of.ts";
import type { Subresource, SubresourceCall } from "../subresources/subresource.ts";
import { notAllowed } from "../unserved.ts";
import { decodeBody } from "./body.ts";
import { type VerbCall, writeContext } from "./call.ts";
import { writeOptions } from "./options.ts";
import { patch } from "./patch.ts";
import { get } from "./read.ts";
import { update } from "./update.ts";

export async function serveSubresource(
  call: VerbCall,
  subresource: Subresource,
): Promise<ApiResponse> {
  const { context, registry, ports } = call;
  const { info, request } = context;
  if (!subresource.methods.includes(request.method)) throw notAllowed(context);
  if (info.name === "") throw badRequest("name must be provided");
  if (subresource.edit) return servePartOf(call);
  assert(subresource.serve, `${subresource.name} serves nothing`);
  // Those that connect have query parameters of their own.
  const options = subresource.bodyKind
    ? writeOptions(request.query, "CreateOptions")
    : writeOptions(noQuery, "CreateOptions");
  const how = writeContext(call, options);
  const body: SubresourceCall["body"] = async <T extends ApiObject>() => {
    assert(subresource.bodyKind, `${subresource.name} has no body`);
    return decodeBody(subresource.bodyKind, context, {
      validation: options.fieldValidation,
    }) as Draft<T>;
  };
  const admit: SubresourceCall["admit"] = async (operation, draft) => {
    const { namespace, name } = info;
    const asked = {
      operation,
      namespace,
      name,
      subresource: subresource.name,
      body: bodyTypeOf(subresource),
    };
    const { kit } = registry;
    const asking = requestOf({ kit, kind: subresource.of, how }, asked);
    await kit.admission.mutate(draft, asking);
    refuseInvalid(subresource.of, name, await kit.admission.validate(draft, asking));
  };
  const own = { ...how, isAdmitted: true } as const;
  return subresource.serve({ context, registry, ports, how: own, body, admit });
}

function bodyTypeOf({ of, kind, groupVersion, bodyKind }: Subresource): BodyType {
  if (bodyKind) return bodyKind;
  const { group, version } = groupVersion ?? of;
  return { apiVersion: group === "" ? version : `${group}/${version}`, kind };
}

const partVerbs = { get, update, patch } as const;

/** Read and written like the object itself, with rules of its own. */
function servePartOf(call: VerbCall): Soon<ApiResponse> {
  const { info } = call.context;
  if (!Object.hasOwn(partVerbs, info.verb)) throw notAllowed(call.context);
  return partVerbs[info.verb as keyof typeof partVerbs](call);
}

const noQuery = new URLSearchParams();
