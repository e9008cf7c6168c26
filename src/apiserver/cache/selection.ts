/** Which objects of a kind a list or a watch asks for. */
import { badRequest } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { type FieldTerm, parseFieldSelector, parseLabelSelector } from "#api/selectors.ts";

export type FieldReader = (object: ApiObject) => string;

export interface Selection {
  /** Empty: all of them. */
  readonly namespace: string;
  /** It asks for everything in the namespace. */
  readonly isEverything: boolean;
  /** Of an object in the namespace. */
  readonly matches: (object: ApiObject) => boolean;
  /** The one value a field must have: watchers are indexed by it. */
  readonly index: FieldIndex | undefined;
  /** The only name that can match. */
  readonly name: string | undefined;
}

export interface FieldIndex {
  readonly path: string;
  readonly read: FieldReader;
  readonly value: string;
}

export interface SelectionQuery {
  readonly namespace: string;
  readonly labelSelector: string;
  readonly fieldSelector: string;
}

interface Term extends FieldTerm {
  readonly read: FieldReader;
}

/** Throws BadRequest on selectors that cannot be understood. */
export function selectionOf(kind: AnyKind, query: SelectionQuery): Selection {
  const labels = parseLabelSelector(query.labelSelector);
  const terms = fieldTermsOf(kind, query.fieldSelector);
  const namespace = namespaceOf(query.namespace, terms);
  const matches = (object: ApiObject): boolean => {
    for (const { read, operator, value } of terms) {
      if ((read(object) === value) !== (operator === "=")) return false;
    }
    return labels.isEverything || labels.matches(object.metadata.labels);
  };
  return {
    namespace,
    isEverything: labels.isEverything && terms.length === 0,
    matches,
    index: terms.find(({ operator, path }) => operator === "=" && path !== namespacePath),
    name: terms.find(({ operator, path }) => operator === "=" && path === namePath)?.value,
  };
}

const namePath = "metadata.name";
const namespacePath = "metadata.namespace";

/** `metadata.namespace=x` over all namespaces narrows the search to one. */
function namespaceOf(asked: string, terms: readonly Term[]): string {
  if (asked !== "") return asked;
  const term = terms.find(({ operator, path }) => operator === "=" && path === namespacePath);
  return term?.value ?? "";
}

const fieldTermsOf = (kind: AnyKind, text: string): readonly Term[] =>
  text === ""
    ? []
    : parseFieldSelector(text).map((term) => ({ ...term, read: readerOf(kind, term.path) }));

function readerOf(kind: AnyKind, path: string): FieldReader {
  if (path === namePath) return (object) => object.metadata.name ?? "";
  if (path === namespacePath) return (object) => object.metadata.namespace ?? "";
  const own = kind.selectableFields;
  if (own && Object.hasOwn(own, path)) return own[path] as FieldReader;
  // exact: apiserver
  if (own) throw badRequest(`field label not supported: ${path}`);
  throw badRequest(
    `${JSON.stringify(path)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}
