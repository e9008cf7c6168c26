/** Secrets that hold a token of a service account. exact: core/v1, pkg/serviceaccount/legacy.go */
import type { Secret } from "./secret.ts";

const type = "kubernetes.io/service-account-token";

export const isTokenSecret = (secret: Pick<Secret, "type">): boolean => secret.type === type;

/** The annotation with the name of the account. */
export const tokenAccountName = "kubernetes.io/service-account.name";
/** Labels with a day, as `2026-01-31`. */
export const tokenLastUsed = "kubernetes.io/legacy-token-last-used";
export const tokenInvalidSince = "kubernetes.io/legacy-token-invalid-since";

/** The ConfigMap that says since when uses are noted. */
export const tokenTracking = Object.freeze({
  namespace: "kube-system",
  name: "kube-apiserver-legacy-service-account-token-tracking",
});
