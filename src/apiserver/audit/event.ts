/** The event of the audit log: audit.k8s.io/v1. upstream: apiserver/pkg/audit/request.go */
import type { ApiRequest, ResponseBody, User } from "#api/request.ts";
import type { Status } from "#api/meta/status.ts";
import { formatMicroTime } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import { parseYaml } from "#base/yaml.ts";
import { decodeProto } from "#schema/protobuf.ts";
import type { Impersonated } from "../authz/impersonation.ts";
import type { Context, RequestInfo } from "../context.ts";
import { readBody } from "../verbs/body.ts";
import { isAtLeast, type AuditRecord, type Notice } from "./record.ts";

type Json = Readonly<Record<string, unknown>>;

export interface AuditEvent extends Json {
  readonly kind: "Event";
  readonly apiVersion: "audit.k8s.io/v1";
  readonly auditID: string;
}

const impersonatedIn = ({ user, constraint }: Impersonated): object => ({
  impersonatedUser: userInfo(user),
  ...(constraint === "" ? {} : { authenticationMetadata: { impersonationConstraint: constraint } }),
});

export function eventOf({ record, stage, atMs }: Notice): AuditEvent {
  const { context, rule, impersonated, receivedMs } = record;
  const { request, info, user, annotations } = context;
  const agent = request.headers["user-agent"];
  return {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: rule.level,
    auditID: record.id,
    stage,
    requestURI: uriOf(request),
    verb: info.verb,
    user: userInfo(user),
    ...(impersonated ? impersonatedIn(impersonated) : {}),
    sourceIPs: addressesOf(request),
    ...(agent ? { userAgent: agent.slice(0, agentLengthMax) } : {}),
    ...(info.isResource ? { objectRef: objectRef(record, stage) } : {}),
    ...(stage === "RequestReceived" ? {} : outcomeOf(record, stage)),
    requestReceivedTimestamp: formatMicroTime(receivedMs),
    stageTimestamp: formatMicroTime(atMs),
    ...(annotations.size > 0 && stage !== "RequestReceived"
      ? { annotations: Object.fromEntries(annotations) }
      : {}),
  };
}

const agentLengthMax = 1_024;

const uriOf = ({ path, query }: ApiRequest): string =>
  query.size === 0 ? path : `${path}?${query.toString()}`;

const userInfo = ({ name, uid, groups, extra }: User): Json => ({
  ...(name ? { username: name } : {}),
  ...(uid ? { uid } : {}),
  ...(groups.length > 0 ? { groups } : {}),
  ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
});

/** What proxies say first, then who is really at the other end. A component is on this machine. */
function addressesOf({ headers, caller }: ApiRequest): readonly string[] {
  const own = caller.is === "peer" ? caller.peer.address.replace(/^::ffff:/, "") : "::1";
  const forwarded = (headers["x-forwarded-for"] ?? headers["x-real-ip"] ?? "")
    .split(",")
    .map((address) => address.trim())
    .filter((address) => /^[\da-fA-F.:]+$/.test(address));
  return [...new Set([...forwarded, own])];
}

function objectRef({ context, response }: AuditRecord, stage: Notice["stage"]): Json {
  const { info } = context;
  const name = info.name || nameMade(info, response?.body);
  const { uid, resourceVersion } = stage === "RequestReceived" ? {} : sentIdentity(context);
  return {
    resource: info.resource,
    ...(info.namespace ? { namespace: info.namespace } : {}),
    ...(name ? { name } : {}),
    ...(uid ? { uid } : {}),
    ...(info.group ? { apiGroup: info.group } : {}),
    apiVersion: info.version,
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(info.subresource ? { subresource: info.subresource } : {}),
  };
}

type Identity = Partial<Readonly<Record<"uid" | "resourceVersion", unknown>>>;

