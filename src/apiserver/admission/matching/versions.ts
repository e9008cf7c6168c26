/**
 * The versions of one request: a kind that is served under several groups or versions is shown to
 * each webhook in the one that its rules name.
 */
import { Scale } from "#api/autoscaling/scale.ts";
import { type AnyKind, type ApiObject, groupResource } from "#api/kind.ts";
import { assert, AssertionFailed } from "#base/assert.ts";
import { draftOf } from "#schema/copy.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { decodeJson } from "#schema/json.ts";
import type { AnyStruct, Draft } from "#schema/struct.ts";
import type { KindRegistry, Served } from "#apiserver/kinds.ts";
import { ComputedObject } from "#apiserver/sealed.ts";
import { scaleOf } from "#apiserver/verbs/scale.ts";
import type { AdmissionRequest, BodyType } from "../admission.ts";

export interface Version {
  readonly group: string;
  readonly version: string;
  /** The plural. */
  readonly resource: string;
  /** Of what is shown: the kind of the resource, or of the subresource's body. */
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  /** Of what is shown. Absent: nothing is known of it. */
  readonly schema?: AnyStruct;
  /** A new object, for the caller to keep. */
  readonly show: (object: ApiObject) => object;
  /** Instead of `show`, where somebody outside has to be asked: see Subject.prepare. */
  readonly convert?: (object: ApiObject) => Promise<object>;
  /** From what was shown and changed to what is stored. Absent: it cannot be changed. */
  readonly take?: (
    shown: unknown,
    before: ApiObject,
  ) => Draft<ApiObject> | Promise<Draft<ApiObject>>;
}

/** The one that the caller speaks comes first. */
export function versionsOf(
  { kind, asked = kind, subresource, body }: AdmissionRequest,
  kinds: KindRegistry,
): readonly Version[] {
  if (body) return [bodyVersion(asked, body)];
  const served = servedOf(kinds, kind).toSorted((a, b) => rank(a, asked) - rank(b, asked));
  if (subresource === "scale" && kind.scale) return served.map(scaleVersion);
  if (kind.conversion) return served.map((one) => convertedVersion(kind, one));
  return served.length > 0 ? served.map(objectVersion) : [plainVersion(kind)];
}

/** All that serve what is stored in the same place. */
function servedOf(kinds: KindRegistry, { storage }: AnyKind): readonly Served[] {
  if (storage === undefined) return [];
  let known = places.get(kinds);
  if (!known || known.changes !== kinds.changes) {
    const all = Map.groupBy(kinds.all(), ({ stored }) => stored.storage?.prefix);
    places.set(kinds, (known = { changes: kinds.changes, all }));
  }
  return known.all.get(storage.prefix) ?? [];
}

interface Places {
  readonly changes: number;
  readonly all: ReadonlyMap<string | undefined, readonly Served[]>;
}

/** Every request asks, and kinds seldom come and go. */
const places = new WeakMap<KindRegistry, Places>();

const rank = ({ kind }: Served, asked: AnyKind): number =>
  kind.apiVersion === asked.apiVersion && kind.plural === asked.plural ? 0 : 1;

const placeOf = ({ group, version, plural }: AnyKind) => ({ group, version, resource: plural });

const kindOf = ({ group, version, kind }: AnyKind): Version["kind"] => ({ group, version, kind });

const decoded = (schema: AnyStruct, shown: unknown): Draft<ApiObject> =>
  decodeJson(schema, shown, { defaults: true }).value as Draft<ApiObject>;

/** Bodies of requests may leave their type out; webhooks are always told. */
const typed = ({ apiVersion, kind }: BodyType, object: object): object =>
  Object.assign({ kind, apiVersion }, draftOf(object), { kind, apiVersion });

const plainVersion = (kind: AnyKind): Version => ({
  ...placeOf(kind),
  kind: kindOf(kind),
  schema: kind.schema,
  show: (object) => typed(kind, object),
  take: (shown) => decoded(kind.schema, shown),
});

function objectVersion({ kind, stored, fromStored, toStored }: Served): Version {
  if (kind === stored) return plainVersion(kind);
  return {
    ...plainVersion(kind),
    show: (object) => {
      const whole = new ComputedObject(stored.schema, typed(stored, object) as ApiObject);
      return typed(kind, fromStored(whole).object);
    },
    take: (shown) => applyDefaults(stored.schema, toStored(decoded(kind.schema, shown)) as never),
  };
}

/** The object is in the version that the caller speaks; somebody outside converts it. */
function convertedVersion(spoken: AnyKind, { kind }: Served): Version {
  const plain = plainVersion(kind);
  const isLate = (): never => {
    throw new AssertionFailed("what is converted is prepared before it is shown");
  };
  if (kind.apiVersion === spoken.apiVersion) return plain;
  const convert = async (from: AnyKind, to: AnyKind, object: object): Promise<object> => {
    const whole = typed(from, object) as ApiObject;
    const [made] = (await from.conversion?.convert([whole], to.apiVersion)) ?? [];
    return decodeJson(to.schema, made, { defaults: false }).value as object;
  };
  return {
    ...plain,
    show: isLate,
    convert: (object) => convert(spoken, kind, object),
    take: async (shown) => {
      const made = await convert(kind, spoken, decoded(kind.schema, shown));
      return applyDefaults(spoken.schema, made as never) as Draft<ApiObject>;
    },
  };
}

const scaleVersion = ({ kind, stored }: Served): Version => ({
  ...placeOf(kind),
  kind: kindOf(Scale),
  schema: Scale.schema,
  show: (object) => scaleOf(stored, object),
  take: (shown, before) => {
    assert(stored.scale, `${groupResource(stored)} have no scale`);
    const draft: Draft<ApiObject> = draftOf(before);
    const { spec } = decoded(Scale.schema, shown) as Draft<Scale>;
    stored.scale.withReplicas(draft, spec.replicas ?? 0);
    return draft;
  },
});

function bodyVersion(asked: AnyKind, body: BodyType): Version {
  const { apiVersion, kind, schema } = body;
  const [version = "", group = ""] = apiVersion.split("/").toReversed();
  return {
    ...placeOf(asked),
    kind: { group, version, kind },
    show: (object) => typed(body, object),
    ...(schema ? { schema, take: (shown: unknown) => decoded(schema, shown) } : {}),
  };
}
