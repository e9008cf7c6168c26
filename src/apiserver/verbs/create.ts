import { badRequest } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ApiResponse } from "#api/request.ts";
import { type Soon, whenThere } from "#base/soon.ts";
import { applyDefaults } from "#schema/defaults.ts";
import type { Draft } from "#schema/struct.ts";
import type { Context } from "../context.ts";
import type { Served } from "../kinds.ts";
import { objectAnswer } from "../responses.ts";
import { decodeBody, type Reading } from "./body.ts";
import { type VerbCall, writeContext } from "./call.ts";
import { writeOptions } from "./options.ts";

export function create(call: VerbCall): Soon<ApiResponse> {
  const { context, served, registry } = call;
  const options = writeOptions(context.request.query, "CreateOptions");
  const draft = decodeObject(served, context, { validation: options.fieldValidation });
  putInNamespace(served.kind, draft, context.info.namespace);
  const inserted = registry.insert(served.stored, { draft }, writeContext(call, options));
  return whenThere(inserted, (sealed) => objectAnswer(201, served, sealed));
}

/** The body as it would be stored. */
export function decodeObject(
  { kind, stored, toStored }: Served,
  context: Context,
  how: Reading,
): Draft<ApiObject> {
  const draft = decodeBody(kind, context, how);
  return kind === stored ? draft : applyDefaults(stored.schema, toStored(draft) as never);
}

/** An object may leave its namespace to the path, but not contradict it. */
export function putInNamespace(
  kind: AnyKind,
  { metadata }: Draft<ApiObject>,
  namespace: string,
): void {
  const asked = metadata.namespace ?? "";
  if (kind.scope === "Cluster") {
    if (asked !== "") throw otherNamespace();
    return;
  }
  if (asked !== "" && asked !== namespace) throw otherNamespace();
  metadata.namespace = namespace;
}

const otherNamespace = () =>
  // exact: apiserver
  badRequest(
    "the namespace of the provided object does not match the namespace sent on the request",
  );
