/** What a patch says, read by its content type. */
import { bufferOf } from "#base/bytes.ts";
import { ApiError, invalidObject } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ApiRequest } from "#api/request.ts";
import { invalid } from "#schema/field-error.ts";
import { DecodeError, decodeJson, mismatch } from "#schema/json.ts";
import { type ParsedJson, parseJson } from "#schema/json-text.ts";
import { applyJsonPatch } from "#schema/patch/json-patch.ts";
import { applyMergePatch } from "#schema/patch/merge-patch.ts";
import { PatchError } from "#schema/patch/patch-error.ts";
import { applyStrategicPatch } from "#schema/patch/strategic.ts";
import type { AnyStruct, Draft } from "#schema/struct.ts";
import type { Context } from "../context.ts";
import { patchOperationsMax } from "../limits.ts";
import { tooLarge, unsupportedMediaType } from "../refusals.ts";
import type { ApplyConfig } from "../registry/apply.ts";
import { contentTypeOf, notRegistered, strictText } from "./body.ts";
import type { FieldValidation } from "./options.ts";
import { isSyntax, parseAnyYaml } from "./parse.ts";
import { operationsOf } from "./patch-operations.ts";

export type PatchText =
  | { readonly is: "apply"; readonly config: ApplyConfig; readonly duplicates: Duplicates }
  | {
      readonly is: "change";
      /** Throws ApiError when it cannot be applied. */
      readonly apply: (kind: AnyKind, document: unknown) => unknown;
      readonly duplicates: Duplicates;
    };

type Duplicates = readonly string[];

const strategicType = "application/strategic-merge-patch+json";

const types = {
  "application/json-patch+json": jsonPatch,
  "application/merge-patch+json": mergePatch,
  [strategicType]: strategicPatch,
} as const;

const applyType = "application/apply-patch+yaml";

const patchTypes: readonly string[] = [...Object.keys(types), applyType];
const openPatchTypes = patchTypes.filter((type) => type !== strategicType);

/** What is known only at run time has no merge keys for strategic patches. */
export const patchTypesOf = ({ schema }: AnyKind): readonly string[] =>
  schema.options.open ? openPatchTypes : patchTypes;

/** Throws UnsupportedMediaType and BadRequest. */
export function patchOf(request: ApiRequest, kind?: AnyKind): PatchText {
  const type = contentTypeOf(request);
  if (type === applyType) return { is: "apply", ...configOf(request) };
  const accepted = kind ? patchTypesOf(kind) : patchTypes;
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted);
  return { is: "change", ...types[type as keyof typeof types](request) };
}

type ChangeText = Omit<PatchText & { readonly is: "change" }, "is">;

function jsonPatch(request: ApiRequest): ChangeText {
  const { value, duplicates } = read(request, {
    parse: parseJson,
    check: operationsOf,
    where: decodingPatch,
  });
  const { operations, unknown } = value;
  if (operations.length > patchOperationsMax) {
    throw tooLarge(
      `The allowed maximum operations in a JSON patch is ${patchOperationsMax}, got ${operations.length}`,
    );
  }
  return {
    apply: (kind, document) =>
      ofKind(
        kind,
        attempt(() => applyJsonPatch(document, operations), inapplicable),
      ),
    duplicates: [...duplicates, ...unknown].map((problem) => `json patch ${problem}`),
  };
}

function mergePatch(request: ApiRequest): ChangeText {
  const { value, duplicates } = read(request, {
    parse: parseJson,
    check: objectOf,
    where: decodingPatch,
  });
  return {
    apply: (kind, document) =>
      ofKind(
        kind,
        attempt(() => applyMergePatch(document, value), malformed),
      ),
    duplicates,
  };
}

function strategicPatch(request: ApiRequest): ChangeText {
  const { value, duplicates } = read(request, { parse: parseJson, check: objectOf, where: "" });
  return {
    apply: ({ schema }, document) =>
      attempt(() => applyStrategicPatch(schema, document, value), malformed),
    duplicates,
  };
}

