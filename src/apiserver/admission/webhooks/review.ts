/**
 * The question to a webhook, and what its answer must hold to be believed.
 * upstream: apiserver/pkg/admission/plugin/webhook/request/admissionreview.go
 */
import { type AdmissionResponse, AdmissionReview } from "#api/admission/admission-review.ts";
import { decodeJson } from "#schema/json.ts";
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

export interface Review {
  readonly kind: "AdmissionReview";
  readonly apiVersion: "admission.k8s.io/v1";
  readonly request: ReviewRequest;
}

export const reviewOf = (request: ReviewRequest): Review => ({
  kind: "AdmissionReview",
  apiVersion: "admission.k8s.io/v1",
  request,
});

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

/** Throws what is wrong with it. exact: apiserver, all messages */
export function checkAnswer(
  answer: unknown,
  { uid, isMutating }: { readonly uid: string; readonly isMutating: boolean },
): AdmissionResponse {
  const { apiVersion, kind, response } = decodeJson(AdmissionReview, answer, {
    defaults: false,
  }).value;
  if (!response) throw new Error("webhook response was absent");
  if (response.uid !== uid) {
    throw new Error(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`,
    );
  }
  if (apiVersion !== "admission.k8s.io/v1" || kind !== "AdmissionReview") {
    const found = `${goVersion(apiVersion ?? "")}, Kind=${kind ?? ""}`;
    throw new Error(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${found}`,
    );
  }
  const problem = isMutating ? mutatingProblem(response) : validatingProblem(response);
  if (problem !== undefined) throw new Error(problem);
  return response;
}

/** As Go prints a group and version. */
const goVersion = (apiVersion: string): string =>
  apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;

type Patch = Partial<Pick<AdmissionResponse, "patch" | "patchType">>;

function mutatingProblem({ patch = "", patchType }: Patch): string | undefined {
  if (patch !== "" && patchType === undefined)
    return "webhook returned response.patch but not response.patchType";
  if (patch === "" && patchType !== undefined)
    return "webhook returned response.patchType but not response.patch";
  if (patchType === "") return 'webhook returned invalid response.patchType of ""';
  return undefined;
}

function validatingProblem({ patch = "", patchType }: Patch): string | undefined {
  if (patch !== "") return "validating webhook may not return response.patch";
  if (patchType !== undefined) return "validating webhook may not return response.patchType";
  return undefined;
}
