/**
 * What a request for a certificate may ask, and what may become of its status.
 * upstream: pkg/apis/certificates/validation/validation.go, pkg/registry/certificates
 */
import { requiredChoice } from "#api/field-rules.ts";
import { describeDifference } from "#api/difference.ts";
import { draftOf, equal } from "#schema/copy.ts";
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  required,
} from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import type {
  CertificateSigningRequestCondition,
  CertificateSigningRequestSpec,
  CertificateSigningRequestStatus,
} from "./certificatesigningrequest.ts";
import { isCertificate } from "./certificates.ts";
import { pemBlocks } from "./pem.ts";
import { validSignerName } from "./signer-name.ts";
import { signingRequestProblem } from "./signing-request.ts";

const legacySigner = "kubernetes.io/legacy-unknown";
const expirationSecondsMin = 600;

export function* validSigningRequest(spec: CertificateSigningRequestSpec): Iterable<FieldError> {
  const { request, signerName, expirationSeconds, usages = [] } = spec;
  const problem = signingRequestProblem(request);
  if (problem !== undefined) yield invalid("spec.request", request, problem);
  if (usages.length === 0) yield required("spec.usages");
  for (const [at, usage] of usages.entries()) {
    if (usages.indexOf(usage) < at) yield duplicate(index("spec.usages", at), usage);
  }
  if (signerName === legacySigner) {
    yield invalid(
      "spec.signerName",
      signerName,
      "the legacy signerName is not allowed via this API version",
    );
  } else {
    yield* validSignerName("spec.signerName", signerName);
  }
  if (expirationSeconds !== undefined && expirationSeconds < expirationSecondsMin) {
    yield invalid(
      "spec.expirationSeconds",
      expirationSeconds,
      "may not specify a duration less than 600 seconds (10 minutes)",
    );
  }
}

type Condition = CertificateSigningRequestCondition;
type Status = CertificateSigningRequestStatus;

/** A change of the status. */
interface Statuses {
  readonly status: Status;
  readonly old: Status;
}

/** What the writer of a change may do: `approval` decides, `status` issues. */
interface Rights {
  readonly maySetCertificate: boolean;
  readonly mayDecide: boolean;
}

const conditionsPath = "status.conditions";
const certificatePath = "status.certificate";
const decisions = ["Approved", "Denied"];
const finalTypes = [...decisions, "Failed"];

/** For `status` and for `approval`. */
export function* validCertificateStatus(
  change: Statuses,
  { maySetCertificate, mayDecide }: Rights,
): Iterable<FieldError> {
  yield* validConditions(change.status.conditions ?? []);
  const isSame = change.status.certificate === change.old.certificate;
  if (!isSame) yield* validCertificate(change.status.certificate);
  for (const type of finalTypes) yield* conditionsKept(type, change);
  if (!mayDecide) for (const type of decisions) yield* decisionsKept(type, change);
  if (isSame) return;
  if (!maySetCertificate) {
    yield forbidden(certificatePath, "updates may not set certificate content");
  } else if (change.old.certificate) {
    yield forbidden(certificatePath, "updates may not modify existing certificate content");
  }
}

const ofType = (type: string, { conditions = [] }: Status): readonly Condition[] =>
  conditions.filter((condition) => condition.type === type);

function* conditionsKept(type: string, { status, old }: Statuses): Iterable<FieldError> {
  if (ofType(type, status).length < ofType(type, old).length) {
    yield forbidden(conditionsPath, `updates may not remove a condition of type "${type}"`);
  }
}

function* decisionsKept(type: string, { status, old }: Statuses): Iterable<FieldError> {
  const now = ofType(type, status);
  const before = ofType(type, old);
  if (now.length > before.length) {
    yield forbidden(conditionsPath, `updates may not add a condition of type "${type}"`);
  } else if (now.length === before.length && !equal(now, before)) {
    const difference = describeDifference(before, now);
    const why = `updates may not modify a condition of type "${type}"\n${difference}`;
    yield forbidden(conditionsPath, why);
  }
}

function* validConditions(conditions: readonly Condition[]): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [at, { type, status }] of conditions.entries()) {
    const path = index(conditionsPath, at);
    const typePath = child(path, "type");
    if (type === "") yield required(typePath);
    yield* validConditionStatus(type, status, child(path, "status"));
    if (decisions.some((decision) => decision !== type && seen.has(decision)) && isDecision(type)) {
      yield invalid(conditionsPath, type, "Approved and Denied conditions are mutually exclusive");
    }
    if (seen.has(type)) yield duplicate(typePath, type);
    seen.add(type);
  }
}

const isDecision = (type: string): boolean => decisions.includes(type);

function* validConditionStatus(type: string, status: string, path: string): Iterable<FieldError> {
  const allowed = finalTypes.includes(type) ? ["True"] : ["False", "True", "Unknown"];
  yield* requiredChoice(path, status, allowed);
}

function* validCertificate(certificate: string | undefined): Iterable<FieldError> {
  if (!certificate) return;
  const problem = certificateProblem(certificate);
  if (problem !== undefined) yield invalid(certificatePath, "<certificate data>", problem);
}

function certificateProblem(certificate: string): string | undefined {
  const blocks = pemBlocks(certificate);
  if (blocks.length === 0) return "must contain at least one CERTIFICATE PEM block";
  for (const { type, hasHeaders, der } of blocks) {
    if (type !== "CERTIFICATE") {
      return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    }
    if (hasHeaders) return "no PEM block headers are permitted";
    if (!isCertificate(der)) return "x509: malformed certificate";
  }
  return undefined;
}

/** Writers of the status send the decision back as they know it: it stays as it was made. */
export function keepApproval(draft: Draft<Status>, old: Status): void {
  for (const type of decisions) {
    const kept = draftOf(ofType(type, old)).values();
    if (!draft.conditions || ofType(type, draft).length !== ofType(type, old).length) continue;
    draft.conditions = draft.conditions.map((condition) =>
      condition.type === type ? (kept.next().value ?? condition) : condition,
    );
  }
}

/** What `approval` may change: the conditions alone. */
export function keepAllButConditions(draft: Draft<Status>, old: Status): void {
  if (old.certificate === undefined) delete draft.certificate;
  else draft.certificate = old.certificate;
}

/** Conditions whose writer did not say since when they hold get the time from here. */
export function fillConditionTimes(draft: Draft<Status>, old: Status, now: string): void {
  for (const condition of draft.conditions ?? []) {
    condition.lastUpdateTime ??= now;
    if (condition.lastTransitionTime !== null) continue;
    const before = ofType(condition.type, old).find(({ status }) => status === condition.status);
    condition.lastTransitionTime = before?.lastTransitionTime ?? now;
  }
}

/** Who asks is for the server to say: whoever sent the request. */
export function setRequestor(
  spec: Draft<CertificateSigningRequestSpec>,
  requestor: Pick<CertificateSigningRequestSpec, "username" | "uid" | "groups" | "extra">,
): void {
  Object.assign(spec, draftOf(requestor));
}
