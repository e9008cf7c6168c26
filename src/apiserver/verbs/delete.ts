import { isReason } from "#api/errors.ts";
import { DeleteOptions } from "#api/meta/options.ts";
import type { ApiRequest, ApiResponse, Sealed } from "#api/request.ts";
import { type FieldError, invalid, notListed } from "#schema/field-error.ts";
import { DecodeError } from "#schema/json.ts";
import { badRequest } from "#api/errors.ts";
import { deletionsAtOnce } from "../limits.ts";
import type { DeleteQuery, Located, WriteContext } from "../registry/registry.ts";
import { refuse } from "../registry/resource-version.ts";
import { objectAnswer, success } from "../responses.ts";
import { decodeContent, readBody } from "./body.ts";
import { type VerbCall, writeContext } from "./call.ts";
import { booleanOf, dryRunProblems, integerOf } from "./options.ts";
import { listQuery } from "./read.ts";

export async function remove(call: VerbCall): Promise<ApiResponse> {
  const { context, served, registry } = call;
  const { info } = context;
  const options = deleteOptions(context.request);
  const { sealed, isGone } = await registry.delete(
    served.stored,
    { namespace: info.namespace, name: info.name, ...queryOf(options) },
    writing(call, options),
  );
  if (isGone && !served.stored.deleteReturnsObject) return success(served.kind, sealed.object);
  // exact: only this old way to ask for dependents to go first is answered with 202.
  return objectAnswer(!isGone && options.orphanDependents === false ? 202 : 200, served, sealed);
}

/** Deletes what a list with the same parameters would show, and answers with it. */
export async function removeCollection(call: VerbCall): Promise<ApiResponse> {
  const { context, served, registry } = call;
  const options = deleteOptions(context.request);
  const how = writing(call, options);
  const list = await registry.list(served.stored, listQuery(call));
  const waiting = list.items.values();
  const worker = async (): Promise<void> => {
    for (const { object } of waiting) {
      const { namespace = "", name = "" } = object.metadata;
      await removeOne(call, { namespace, name, ...queryOf(options) }, how);
    }
  };
  await Promise.all(Array.from({ length: deletionsAtOnce }, worker));
  return { status: 200, body: { is: "list", kind: served.stored, list } };
}

/** What somebody else deleted meanwhile is gone, as was asked. */
async function removeOne(
  { registry, served }: VerbCall,
  query: Located & DeleteQuery,
  how: WriteContext,
): Promise<Sealed | undefined> {
  try {
    return (await registry.delete(served.stored, query, how)).sealed;
  } catch (cause) {
    if (!isReason(cause, "NotFound")) throw cause;
    return undefined;
  }
}

function writing(call: VerbCall, options: DeleteOptions): WriteContext {
  const { dryRun = [] } = options;
  return writeContext(call, {
    isDryRun: dryRun.length > 0,
    fieldManager: "",
    fieldValidation: "Warn",
    force: false,
    json: options,
  });
}

const queryOf = (options: DeleteOptions): DeleteQuery => ({
  gracePeriodSeconds: options.gracePeriodSeconds,
  propagationPolicy: policyOf(options),
  uid: options.preconditions?.uid,
  resourceVersion: options.preconditions?.resourceVersion,
});

const policies = ["Foreground", "Background", "Orphan"] as const;

function policyOf({
  propagationPolicy,
  orphanDependents,
}: DeleteOptions): DeleteQuery["propagationPolicy"] {
  if (orphanDependents !== undefined) return orphanDependents ? "Orphan" : "Background";
  return policies.find((policy) => policy === propagationPolicy);
}

/** In the body, or, without one, in the query. Throws BadRequest and Invalid. */
export function deleteOptions(request: ApiRequest): DeleteOptions {
  const hasBody =
    request.body.is === "object" || (request.body.is === "bytes" && request.body.bytes.length > 0);
  const options = hasBody ? optionsInBody(request) : optionsInQuery(request.query);
  refuse("DeleteOptions", [...problems(options)]);
  return options;
}

function optionsInBody(request: ApiRequest): DeleteOptions {
  const { content } = readBody(request, "DeleteOptions");
  try {
    const decoding = { validation: "Ignore", warnings: [] } as const;
    return decodeContent(DeleteOptions, content, { ...decoding, warnings: [] }) as DeleteOptions;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw badRequest(cause.message);
  }
}

function optionsInQuery(query: URLSearchParams): DeleteOptions {
  if (query.size === 0) return {};
  const gracePeriodSeconds = integerOf(query, "gracePeriodSeconds");
  const orphanDependents = booleanOf(query, "orphanDependents");
  const propagationPolicy = query.get("propagationPolicy");
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === null ? {} : { propagationPolicy }),
    ...(query.has("dryRun") ? { dryRun: query.getAll("dryRun") } : {}),
  };
}

/** upstream: apimachinery/pkg/apis/meta/v1/validation/validation.go#ValidateDeleteOptions */
function* problems(options: DeleteOptions): Iterable<FieldError> {
  const { propagationPolicy: policy, orphanDependents } = options;
  if (policy !== undefined && orphanDependents !== undefined) {
    const why = "orphanDependents and deletionPropagation cannot be both set";
    yield invalid("propagationPolicy", policy, why);
  }
  if (policy !== undefined && !policies.some((known) => known === policy)) {
    yield notListed("propagationPolicy", policy, [...policies, "nil"]);
  }
  yield* dryRunProblems(options.dryRun ?? []);
}
