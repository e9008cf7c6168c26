/**
 * The question to a webhook, and what its answer must hold to be believed.
 * upstream: apiserver/pkg/admission/plugin/webhook/request/admissionreview.go
 */
import { type AdmissionResponse, AdmissionReview } from "#api/admission/admission-review.ts";
import { decodeJson } from "#schema/json.ts";
import type { ReviewRequest } from "../matching/review-request.ts";

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
