/**
 * Questions that have one right answer: what becomes of an object that somebody writes, of who owns its fields, and of a
 * document that is patched. `npm run oracles` puts them to upstream's own libraries; `recorded.jsonl` has some answers.
 */
import * as catalog from "#api/catalog.ts";
import { ApiError } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ManagedFieldsEntry } from "#api/meta/object-meta.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import { applyJsonPatch } from "#schema/patch/json-patch.ts";
import { applyMergePatch } from "#schema/patch/merge-patch.ts";
import { PatchError } from "#schema/patch/patch-error.ts";
import type { Json, JsonObject } from "#schema/struct.ts";
import { applied } from "../registry/apply.ts";
import { trackUpdate } from "../registry/managed-fields.ts";
import type { ObjectDraft } from "../registry/metadata.ts";
import type { WriteContext } from "../registry/registry.ts";
import { TestClock } from "../testing.ts";
import { customKinds } from "./custom-kinds.ts";

/** All that somebody may apply to. */
export const kinds: readonly AnyKind[] = [
  ...Object.values(catalog).filter(({ storage }) => storage),
  ...customKinds,
];

export interface WriteQuestion {
  readonly op: "apply" | "update";
  /** Absent: there is no such object yet. */
  readonly live?: JsonObject;
  /** By operation and name: `Apply kubectl`. */
  readonly owners: Owners;
  readonly manager: string;
  readonly force: boolean;
  readonly object: JsonObject;
}

export type Owners = Readonly<Record<string, JsonObject>>;

/** An error, or conflicts, or neither. */
export interface WriteAnswer {
  readonly error?: string;
  /** `Update kubectl: .spec.replicas`, in order. */
  readonly conflicts?: readonly string[];
  readonly object?: object;
  readonly owners?: Owners;
}

const time = "2026-01-01T00:00:00Z";

export async function writtenHere(kind: AnyKind, question: WriteQuestion): Promise<WriteAnswer> {
  try {
    const draft = await (question.op === "apply" ? apply : update)(kind, question);
    const { managedFields = [], ...metadata } = draft.metadata;
    return { object: { ...draft, metadata }, owners: ownersIn(managedFields) };
  } catch (cause) {
    if (cause instanceof ApiError) return refusal(cause);
    if (cause instanceof DecodeError) return { error: cause.message };
    throw cause;
  }
}

/** What somebody else made of it, as it would be stored. */
export function storedAs(kind: AnyKind, object: unknown): ObjectDraft {
  const { value } = decodeJson(kind.schema, object, { defaults: false });
  return applyDefaults(kind.schema, value as object) as ObjectDraft;
}

function apply(kind: AnyKind, question: WriteQuestion): Promise<ObjectDraft> {
  const { object, manager, force } = question;
  return applied(kind, liveOf(kind, question), {
    config: object,
    manager,
    force,
    part: "",
    time,
  });
}

async function update(kind: AnyKind, question: WriteQuestion): Promise<ObjectDraft> {
  const old = liveOf(kind, question);
  const draft = storedAs(kind, question.object);
  if (old?.metadata.managedFields) {
    draft.metadata.managedFields = old.metadata.managedFields as never;
  }
  const how = { fieldManager: question.manager } as WriteContext;
  await trackUpdate(kind, { draft, old, part: "" }, { how, clock: new TestClock() });
  return draft;
}

function liveOf(kind: AnyKind, { live, owners }: WriteQuestion): ApiObject | undefined {
  if (!live) return undefined;
  const { apiVersion } = kind;
  const managedFields = Object.entries(owners).map(([owner, fieldsV1]): ManagedFieldsEntry => {
    const [operation = "", manager = ""] = owner.split(" ");
    return { manager, operation, apiVersion, time, fieldsType: "FieldsV1", fieldsV1 };
  });
  const metadata = { ...(live["metadata"] as object), managedFields };
  return decodeJson(kind.schema, { ...live, metadata }, { defaults: false }).value as ApiObject;
}

const ownersIn = (entries: readonly ManagedFieldsEntry[]): Owners =>
  Object.fromEntries(
    entries
      .map(
        ({ operation, manager, fieldsV1 }) => [`${operation} ${manager}`, fieldsV1 ?? {}] as const,
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

function refusal({ reason, message, details }: ApiError): WriteAnswer {
  if (reason !== "Conflict") return { error: message };
  const conflicts = (details?.causes ?? []).map(({ message: who = "", field = "" }) => {
    const [, name = "", version] = /^conflict with "([^"]*)"( using .*)?$/.exec(who) ?? [];
    return `${version ? "Update" : "Apply"} ${name}: ${field}`;
  });
  return { conflicts: conflicts.toSorted() };
}

/** Without who says so; the library goes over members in any order. */
export const wordsOf = (error: string | undefined): string | undefined =>
  error
    ?.replace(/^failed to create typed patch object \(.*?\): |^object: /, "")
    .split("\n")
    .toSorted()
    .join("\n");

export interface PatchQuestion {
  readonly op: "json-patch" | "merge-patch";
  readonly document: Json;
  readonly patch: Json;
}

export interface PatchAnswer {
  readonly error?: string;
  readonly object?: unknown;
}

export function patchedHere({ op, document, patch }: PatchQuestion): PatchAnswer {
  try {
    const patched = op === "json-patch" ? applyJsonPatch : applyMergePatch;
    return { object: patched(document, patch) };
  } catch (cause) {
    if (cause instanceof PatchError) return { error: cause.message };
    throw cause;
  }
}
