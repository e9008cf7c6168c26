/** Query parameters, and what is wrong with them. */
import { validateFieldManager } from "#api/names.ts";
import { type FieldError, forbidden, notSupported, required } from "#schema/field-error.ts";
import { refuse } from "../registry/resource-version.ts";
import { booleanValue, integerValue } from "../query-values.ts";

export type FieldValidation = "Strict" | "Warn" | "Ignore";

export interface WriteOptions {
  readonly isDryRun: boolean;
  /** Empty when not given. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean;
  /** As the JSON of the request's options has them, without those that only patches have. */
  readonly json: object;
}

const noOptions: WriteOptions = {
  isDryRun: false,
  fieldManager: "",
  fieldValidation: "Warn",
  force: false,
  json: {},
};

/** Clients say the same again and again: what it means is found out once. */
const known = new Map<string, WriteOptions>();
const knownMax = 256;
const knownLengthMax = 256;

/** `name` as in `CreateOptions`. Throws Invalid. */
export function writeOptions(query: URLSearchParams, name: string): WriteOptions {
  if (query.size === 0) return noOptions;
  const text = query.toString();
  const before = known.get(text);
  if (before) return before;
  const options = readOptions(query, name);
  if (known.size >= knownMax) known.clear();
  if (text.length <= knownLengthMax) known.set(text, options);
  return options;
}

function readOptions(query: URLSearchParams, name: string): WriteOptions {
  refuse(name, [...writeProblems(query)]);
  return {
    isDryRun: query.has("dryRun"),
    fieldManager: query.get("fieldManager") ?? "",
    fieldValidation: (query.get("fieldValidation") || "Warn") as FieldValidation,
    force: booleanOf(query, "force") ?? false,
    json: optionsIn(query),
  };
}

function optionsIn(query: URLSearchParams): object {
  const members = ["fieldManager", "fieldValidation"].flatMap((name) => {
    const value = query.get(name);
    return value ? [[name, value] as const] : [];
  });
  const dryRun = query.getAll("dryRun");
  return { ...(dryRun.length > 0 ? { dryRun } : {}), ...Object.fromEntries(members) };
}

const validations = ["Ignore", "Strict", "Warn"];

/** upstream: apimachinery/pkg/apis/meta/v1/validation/validation.go */
function* writeProblems(query: URLSearchParams): Iterable<FieldError> {
  const manager = query.get("fieldManager");
  if (manager !== null) yield* validateFieldManager(manager, "fieldManager");
  yield* dryRunProblems(query.getAll("dryRun"));
  const validation = query.get("fieldValidation") ?? "";
  if (validation !== "" && !validations.includes(validation)) {
    yield notSupported("fieldValidation", validation, ["", ...validations]);
  }
}

export function* dryRunProblems(asked: readonly string[]): Iterable<FieldError> {
  if (asked.some((value) => value !== "All")) yield notSupported("dryRun", asked, ["All"]);
}

/** Apply needs a name to own fields under; no other patch can be forced. */
export function checkPatchOptions(query: URLSearchParams, isApply: boolean): void {
  const errors: FieldError[] = [];
  if (isApply && !query.get("fieldManager")) {
    errors.push(required("fieldManager", "is required for apply patch"));
  }
  if (!isApply && query.has("force")) {
    errors.push(forbidden("force", "may not be specified for non-apply patch"));
  }
  refuse("PatchOptions", errors);
}

/** Undefined when absent. Throws BadRequest. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text === null ? undefined : integerValue(text);
}

/** Undefined when absent. */
export function booleanOf(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  return text === null ? undefined : booleanValue(text);
}
