/** What the pipeline knows of one request, and the shape of its stages. */
import type { AnyKind } from "#api/kind.ts";
import type { ApiRequest, ApiResponse, User } from "#api/request.ts";
import type { Soon } from "#base/soon.ts";
import type { AuditRecord } from "./audit/record.ts";
import type { KindRegistry, Served } from "./kinds.ts";

/** What a request asks for. upstream: staging/src/k8s.io/apiserver/pkg/endpoints/request */
export interface RequestInfo {
  /** An API verb (`list`, `watch`, `deletecollection`…), or the HTTP method in lower case. */
  readonly verb: string;
  /** False for `/healthz`, `/version`, `/openapi/v3`… */
  readonly isResource: boolean;
  readonly path: string;
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly group: string;
  readonly version: string;
  /** Empty: not namespaced, or all namespaces. */
  readonly namespace: string;
  /** The plural: `pods`. */
  readonly resource: string;
  /** As in `pods/exec`; empty when none. */
  readonly subresource: string;
  readonly name: string;
  /** What follows the subresource: the path that a proxy request asks for. */
  readonly rest: string;
}

export interface Context {
  readonly request: ApiRequest;
  readonly info: RequestInfo;
  /** Known after authentication. */
  readonly user: User;
  /** Known after routing; absent for non-resource paths. */
  readonly kind: AnyKind | undefined;
  /** All that are served. */
  readonly kinds: KindRegistry;
  /** Sent as Warning headers (299). */
  readonly warnings: string[];
  /** What was noted of the request for the audit log. */
  readonly annotations: Map<string, string>;
  /** The kind under the version asked for, with its subresources. Known after routing. */
  readonly served?: Served;
  /** What the auditor keeps of it; absent where it keeps nothing. */
  readonly audit?: AuditRecord;
}

/** Throws or rejects to refuse. */
export type Next = (context: Context) => Soon<ApiResponse>;

/** One step of the pipeline: answers itself, or passes on, perhaps with more in the context. */
export type Stage = (context: Context, next: Next) => Soon<ApiResponse>;