/** Nothing at all changes nothing. Throws DecodeError. */
function objectOf(value: unknown): object {
  const object = value ?? {};
  if (!isObject(object)) throw mismatch(object, "map[string]interface {}");
  return object;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function attempt<T>(work: () => T, refusal: (cause: PatchError) => ApiError): T {
  try {
    return work();
  } catch (cause) {
    throw cause instanceof PatchError ? refusal(cause) : cause;
  }
}

/** Patches cannot make something else of an object. As upstream, strategic ones may say they do. */
function ofKind({ kind, apiVersion }: AnyKind, document: unknown): unknown {
  const said = (document ?? {}) as Partial<ApiObject>;
  const { kind: name = kind, apiVersion: version = apiVersion } = said;
  if (name === kind && version === apiVersion) return document;
  throw unfit(document, notRegistered(version, name));
}

/** exact: apiserver, which names no kind here. */
const unfit = (document: unknown, why: string): ApiError =>
  invalidObject({ group: "", kind: "" } as AnyKind, "", [
    invalid("patch", JSON.stringify(document), why),
  ]);

const malformed = (cause: PatchError): ApiError =>
  new ApiError("BadRequest", cause.message, { cause });

/** exact: apiserver; differs: it says why in a cause. */
const inapplicable = (cause: PatchError): ApiError =>
  new ApiError("Invalid", "the server rejected our request due to an error in our request", {
    cause,
    details: { causes: [{ reason: "FieldValueInvalid", message: cause.message, field: "patch" }] },
  });

const decodingPatch = "error decoding patch: ";

interface Reading<T> {
  readonly parse: (text: string) => ParsedJson;
  /** Throws DecodeError. */
  readonly check: (value: unknown) => T;
  /** What stands in front of what is wrong. */
  readonly where: string;
}

/** Throws BadRequest. */
function read<T>(
  { body }: ApiRequest,
  { parse, check, where }: Reading<T>,
): { readonly value: T; readonly duplicates: Duplicates } {
  try {
    if (body.is === "object") return { value: check(body.object), duplicates: [] };
    const text = body.is === "none" ? "" : bufferOf(body.bytes).toString("utf8");
    const { value, duplicates } = parse(text);
    return { value: check(value), duplicates };
  } catch (cause) {
    if (!isSyntax(cause)) throw cause;
    throw new ApiError("BadRequest", `${where}${cause.message}`, { cause });
  }
}

function configOf(request: ApiRequest): { config: ApplyConfig; duplicates: Duplicates } {
  const reading = { parse: parseAnyYaml, check: objectOf, where: "error decoding YAML: " };
  const { value, duplicates } = read(request, reading);
  const config: Record<string, unknown> = { ...value };
  // Null means absent, and nobody behind expects it.
  if (config["metadata"] === null) delete config["metadata"];
  return { config, duplicates };
}

interface Decoding {
  readonly duplicates: Duplicates;
  readonly context: Pick<Context, "warnings" | "request">;
  /** What the document shares with it is taken over. */
  readonly like?: ApiObject | undefined;
}

/** What a patch made of a document, as an object again. Throws Invalid. */
export function decodePatched(
  schema: AnyStruct,
  document: unknown,
  { duplicates, context: { warnings, request }, like }: Decoding,
): Draft<ApiObject> {
  const validation = (request.query.get("fieldValidation") || "Warn") as FieldValidation;
  try {
    const { value, problems } = decodeJson(schema, document, { defaults: true, like });
    const found = [...duplicates, ...problems];
    if (found.length > 0 && validation === "Strict") throw new DecodeError(strictText(found));
    if (validation === "Warn") warnings.push(...found);
    return value as Draft<ApiObject>;
  } catch (cause) {
    throw cause instanceof DecodeError ? unfit(document, cause.message) : cause;
  }
}