/** Which object, and which state of it, the caller meant. Who makes a new one cannot know. */
function sentIdentity(context: Context): Identity {
  const { verb, subresource } = context.info;
  if (verb !== "update" && (verb !== "create" || subresource === "")) return {};
  const sent = sentBody(context) as { readonly metadata?: Identity | null } | null | undefined;
  return sent?.metadata ?? {};
}

/** Who creates an object may leave its name to the body, or to the server. */
const nameMade = ({ verb }: RequestInfo, body: ResponseBody | undefined): string | undefined =>
  verb === "create" && body?.is === "object" && body.kind
    ? body.sealed.object.metadata.name
    : undefined;

function outcomeOf(record: AuditRecord, stage: Notice["stage"]): Json {
  const { context, rule, response, panic } = record;
  if (stage === "Panic") return { responseStatus: panicStatus(panic), ...requestPart(record) };
  const status = response?.body.is === "object" ? statusIn(response.body) : undefined;
  const responseStatus = { ...(status ?? { metadata: {} }), code: response?.status ?? 0 };
  const answered =
    isAtLeast(rule.level, "RequestResponse") && stage === "ResponseComplete"
      ? shownBody(response?.body, context)
      : undefined;
  return {
    responseStatus,
    ...requestPart(record),
    ...(answered === undefined ? {} : { responseObject: trimmed(answered, record) }),
  };
}

/** exact: apiserver */
const panicStatus = (panic: unknown): Json => ({
  metadata: {},
  status: "Failure",
  reason: "InternalError",
  message: `APIServer panic'd: ${messageOf(panic)}`,
  code: 500,
});

function statusIn({ sealed }: ResponseBody & { is: "object" }): Json | undefined {
  const object = sealed.object as unknown as Partial<Status>;
  if (object.kind !== "Status") return undefined;
  const { status, message, reason, details } = object;
  return {
    metadata: {},
    ...(status ? { status } : {}),
    ...(message ? { message } : {}),
    ...(reason ? { reason } : {}),
    ...(details ? { details } : {}),
  };
}

function requestPart(record: AuditRecord): Json {
  if (!isAtLeast(record.rule.level, "Request")) return {};
  const sent = sentBody(record.context);
  return sent === undefined ? {} : { requestObject: trimmed(sent, record) };
}

/** As it was sent: a patch stays a patch. What cannot be read is told as such. */
function sentBody(context: Context): unknown {
  const { request, kind, info } = context;
  if (request.body.is === "none" || !info.isResource) return undefined;
  if (request.body.is === "object") return request.body.object;
  try {
    if (info.verb === "patch") return parseYaml(Buffer.from(request.body.bytes).toString("utf8"));
    const raw = readBody(request, kind?.kind ?? "");
    if (raw.content.is === "json") return raw.content.value;
    const object = kind && raw.kind === kind.kind ? decodeProto(kind.schema, raw.content.raw) : {};
    return { kind: raw.kind, apiVersion: raw.apiVersion, ...(object as object) };
  } catch (cause) {
    // exact: apiserver
    return { kind: "Unknown", message: `unable to decode: ${(cause as Error).message}` };
  }
}

function shownBody(body: ResponseBody | undefined, { kind }: Context): unknown {
  if (body?.is === "object") return body.sealed.object;
  if (body?.is !== "list") return undefined;
  const { metadata, items } = body.list;
  return {
    kind: kind?.listKind ?? body.kind.listKind,
    apiVersion: body.kind.apiVersion,
    metadata,
    items: items.map(({ object }) => object),
  };
}

function trimmed(value: unknown, { rule }: AuditRecord): unknown {
  if (!rule.omitsManagedFields || typeof value !== "object" || value === null) return value;
  const object = value as { readonly metadata?: object; readonly items?: readonly unknown[] };
  const items = Array.isArray(object.items) ? object.items.map(withoutManagers) : undefined;
  return { ...withoutManagers(object), ...(items ? { items } : {}) };
}

function withoutManagers(value: unknown): object {
  const object = value as { readonly metadata?: { readonly managedFields?: unknown } };
  if (!object.metadata?.managedFields) return object;
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}
