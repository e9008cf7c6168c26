/**
 * From the body of a request to a draft: JSON, YAML or protobuf, decoded by the kind that the path
 * names. upstream: apiserver/pkg/endpoints/handlers/{create,update,rest}.go
 */
import { ApiError, badRequest } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ApiRequest } from "#api/request.ts";
import { parseYaml, YamlError } from "#base/yaml.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import { duplicateFields } from "#schema/json-text.ts";
import { decodeProto, unwrapUnknown } from "#schema/protobuf.ts";
import type { AnyStruct, Draft } from "#schema/struct.ts";
import { json, mediaTypes, protobuf, yaml } from "../encoding/accept.ts";
import { bufferOf } from "../sealed.ts";
import { unsupportedMediaType } from "../refusals.ts";
import type { FieldValidation } from "./options.ts";

/** What a body says of itself, and what is in it. */
export interface RawBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly content:
    | { readonly is: "json"; readonly value: unknown; readonly duplicates: readonly string[] }
    | { readonly is: "protobuf"; readonly raw: Uint8Array };
}

export const contentTypeOf = ({ headers }: ApiRequest): string =>
  (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** Throws UnsupportedMediaType and BadRequest. */
export function readBody(request: ApiRequest, expected: string): RawBody {
  const { body } = request;
  if (body.is === "object") return jsonBody(body.object, []);
  const bytes = body.is === "none" ? new Uint8Array() : body.bytes;
  const type = contentTypeOf(request);
  try {
    if (type === protobuf) return protobufBody(bytes);
    if (type === yaml) return yamlBody(textOf(bytes));
    if (type !== json && type !== "" && type !== "*/*") throw unsupportedMediaType(mediaTypes);
    const text = textOf(bytes);
    const value: unknown = JSON.parse(text);
    return jsonBody(value, duplicateFields(text, value));
  } catch (cause) {
    throw isSyntax(cause) ? unrecognized(cause, expected, bytes) : cause;
  }
}

const isSyntax = (cause: unknown): cause is Error =>
  cause instanceof SyntaxError || cause instanceof YamlError || cause instanceof DecodeError;

const textOf = (bytes: Uint8Array): string => bufferOf(bytes).toString("utf8");

function protobufBody(bytes: Uint8Array): RawBody {
  const { apiVersion, kind, raw } = unwrapUnknown(bytes);
  return { apiVersion, kind, content: { is: "protobuf", raw } };
}

function yamlBody(text: string): RawBody {
  return jsonBody(parseYaml(text), []);
}

function jsonBody(value: unknown, duplicates: readonly string[]): RawBody {
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  return {
    apiVersion: typeof apiVersion === "string" ? apiVersion : "",
    kind: typeof kind === "string" ? kind : "",
    content: { is: "json", value, duplicates },
  };
}

const summaryLength = 30;

/** exact: apiserver */
function unrecognized(cause: Error, expected: string, bytes: Uint8Array): ApiError {
  const text = bufferOf(bytes).subarray(0, summaryLength).toString("utf8");
  const summary = bytes.length > summaryLength ? `${text} ...` : text;
  return new ApiError(
    "BadRequest",
    `the object provided is unrecognized (must be of type ${expected}): couldn't get version/kind; json parse error: ${cause.message} (${summary})`,
    { cause },
  );
}

export interface Decoding {
  readonly validation: FieldValidation;
  /** Collects what is questionable when it is not refused. */
  readonly warnings: string[];
}

/** The object in the body, canonical and defaulted. Throws BadRequest. */
export function decodeBody(
  kind: AnyKind,
  request: ApiRequest,
  decoding: Decoding,
): Draft<ApiObject> {
  const raw = readBody(request, kind.kind);
  checkType(kind, raw);
  try {
    const draft = decodeContent(kind.schema, raw.content, decoding) as Draft<ApiObject>;
    if (!draft.metadata) draft.metadata = {};
    return draft;
  } catch (cause) {
    throw isSyntax(cause) ? unfit(kind, raw, cause) : cause;
  }
}

export function decodeContent(
  schema: AnyStruct,
  content: RawBody["content"],
  { validation, warnings }: Decoding,
): unknown {
  if (content.is === "protobuf") return applyDefaults(schema, decodeProto(schema, content.raw));
  const { value, problems } = decodeJson(schema, content.value, { defaults: true });
  const found = [...content.duplicates, ...problems];
  if (found.length > 0 && validation === "Strict") throw new DecodeError(strictText(found));
  if (validation === "Warn") warnings.push(...found);
  return value;
}

/** exact: apimachinery */
export const strictText = (problems: readonly string[]): string =>
  `strict decoding error: ${problems.join(", ")}`;

/** exact: apiserver */
function unfit(kind: AnyKind, { kind: name, apiVersion }: RawBody, cause: Error): ApiError {
  const version = (apiVersion || kind.apiVersion).split("/").at(-1);
  return new ApiError(
    "BadRequest",
    `${name || kind.kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}: ${cause.message}`,
    { cause },
  );
}

/** A body may leave out what it is; if it says so, it must be right. */
function checkType(kind: AnyKind, raw: RawBody): void {
  if (raw.kind !== "" && raw.kind !== kind.kind) {
    const [found, wanted] = [
      goName(raw.apiVersion || kind.apiVersion, raw.kind),
      internalName(kind),
    ];
    throw unfit(kind, raw, new Error(`converting (${found}) to (${wanted}): unknown conversion`));
  }
  if (raw.apiVersion !== "" && raw.apiVersion !== kind.apiVersion) {
    // exact: apiserver
    throw badRequest(
      `the API version in the data (${raw.apiVersion}) does not match the expected API version (${kind.apiVersion})`,
    );
  }
}

const goName = (apiVersion: string, kind: string): string =>
  `${apiVersion.split("/").at(-1)}.${kind}`;

const internalName = ({ group, kind }: AnyKind): string =>
  `${group === "" ? "core" : group.split(".", 1)[0]}.${kind}`;
