/**
 * A request as webhooks and expressions are told of it.
 * upstream: apiserver/pkg/admission/plugin/webhook/request/admissionreview.go
 */
import type { Operation } from "../admission.ts";
import type { Subject } from "./subject.ts";
import type { Version } from "./versions.ts";

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** The AdmissionRequest on the wire. */
export interface ReviewRequest {
  readonly uid: string;
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  readonly subResource?: string;
  /** What the caller asked for; `kind` and `resource` may be another version of it. */
  readonly requestKind: GroupVersionKind;
  readonly requestResource: GroupVersionResource;
  readonly requestSubResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: Operation;
  readonly userInfo: {
    readonly username: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- of every kind; webhooks know theirs.
  readonly object: any;
  // oxlint-disable-next-line typescript/no-explicit-any -- as above.
  readonly oldObject: any;
  readonly dryRun: boolean;
  readonly options: object | null;
}

const some = <K extends string>(key: K, text: string): { readonly [P in K]?: string } =>
  (text === "" ? {} : { [key]: text }) as { readonly [P in K]?: string };

export function reviewRequest(subject: Subject, version: Version, uid: string): ReviewRequest {
  const { operation, subresource, name, user, dryRun } = subject.request;
  const [asked] = subject.versions;
  return {
    uid,
    kind: version.kind,
    resource: resourceOf(version),
    ...some("subResource", subresource),
    requestKind: asked.kind,
    requestResource: resourceOf(asked),
    ...some("requestSubResource", subresource),
    ...some("name", name),
    ...some("namespace", subject.namespace),
    operation,
    userInfo: {
      username: user.name,
      ...some("uid", user.uid ?? ""),
      ...(user.groups.length > 0 ? { groups: user.groups } : {}),
      ...(user.extra ? { extra: user.extra } : {}),
    },
    object: subject.shown(version),
    oldObject: subject.oldShown(version),
    dryRun,
    options: optionsOf(subject),
  };
}

const resourceOf = ({ group, version, resource }: Version): GroupVersionResource => ({
  group,
  version,
  resource,
});

const optionKinds = {
  CREATE: "CreateOptions",
  UPDATE: "UpdateOptions",
  DELETE: "DeleteOptions",
  CONNECT: undefined,
} as const;

/** By what is done, not by how it was asked: a patch may create. */
function optionsOf({ request: { operation, options } }: Subject): object | null {
  const kind = optionKinds[operation];
  const type = { kind, apiVersion: "meta.k8s.io/v1" };
  return kind === undefined ? null : { ...type, ...options, ...type };
}
