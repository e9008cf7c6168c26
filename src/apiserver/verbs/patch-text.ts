/** What a patch says, read by its content type. */
import { ApiError, badRequest, invalidObject } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ApiRequest } from "#api/request.ts";
import { parseYaml, YamlError } from "#base/yaml.ts";
import { invalid } from "#schema/field-error.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import { duplicateFields } from "#schema/json-text.ts";
import { applyJsonPatch } from "#schema/patch/json-patch.ts";
import { applyMergePatch } from "#schema/patch/merge-patch.ts";
import { PatchError } from "#schema/patch/patch-error.ts";
import { applyStrategicPatch } from "#schema/patch/strategic.ts";
import type { AnyStruct, Draft } from "#schema/struct.ts";
import type { Context } from "../context.ts";
import { patchOperationsMax } from "../limits.ts";
import { tooLarge, unsupportedMediaType } from "../refusals.ts";
import type { ApplyConfig } from "../registry/apply.ts";
import { bufferOf } from "../sealed.ts";
import { contentTypeOf, strictText } from "./body.ts";
import type { FieldValidation } from "./options.ts";

export type PatchText =
  | { readonly is: "apply"; readonly config: ApplyConfig }
  | {
      readonly is: "change";
      /** Throws ApiError when it cannot be applied. */
      readonly apply: (kind: AnyKind, document: unknown) => unknown;
      readonly duplicates: readonly string[];
    };

const types = {
  "application/json-patch+json": jsonPatch,
  "application/merge-patch+json": mergePatch,
  "application/strategic-merge-patch+json": strategicPatch,
} as const;

const applyType = "application/apply-patch+yaml";

export const patchTypes: readonly string[] = [...Object.keys(types), applyType];

/** Throws UnsupportedMediaType and BadRequest. */
export function patchOf(request: ApiRequest): PatchText {
  const type = contentTypeOf(request);
  if (type === applyType) return { is: "apply", config: configOf(request) };
  if (!Object.hasOwn(types, type)) throw unsupportedMediaType(patchTypes);
  const { value, duplicates } = parseJson(request);
  const apply = types[type as keyof typeof types](value);
  return { is: "change", apply, duplicates };
}

type Apply = (kind: AnyKind, document: unknown) => unknown;

function jsonPatch(operations: unknown): Apply {
  if (!Array.isArray(operations)) throw badRequest("error decoding patch: it must be a JSON array");
  if (operations.length > patchOperationsMax) {
    throw tooLarge(
      `The allowed maximum operations in a JSON patch is ${patchOperationsMax}, got ${operations.length}`,
    );
  }
  return (_kind, document) => attempt(() => applyJsonPatch(document, operations), inapplicable);
}

function mergePatch(change: unknown): Apply {
  if (!isObject(change)) throw badRequest("error decoding patch: it must be a JSON object");
  return (_kind, document) => attempt(() => applyMergePatch(document, change), malformed);
}

function strategicPatch(change: unknown): Apply {
  if (!isObject(change)) throw badRequest("error decoding patch: it must be a JSON object");
  return ({ schema }, document) =>
    attempt(() => applyStrategicPatch(schema, document, change), malformed);
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

const malformed = (cause: PatchError): ApiError =>
  new ApiError("BadRequest", cause.message, { cause });

/** exact: apiserver; differs: it says why in a cause. */
const inapplicable = (cause: PatchError): ApiError =>
  new ApiError("Invalid", "the server rejected our request due to an error in our request", {
    cause,
    details: { causes: [{ reason: "FieldValueInvalid", message: cause.message, field: "patch" }] },
  });

interface Parsed {
  readonly value: unknown;
  readonly duplicates: readonly string[];
}

function parseJson({ body }: ApiRequest): Parsed {
  if (body.is === "object") return { value: body.object, duplicates: [] };
  const text = body.is === "none" ? "" : bufferOf(body.bytes).toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    return { value, duplicates: duplicateFields(text, value) };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ApiError("BadRequest", `error decoding patch: ${cause.message}`, { cause });
  }
}

/** YAML, of which JSON is a part that is faster to read. */
function configOf({ body }: ApiRequest): ApplyConfig {
  const config = body.is === "object" ? body.object : parseConfig(body);
  if (!isObject(config)) throw badRequest("error decoding YAML: it must be an object");
  return config as ApplyConfig;
}

function parseConfig(body: Exclude<ApiRequest["body"], { is: "object" }>): unknown {
  const text = body.is === "none" ? "" : bufferOf(body.bytes).toString("utf8");
  try {
    return text.startsWith("{") ? JSON.parse(text) : parseYaml(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError) && !(cause instanceof YamlError)) throw cause;
    throw new ApiError("BadRequest", `error decoding YAML: ${cause.message}`, { cause });
  }
}

interface Decoding {
  readonly duplicates: readonly string[];
  readonly context: Pick<Context, "warnings" | "request">;
}

/** What a patch made of a document, as an object again. Throws Invalid. */
export function decodePatched(
  schema: AnyStruct,
  document: unknown,
  { duplicates, context: { warnings, request } }: Decoding,
): Draft<ApiObject> {
  const validation = (request.query.get("fieldValidation") || "Warn") as FieldValidation;
  try {
    const { value, problems } = decodeJson(schema, document, { defaults: true });
    const found = [...duplicates, ...problems];
    if (found.length > 0 && validation === "Strict") throw new DecodeError(strictText(found));
    if (validation === "Warn") warnings.push(...found);
    return value as Draft<ApiObject>;
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    // exact: apiserver, which names no kind here.
    throw invalidObject({ group: "", kind: "" } as AnyKind, "", [
      invalid("patch", JSON.stringify(document), cause.message),
    ]);
  }
}
