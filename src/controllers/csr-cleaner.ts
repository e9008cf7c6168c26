/**
 * Removes requests for certificates that nobody needs any more.
 * upstream: pkg/controller/certificates/cleaner/cleaner.go
 */
import { X509Certificate } from "node:crypto";
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { hours } from "#base/clock.ts";
import { certificateControllerIdentity, hasCondition } from "./certificates/rules.ts";
import { defineController } from "./runtime/controller.ts";
import { remove, wakeIn } from "./runtime/effects.ts";

const pendingMs = hours(24);
const decidedMs = hours(1);

export const csrCleanerController = defineController<CertificateSigningRequest>({
  name: "certificatesigningrequest-cleaner-controller",
  identity: certificateControllerIdentity,
  for: CertificateSigningRequest,
  rules: [
    {
      verbs: ["get", "list", "watch", "delete"],
      apiGroups: ["certificates.k8s.io"],
      resources: ["certificatesigningrequests"],
    },
  ],

  reconcile(request, { now }) {
    if (request.metadata.deletionTimestamp) return [];
    const endMs = Math.min(expiryOf(request.status.certificate), deadlineOf(request));
    if (endMs <= now) return [remove(CertificateSigningRequest, request)];
    return [wakeIn(endMs - now)];
  },
});

/** One that was approved but is not issued yet may stay as long as one that nobody decided on. */
function deadlineOf({ metadata, status }: CertificateSigningRequest): number {
  const madeMs = Date.parse(metadata.creationTimestamp ?? "");
  const decided = (status.conditions ?? []).filter(
    ({ type }) =>
      type === "Denied" || type === "Failed" || (type === "Approved" && status.certificate),
  );
  const times = decided.map(({ lastUpdateTime }) => Date.parse(lastUpdateTime ?? "") || madeMs);
  const isPending = !hasCondition(status.conditions, "Denied") && times.length === 0;
  return isPending ? madeMs + pendingMs : Math.min(...times) + decidedMs;
}

/** One that cannot be read ends at its deadline. */
function expiryOf(certificate: string | undefined): number {
  if (!certificate) return Number.POSITIVE_INFINITY;
  try {
    return new X509Certificate(Buffer.from(certificate, "base64")).validToDate.getTime();
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
