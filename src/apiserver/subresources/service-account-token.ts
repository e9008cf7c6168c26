/**
 * Tokens of service accounts, made when asked for and bound to what they are for.
 * upstream: pkg/registry/core/serviceaccount/storage/token.go
 */
import { TokenRequest, unsaidExpirationSeconds } from "#api/authentication/tokenrequest.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { Secret } from "#api/core/secret.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { ApiError, badRequest, invalidObject, notFound } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { ApiResponse } from "#api/request.ts";
import { formatTime } from "#base/clock.ts";
import type { Draft } from "#schema/struct.ts";
import { validateStruct } from "#schema/validate.ts";
import type { TokenRequestClaims } from "../authn/authenticator.ts";
import type { Reader } from "../registry/registry.ts";
import { ComputedObject } from "../sealed.ts";
import { typed } from "../virtual/typed.ts";
import { defineSubresource, type SubresourceCall } from "./subresource.ts";

export const serviceAccountToken = defineSubresource({
  of: ServiceAccount,
  name: "token",
  verbs: ["create"],
  methods: ["POST"],
  kind: "TokenRequest",
  groupVersion: { group: "authentication.k8s.io", version: "v1" },
  bodyKind: TokenRequest,

  async serve(call: SubresourceCall): Promise<ApiResponse> {
    const { context, registry, ports } = call;
    const { namespace, name } = context.info;
    const request = await call.body<TokenRequest>();
    const account = registry.reader.get(ServiceAccount, namespace, name)?.object;
    if (!account) throw notFound(ServiceAccount, name);
    request.metadata = { ...request.metadata, name, namespace };
    if (request.spec.audiences.length === 0) request.spec.audiences = [ports.tokens.issuer];
    checkRequest(request, account);
    await call.admit("CREATE", request);
    const bound = boundTo(registry.reader, account, request);
    const wantedSeconds = request.spec.expirationSeconds ?? 3_600;
    const { token, id } = await ports.tokens.issue({
      namespace,
      serviceAccount: referenceTo(account),
      ...bound,
      audiences: request.spec.audiences,
      ...lifetimeOf(request.spec, { bound, wantedSeconds, own: ports.tokens.issuer }),
    });
    context.annotations.set("authentication.kubernetes.io/issued-credential-id", `JTI=${id}`);
    const nowMs = ports.clock.now();
    return answer(request, {
      token,
      expirationTimestamp: formatTime(nowMs + wantedSeconds * 1_000),
      now: formatTime(nowMs),
    });
  },
});

interface Lifetime {
  readonly bound: Bond;
  readonly wantedSeconds: number;
  /** The audience of this server. */
  readonly own: string;
}

const yearSeconds = 365 * 24 * 3_600;

/**
 * As upstream: programs that read their token once, when they start, go on for a year; kubelets bring new ones all the same,
 * since they are told the time that they asked for.
 */
function lifetimeOf({ audiences }: TokenRequest["spec"], { bound, wantedSeconds, own }: Lifetime) {
  const isUnsaid = bound.pod !== undefined && wantedSeconds === unsaidExpirationSeconds;
  if (!isUnsaid || audiences.some((audience) => audience !== own))
    return { expirationSeconds: wantedSeconds };
  return { expirationSeconds: yearSeconds, warnAfterSeconds: wantedSeconds };
}

function checkRequest(request: TokenRequest, account: ServiceAccount): void {
  const { name = "", uid } = account.metadata;
  const errors = [...validateStruct(TokenRequest.schema, request)];
  if (errors.length > 0) throw invalidObject(TokenRequest, name, errors);
  const wanted = request.metadata.uid;
  if (wanted && wanted !== uid)
    throw uidConflict({ group: "", plural: "serviceaccounts" }, name, wanted);
}

interface Answered {
  readonly token: string;
  readonly expirationTimestamp: string;
  readonly now: string;
}

function answer(
  request: Draft<TokenRequest>,
  { token, expirationTimestamp, now }: Answered,
): ApiResponse {
  const completed = typed(TokenRequest, {
    ...request,
    metadata: { ...request.metadata, creationTimestamp: now },
    status: { token, expirationTimestamp },
  });
  const sealed = new ComputedObject(TokenRequest.schema, completed);
  return { status: 201, body: { is: "object", kind: TokenRequest, sealed } };
}

type Named = TokenRequestClaims["serviceAccount"];
type Bond = Pick<TokenRequestClaims, "pod" | "secret" | "node">;

const referenceTo = ({ metadata }: ApiObject): Named => ({
  name: metadata.name ?? "",
  uid: metadata.uid ?? "",
});

/** exact: apiserver */
function boundTo(reader: Reader, account: ServiceAccount, { spec }: TokenRequest): Bond {
  const ref = spec.boundObjectRef;
  if (!ref) return {};
  const { namespace = "", name: accountName } = account.metadata;
  switch (`${ref.apiVersion} ${ref.kind}`) {
    case "v1 Pod": {
      const pod = found(reader, Pod, { namespace, ...ref }) as Pod;
      if (pod.spec.serviceAccountName !== accountName)
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
        );
      return { pod: referenceTo(pod), ...nodeOf(reader, pod) };
    }
    case "v1 Secret":
      return { secret: referenceTo(found(reader, Secret, { namespace, ...ref })) };
    case "v1 Node":
      return { node: referenceTo(found(reader, Node, { namespace: "", ...ref })) };
    default:
      throw badRequest(`cannot bind token to object of type ${ref.apiVersion}, Kind=${ref.kind}`);
  }
}

/** Who sees the token can tell from where it came. */
function nodeOf(reader: Reader, { spec }: Pod): Bond {
  const node = spec.nodeName ? reader.get(Node, "", spec.nodeName)?.object : undefined;
  return node ? { node: referenceTo(node) } : {};
}

interface Sought {
  readonly namespace: string;
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
}

function found(reader: Reader, kind: AnyKind, { namespace, name = "", uid }: Sought): ApiObject {
  const object = reader.get(kind, namespace, name)?.object;
  if (!object) throw notFound(kind, name);
  if (uid && uid !== object.metadata.uid) throw uidConflict(kind, name, uid);
  return object;
}

function uidConflict(kind: Pick<AnyKind, "group" | "plural">, name: string, uid: string): ApiError {
  return new ApiError(
    "Conflict",
    `Operation cannot be fulfilled on ${kind.plural} ${JSON.stringify(name)}: the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    { details: { name, kind: kind.plural } },
  );
}
