/** What unit tests of security need: a reader over plain objects, and requests to admit. */
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { Clock } from "#base/clock.ts";
import type { Sealed, User } from "#api/request.ts";
import type { Reader } from "../registry/registry.ts";
import type { Admission, AdmissionRequest } from "./admission.ts";
import { decodeJson } from "#schema/json.ts";
import type { Draft } from "#schema/struct.ts";

export interface TestReader extends Reader {
  readonly put: (kind: AnyKind, manifest: object) => ApiObject;
  readonly remove: (kind: AnyKind, namespace: string, name: string) => void;
}

/** As the server would have it after decoding. */
export const objectOf = <T extends ApiObject>(kind: Kind<T>, manifest: object): Draft<T> =>
  decodeJson(
    kind.schema,
    { apiVersion: kind.apiVersion, kind: kind.kind, ...manifest },
    { defaults: true },
  ).value;

const sealed = <T extends ApiObject>(object: T, revision: number): Sealed<T> => {
  const json = (): Uint8Array => Buffer.from(JSON.stringify(object));
  return { object, revision, json, typeMetaLength: 0, proto: json };
};

export function readerOf(...objects: readonly (readonly [AnyKind, object])[]): TestReader {
  const kinds = new Map<AnyKind, Map<string, Sealed>>();
  const changed = new Map<AnyKind, number>();
  let revision = 1;
  const of = (kind: AnyKind): Map<string, Sealed> => {
    const found = kinds.get(kind) ?? new Map<string, Sealed>();
    kinds.set(kind, found);
    return found;
  };
  const put = (kind: AnyKind, manifest: object): ApiObject => {
    const object = objectOf(kind, manifest) as ApiObject;
    const { namespace = "", name = "" } = object.metadata;
    of(kind).set(`${namespace}/${name}`, sealed(object, ++revision));
    changed.set(kind, revision);
    return object;
  };
  for (const [kind, manifest] of objects) put(kind, manifest);
  return {
    put,
    remove: (kind, namespace, name) => {
      of(kind).delete(`${namespace}/${name}`);
      changed.set(kind, ++revision);
    },
    get: (kind, namespace, name) => of(kind).get(`${namespace}/${name}`) as never,
    list: (kind, namespace) =>
      [...of(kind)]
        .filter(([key]) => namespace === "" || key.startsWith(`${namespace}/`))
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, found]) => found) as never,
    revision: () => revision,
    kinds: () => kinds.keys(),
    changed: (kind) => changed.get(kind) ?? 0,
  };
}

export const admin: User = { name: "admin", groups: ["system:masters", "system:authenticated"] };

export interface Attempt {
  readonly reader?: Reader;
  readonly operation?: AdmissionRequest["operation"];
  readonly old?: object;
  readonly user?: User;
  readonly subresource?: string;
  readonly name?: string;
}

export interface Admitted<T> {
  readonly object: Draft<T>;
  readonly warnings: readonly string[];
  /** `path: message`. */
  readonly errors: readonly string[];
}

/** Runs one plugin as the registry would: mutate, then validate. Throws its refusal. */
export async function admit<T extends ApiObject>(
  plugin: Admission,
  [kind, manifest]: readonly [Kind<T>, object],
  attempt: Attempt = {},
): Promise<Admitted<T>> {
  const object = objectOf(kind, manifest);
  const warnings: string[] = [];
  const request = requestOf(kind, object, { warnings, ...attempt });
  await plugin.mutate?.(object, request);
  const found = plugin.validate?.(object, request);
  const errors = found && Symbol.iterator in found ? [...found] : [];
  await found;
  return { object, warnings, errors: errors.map(({ path, message }) => `${path}: ${message}`) };
}

export function requestOf(
  kind: AnyKind,
  object: ApiObject,
  { warnings, ...attempt }: Attempt & { readonly warnings: string[] },
): AdmissionRequest {
  return {
    operation: attempt.operation ?? (attempt.old ? "UPDATE" : "CREATE"),
    kind,
    subresource: attempt.subresource ?? "",
    namespace: object.metadata.namespace ?? "",
    name: attempt.name ?? object.metadata.name ?? "",
    old: attempt.old ? (objectOf(kind, attempt.old) as ApiObject) : undefined,
    user: attempt.user ?? admin,
    dryRun: false,
    reader: attempt.reader ?? readerOf(),
    now: Date.parse("2026-01-01T00:00:00Z"),
    warn: (text) => warnings.push(text),
  };
}

/** What a plugin claims for an object: keys, with what they are to hold. */
export function claimsOf<T extends ApiObject>(
  plugin: Admission,
  [kind, object]: readonly [Kind<T>, Draft<T>],
  attempt: Attempt = {},
): readonly string[] {
  const request = requestOf(kind, object, { warnings: [], ...attempt });
  return (plugin.claim?.(object, request) ?? []).map(({ key, value }) => {
    if (value === undefined) return `-${key}`;
    return value instanceof Uint8Array ? `+${key} ${Buffer.from(value).toString()}` : `+${key}`;
  });
}

/** It stands still until it is moved; what waits wakes then. */
export function stoppedClock(startMs: number): Clock & { readonly advance: (ms: number) => void } {
  let nowMs = startMs;
  let waiting: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    after: (delayMs, wake) => {
      const timer = { atMs: nowMs + delayMs, wake };
      waiting.push(timer);
      return { [Symbol.dispose]: () => (waiting = waiting.filter((other) => other !== timer)) };
    },
    advance: (ms) => {
      nowMs += ms;
      for (const { atMs, wake } of waiting) if (atMs <= nowMs) wake();
    },
  };
}
