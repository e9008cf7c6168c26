import { badRequest } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import type { ApiResponse } from "#api/request.ts";
import type { Draft } from "#schema/struct.ts";
import type { ObjectChange } from "../registry/change.ts";
import { objectAnswer } from "../responses.ts";
import { attributesOf, demand } from "../stages/authorize.ts";
import { authorizerOf, revised, type VerbCall, writeContext } from "./call.ts";
import { decodeObject, putInNamespace } from "./create.ts";
import { writeOptions } from "./options.ts";
import { likeOf, ownMetadata } from "./sharing.ts";

/** PUT of an object or of its status. */
export async function update(call: VerbCall): Promise<ApiResponse> {
  const { context, served, registry } = call;
  const { info, request } = context;
  const options = writeOptions(request.query, "UpdateOptions");
  let first: Draft<ApiObject> | undefined = decodeFor(call, options.fieldValidation);
  const make: ObjectChange["make"] = async (current) => {
    if (!current) await demandCreation(call);
    // A second try starts from the body again: the first draft has been worked on.
    const draft = first ?? decodeFor(quiet(call), "Ignore");
    first = undefined;
    return { draft: revised(call, draft, current) };
  };
  const change: ObjectChange = {
    namespace: info.namespace,
    name: info.name,
    part: info.subresource,
    make,
    createsAbsent: info.subresource === "" && served.stored.createsOnUpdate === true,
  };
  const { sealed, wasCreated } = await registry.put(
    served.stored,
    change,
    writeContext(call, options),
  );
  return objectAnswer(wasCreated ? 201 : 200, served, sealed);
}

/** What was warned of once need not be said again. */
const quiet = (call: VerbCall): VerbCall => ({
  ...call,
  context: { ...call.context, warnings: [] },
});

function decodeFor(
  { context, served, registry }: VerbCall,
  validation: "Strict" | "Warn" | "Ignore",
): Draft<ApiObject> {
  const { request, info } = context;
  const before =
    request.body.is === "object"
      ? registry.reader.get(served.stored, info.namespace, info.name)?.object
      : undefined;
  const like = likeOf(served, info.subresource, before);
  const draft = ownMetadata(decodeObject(served, context, { validation, like }));
  checkName(draft, context.info.name);
  putInNamespace(served.kind, draft, context.info.namespace);
  return draft;
}

export function checkName({ metadata }: Draft<ApiObject>, name: string): void {
  if (metadata.name === name) return;
  // exact: apiserver
  if (!metadata.name) {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  throw badRequest(
    `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
  );
}

/** Who may change an object may not therefore create one. Throws Forbidden. */
export function demandCreation(call: VerbCall): void | Promise<void> {
  return demand(authorizerOf(call), { ...attributesOf(call.context), verb: "create" });
}
