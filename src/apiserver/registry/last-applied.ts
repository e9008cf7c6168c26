/**
 * Moving from kubectl's client-side apply, which keeps what it applied in an annotation, to
 * server-side apply. upstream: apimachinery/pkg/util/managedfields/internal/lastapplied*.go
 */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { FieldSet } from "#schema/fieldset.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import { compare, fieldsOf } from "#schema/structural.ts";
import type { ObjectDraft } from "./metadata.ts";

const annotation = "kubectl.kubernetes.io/last-applied-configuration";

/** The one manager that the annotation speaks for. */
export const isKubectl = (manager: string): boolean => manager === "kubectl";

/** What kubectl applied before and nobody changed since: it may go on with it. */
export function allowedByLastApplied(kind: AnyKind, live: ApiObject): FieldSet {
  const applied = parse(live.metadata.annotations?.[annotation]);
  if (applied === undefined) return FieldSet.empty;
  try {
    const canonical = decodeJson(kind.schema, applied, { defaults: false }).value;
    const { added, modified, removed } = compare(kind.schema, live, canonical);
    return fieldsOf(kind.schema, applied).difference(added.union(modified).union(removed));
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return FieldSet.empty;
  }
}

/** Keeps the annotation up to date, so that client-side apply can go on as well. */
export function withLastApplied(draft: ObjectDraft, config: object): void {
  const { annotations } = draft.metadata;
  if (annotations?.[annotation] === undefined) return;
  annotations[annotation] = `${JSON.stringify(config)}\n`;
}

function parse(text: string | undefined): object | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return undefined;
  }
}
