/** Kinds that are never stored: reviews, and what is computed when somebody asks. */
import { notFound } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import type { ApiResponse } from "#api/request.ts";
import { parseLabelSelector } from "#api/selectors.ts";
import { inOrder } from "#schema/order.ts";
import { ComputedObject } from "../sealed.ts";
import { notAllowed } from "../unserved.ts";
import type { Virtual, VirtualCall } from "../virtual/virtual.ts";
import { decodeBody } from "./body.ts";
import type { VerbCall } from "./call.ts";
import { putInNamespace } from "./create.ts";
import { writeOptions } from "./options.ts";

export async function serveVirtual(call: VerbCall, virtual: Virtual): Promise<ApiResponse> {
  const { context, registry, ports } = call;
  const { info } = context;
  const { namespace, name } = info;
  const labelSelector = context.request.query.get("labelSelector") ?? "";
  const computing: VirtualCall = { context, registry, ports, namespace, name, labelSelector };
  if (info.verb === "create" && virtual.create) return answerReview(call, virtual, computing);
  if (!virtual.list) throw notAllowed(context);
  const { matches } = parseLabelSelector(labelSelector);
  const computed: readonly ApiObject[] = await virtual.list(computing);
  const objects = computed.filter(({ metadata }) => matches(metadata.labels));
  const { kind } = virtual;
  const items = objects.map((object) => new ComputedObject(kind.schema, object));
  if (info.verb === "list") {
    return { status: 200, body: { is: "list", kind, list: { metadata: {}, items } } };
  }
  if (info.verb !== "get") throw notAllowed(context);
  const found = items.find(({ object }) => object.metadata.name === info.name);
  if (!found) throw notFound(kind, info.name);
  return { status: 200, body: { is: "object", kind, sealed: found } };
}

async function answerReview(
  { context, served }: VerbCall,
  { kind, create }: Virtual,
  computing: VirtualCall,
): Promise<ApiResponse> {
  const { info, request } = context;
  const { fieldValidation } = writeOptions(request.query, "CreateOptions");
  const draft = decodeBody(kind, context, { validation: fieldValidation });
  if (info.namespace !== "") putInNamespace(served.kind, draft, info.namespace);
  const completed = inOrder(kind.schema, await create?.(draft, computing));
  const sealed = new ComputedObject(kind.schema, completed);
  return { status: 201, body: { is: "object", kind, sealed } };
}
