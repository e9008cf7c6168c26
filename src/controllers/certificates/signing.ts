/**
 * Issues the certificates that were approved, for the signers of Kubernetes itself.
 * upstream: pkg/controller/certificates/signer/signer.go
 */
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { formatTime, hours, minutes, seconds } from "#base/clock.ts";
import { type AnyController, type Controller, eventsRule } from "../runtime/controller.ts";
import { ask, type Effect, setStatus } from "../runtime/effects.ts";
import { certificateControllerIdentity, hasCondition, signerChecks } from "./rules.ts";
import type { CertificateSigner } from "./signer.ts";

const group = "certificates.k8s.io";
/** exact: kube-controller-manager --cluster-signing-duration */
const lifetimeMsMax = hours(365 * 24);
const lifetimeMsMin = minutes(10);

export function csrSigningController(signer: CertificateSigner): AnyController {
  const controller: Controller<CertificateSigningRequest> = {
    name: "certificatesigningrequest-signing-controller",
    identity: certificateControllerIdentity,
    queue: "certificate",
    for: CertificateSigningRequest,
    rules: [
      {
        verbs: ["get", "list", "watch"],
        apiGroups: [group],
        resources: ["certificatesigningrequests"],
      },
      { verbs: ["update"], apiGroups: [group], resources: ["certificatesigningrequests/status"] },
      {
        verbs: ["sign"],
        apiGroups: [group],
        resources: ["signers"],
        resourceNames: [...signerChecks.keys()],
      },
      eventsRule,
    ],
    leavesAlone: (request) => !isDue(request),

    reconcile(request, { now }) {
      return isDue(request)
        ? [
            ask(
              "sign",
              () => outcome(request, signer),
              (made) => [written(request, made, now)],
            ),
          ]
        : [];
    },
  };
  return Object.freeze(controller);
}

const isDue = ({ spec, status }: CertificateSigningRequest): boolean =>
  signerChecks.has(spec.signerName) &&
  !status.certificate &&
  hasCondition(status.conditions, "Approved") &&
  !hasCondition(status.conditions, "Denied") &&
  !hasCondition(status.conditions, "Failed");

type Made = { readonly certificate: string } | { readonly problem: string };

async function outcome(
  { spec }: CertificateSigningRequest,
  { read, sign }: CertificateSigner,
): Promise<Made> {
  const usages = spec.usages ?? [];
  const problem = signerChecks.get(spec.signerName)?.(await read(spec.request), usages);
  if (problem !== undefined) return { problem };
  const asked = spec.expirationSeconds;
  const lifetimeMs =
    asked === undefined
      ? lifetimeMsMax
      : Math.min(lifetimeMsMax, Math.max(lifetimeMsMin, seconds(asked)));
  return { certificate: await sign(spec.request, { usages, lifetimeMs }) };
}

function written(request: CertificateSigningRequest, made: Made, now: number): Effect {
  if ("certificate" in made)
    return setStatus(CertificateSigningRequest, request, { ...request.status, ...made });
  const time = formatTime(now);
  const failed = {
    type: "Failed",
    status: "True",
    reason: "SignerValidationFailure",
    message: made.problem,
    lastUpdateTime: time,
    lastTransitionTime: time,
  };
  const conditions = [...(request.status.conditions ?? []), failed];
  return setStatus(CertificateSigningRequest, request, { ...request.status, conditions });
}
