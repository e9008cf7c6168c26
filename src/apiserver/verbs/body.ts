/**
 * From the body of a request to a draft: JSON, YAML or protobuf, decoded by the kind that the path
 * names. upstream: apiserver/pkg/endpoints/handlers/{create,update,rest}.go
 */
import { byHeaders } from "#base/by-headers.ts";
import { bufferOf } from "#base/bytes.ts";
import { ApiError, badRequest } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ManagedFieldsEntry, ObjectMeta } from "#api/meta/object-meta.ts";
import type { ApiRequest } from "#api/request.ts";
import { applyDefaults } from "#schema/defaults.ts";
import { DecodeError, decodeJson, mismatch } from "#schema/json.ts";
import { type ParsedJson, parseJson } from "#schema/json-text.ts";
import { decodeProto, unwrapUnknown } from "#schema/protobuf.ts";
import type { AnyStruct, Draft } from "#schema/struct.ts";
import { json, mediaTypes, protobuf, yaml } from "../encoding/accept.ts";
import { unsupportedMediaType } from "../refusals.ts";
import type { Context } from "../context.ts";
import type { KindRegistry } from "../kinds.ts";
import { areKnownEntries } from "../registry/managers.ts";
import type { FieldValidation } from "./options.ts";
import { isSyntax, parseAnyYaml } from "./parse.ts";

/** What a body says of itself, and what is in it. */
export interface RawBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly content:
    | { readonly is: "json"; readonly value: unknown; readonly duplicates: readonly string[] }
    | { readonly is: "protobuf"; readonly raw: Uint8Array };
}

const contentTypeIn = byHeaders(
  (headers) => (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "",
);

export const contentTypeOf = ({ headers }: ApiRequest): string => contentTypeIn(headers);

/** Throws UnsupportedMediaType, RequestEntityTooLarge and BadRequest. */
export function readBody(request: ApiRequest, expected: string): RawBody {
  const { body } = request;
  if (body.is === "object") return jsonBody({ value: body.object, duplicates: [] });
  const bytes = body.is === "none" ? new Uint8Array() : body.bytes;
  try {
    return read(contentTypeOf(request), bytes);
  } catch (cause) {
    throw isSyntax(cause) ? unrecognized(cause, expected, bytes) : cause;
  }
}

function read(type: string, bytes: Uint8Array): RawBody {
  if (type === protobuf) return protobufBody(bytes);
  if (type === yaml) return jsonBody(parseAnyYaml(textOf(bytes)));
  if (type !== json && type !== "" && type !== "*/*") throw unsupportedMediaType(mediaTypes);
  return jsonBody(parse(textOf(bytes)));
}

function parse(text: string): ParsedJson {
  try {
    return parseJson(text);
  } catch (cause) {
    throw isSyntax(cause) ? unreadable(cause) : cause;
  }
}

/** exact: apimachinery */
const unreadable = (cause: Error): DecodeError =>
  new DecodeError(`couldn't get version/kind; json parse error: ${cause.message}`, { cause });

const textOf = (bytes: Uint8Array): string => bufferOf(bytes).toString("utf8");

function protobufBody(bytes: Uint8Array): RawBody {
  const { apiVersion, kind, raw } = unwrapUnknown(bytes);
  return { apiVersion, kind, content: { is: "protobuf", raw } };
}

/** exact: Go's name for the struct that the type is read into */
const goTypeMeta = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/** Nothing at all is an object without anything in it. */
function jsonBody({ value, duplicates }: ParsedJson): RawBody {
  const object = value ?? {};
  if (typeof object !== "object" || Array.isArray(object)) {
    throw unreadable(mismatch(object, goTypeMeta));
  }
  const content = { is: "json", value, duplicates } as const;
  return { apiVersion: textIn(object, "apiVersion"), kind: textIn(object, "kind"), content };
}

function textIn(object: object, field: "apiVersion" | "kind"): string {
  const text: unknown = (object as Partial<ApiObject>)[field] ?? "";
  if (typeof text !== "string") throw unreadable(mismatch(text, "string").within("", field));
  return text;
}

const summaryLength = 30;
const openBrace = 0x7b;

/** exact: apiserver */
function unrecognized(cause: Error, expected: string, bytes: Uint8Array): ApiError {
  return new ApiError(
    "BadRequest",
    `the object provided is unrecognized (must be of type ${expected}): ${cause.message} (${summaryOf(bytes)})`,
    { cause },
  );
}

function summaryOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return "<empty>";
  const start = bufferOf(bytes).subarray(0, summaryLength);
  const text = start[0] === openBrace ? start.toString("utf8") : start.toString("hex");
  return bytes.length > summaryLength ? `${text} ...` : text;
}

