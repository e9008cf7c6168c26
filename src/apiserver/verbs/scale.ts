/** The `scale` subresource: how many replicas, for any kind that says it has some. */
import { conflict, invalidObject } from "#api/errors.ts";
import { Scale } from "#api/autoscaling/scale.ts";
import type { AnyKind, ApiObject, ScaleTrait } from "#api/kind.ts";
import type { ApiResponse, Sealed } from "#api/request.ts";
import { assert } from "#base/assert.ts";
import { draftOf } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import { ComputedObject } from "../sealed.ts";
import { notAllowed } from "../unserved.ts";
import { decodeBody } from "./body.ts";
import { type VerbCall, writeContext } from "./call.ts";
import { writeOptions } from "./options.ts";
import { decodePatched, patchOf } from "./patch-text.ts";
import { checkName } from "./update.ts";

export async function scale(call: VerbCall): Promise<ApiResponse> {
  const { info } = call.context;
  switch (info.verb) {
    case "get":
      return answer(call, await call.registry.get(call.served.stored, info));
    case "update":
      return write(call, () => bodyOf(call));
    case "patch":
      return write(call, (current) => patchedScale(call, current));
    default:
      throw notAllowed(call.context);
  }
}

const answer = ({ served }: VerbCall, { object, revision }: Sealed): ApiResponse => {
  const sealed = new ComputedObject(Scale.schema, scaleOf(served.stored, object), revision);
  return { status: 200, body: { is: "object", kind: Scale, sealed } };
};

function traitOf(kind: AnyKind): ScaleTrait<ApiObject> {
  assert(kind.scale, `${kind.plural} have no scale`);
  return kind.scale;
}

/** Also what webhooks are shown. */
export function scaleOf(kind: AnyKind, object: ApiObject): Scale {
  const { replicas, statusReplicas, selector } = traitOf(kind);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const spec = replicas(object);
  const selected = selector(object);
  return {
    kind: Scale.kind,
    apiVersion: Scale.apiVersion,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec === 0 ? {} : { replicas: spec },
    status: {
      replicas: statusReplicas(object),
      ...(selected === "" ? {} : { selector: selected }),
    },
  };
}

const bodyOf = ({ context }: VerbCall): Draft<Scale> =>
  decodeBody(Scale, context, { validation: "Warn" }) as Draft<Scale>;

function patchedScale({ context, served }: VerbCall, current: ApiObject): Draft<Scale> {
  const text = patchOf(context.request);
  const before = scaleOf(served.stored, current);
  const isChange = text.is === "change";
  const document = isChange ? text.apply(Scale, before) : { ...before, spec: text.config["spec"] };
  const duplicates = isChange ? text.duplicates : [];
  return decodePatched(Scale.schema, document, { duplicates, context }) as Draft<Scale>;
}

async function write(
  call: VerbCall,
  make: (current: ApiObject) => Draft<Scale>,
): Promise<ApiResponse> {
  const { context, served, registry } = call;
  const { info, request } = context;
  const name = info.verb === "update" ? "UpdateOptions" : "PatchOptions";
  const how = writeContext(call, writeOptions(request.query, name));
  const { sealed } = await registry.put(
    served.stored,
    {
      namespace: info.namespace,
      name: info.name,
      part: "scale",
      make: (current) => {
        const { object } = current as Sealed;
        return { draft: scaled(served.stored, object, make(object)) };
      },
    },
    how,
  );
  return answer(call, sealed);
}

function scaled(kind: AnyKind, object: ApiObject, wanted: Draft<Scale>): Draft<ApiObject> {
  const { name = "", uid, resourceVersion } = object.metadata;
  checkName(wanted, name);
  const errors = [...(Scale.validate?.(wanted) ?? [])];
  if (errors.length > 0) throw invalidObject(Scale, name, errors);
  const { metadata, spec } = wanted;
  if (metadata.resourceVersion && metadata.resourceVersion !== resourceVersion) {
    throw conflict(kind, name);
  }
  if (metadata.uid && metadata.uid !== uid) {
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`,
    );
  }
  const draft = draftOf(object);
  traitOf(kind).withReplicas(draft, spec.replicas ?? 0);
  return draft;
}
