import { dns1035Label } from "#api/names.ts";
import { child, type FieldError, index, invalid } from "#schema/field-error.ts";
import type { CustomResourceDefinitionNames } from "./customresourcedefinition.ts";

/** Of the specification, or as they were accepted: there they may be missing. */
export function* validNames(
  names: CustomResourceDefinitionNames,
  at: string,
): Iterable<FieldError> {
  const { kind, listKind = "", shortNames = [], categories = [] } = names;
  yield* validName(names.plural, child(at, "plural"));
  yield* validName(names.singular ?? "", child(at, "singular"));
  yield* validKind(kind, child(at, "kind"));
  yield* validKind(listKind, child(at, "listKind"));
  for (const [i, name] of shortNames.entries()) {
    yield* validWord(name, index(child(at, "shortNames"), i));
  }
  if (kind !== "" && kind === listKind) {
    yield invalid(child(at, "listKind"), listKind, "kind and listKind may not be the same");
  }
  for (const [i, category] of categories.entries()) {
    yield* validWord(category, index(child(at, "categories"), i));
  }
}

function* validName(name: string, at: string): Iterable<FieldError> {
  if (name !== "") yield* validWord(name, at);
}

function* validWord(word: string, at: string): Iterable<FieldError> {
  const problems = dns1035Label(word);
  if (problems.length > 0) yield invalid(at, word, problems.join(","));
}

function* validKind(kind: string, at: string): Iterable<FieldError> {
  const problems = kind === "" ? [] : dns1035Label(kind.toLowerCase());
  if (problems.length === 0) return;
  const why = `may have mixed case, but should otherwise match: ${problems.join(",")}`;
  yield invalid(at, kind, why);
}