export interface Reading {
  readonly validation: FieldValidation;
  /** A stored object of the kind: what a body in the process shares with it is taken over. */
  readonly like?: ApiObject | undefined;
}

/** The object in the body, canonical and defaulted. Throws BadRequest. */
export function decodeBody(
  kind: AnyKind,
  { request, kinds, warnings }: Pick<Context, "request" | "kinds" | "warnings">,
  { validation, like }: Reading,
): Draft<ApiObject> {
  const raw = readBody(request, kind.kind);
  if (raw.content.is === "protobuf" && kind.schema.options.noProto) {
    throw unsupportedMediaType([json, yaml]);
  }
  try {
    checkType(kind, raw, kinds);
    const decoding = { validation, warnings, like };
    const draft = decodeContent(kind.schema, raw.content, decoding) as Draft<ApiObject>;
    if (!draft.metadata) draft.metadata = {};
    return draft;
  } catch (cause) {
    throw isSyntax(cause) ? unfit(kind, raw, cause) : cause;
  }
}

interface Decoding extends Reading {
  /** Collects what is questionable when it is not refused. */
  readonly warnings: string[];
}

export function decodeContent(
  schema: AnyStruct,
  content: RawBody["content"],
  { validation, warnings, like }: Decoding,
): unknown {
  if (content.is === "protobuf") return applyDefaults(schema, decodeProto(schema, content.raw));
  const { rest, entries } = apartFromEntries(content.value);
  const { value, problems } = decodeJson(schema, rest, { defaults: true, like });
  if (entries) Object.assign((value as Draft<ApiObject>).metadata, { managedFields: entries });
  const found = [...content.duplicates, ...problems];
  if (found.length > 0 && validation === "Strict") throw new DecodeError(strictText(found));
  if (validation === "Warn") warnings.push(...found);
  return value;
}

interface Apart {
  readonly rest: unknown;
  readonly entries?: readonly ManagedFieldsEntry[];
}

/**
 * A caller in the process mostly sends back the entries of the object that it was given: the same
 * list, which is canonical already.
 */
function apartFromEntries(value: unknown): Apart {
  const { metadata } = (value ?? {}) as { readonly metadata?: Partial<ObjectMeta> | null };
  const entries = metadata?.managedFields;
  if (!entries || !areKnownEntries(entries)) return { rest: value };
  const { managedFields: _entries, ...others } = metadata;
  return { rest: { ...(value as object), metadata: others }, entries };
}

/** exact: apimachinery */
export const strictText = (problems: readonly string[]): string =>
  `strict decoding error: ${problems.join(", ")}`;

/** exact: apimachinery */
export const notRegistered = (apiVersion: string, kind: string): string =>
  `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;

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
function checkType(kind: AnyKind, raw: RawBody, kinds: KindRegistry): void {
  const apiVersion = raw.apiVersion || kind.apiVersion;
  const name = raw.kind || kind.kind;
  if (apiVersion === kind.apiVersion && name === kind.kind) return;
  if (!kinds.hasKind(apiVersion, name)) throw new DecodeError(notRegistered(apiVersion, name));
  if (name !== kind.kind) {
    const [found, wanted] = [goName(apiVersion, name), internalName(kind)];
    // exact: apimachinery
    throw new DecodeError(`converting (${found}) to (${wanted}): unknown conversion`);
  }
  // exact: apiserver
  throw badRequest(
    `the API version in the data (${apiVersion}) does not match the expected API version (${kind.apiVersion})`,
  );
}

const goName = (apiVersion: string, kind: string): string =>
  `${apiVersion.split("/").at(-1)}.${kind}`;

const internalName = ({ group, kind }: AnyKind): string =>
  `${group === "" ? "core" : group.split(".", 1)[0]}.${kind}`;
