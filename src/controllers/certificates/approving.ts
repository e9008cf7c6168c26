/**
 * Approves kubelets' requests for client certificates, where those who ask may do so.
 * upstream: pkg/controller/certificates/approver/sarapprove.go
 */
import { CertificateSigningRequest } from "#api/certificates/certificatesigningrequest.ts";
import { SubjectAccessReview } from "#api/authorization/subjectaccessreview.ts";
import { formatTime, minutes } from "#base/clock.ts";
import { type AnyController, type Controller, eventsRule } from "../runtime/controller.ts";
import { ask, callFor, type Effect, update, wakeIn } from "../runtime/effects.ts";
import {
  certificateControllerIdentity,
  hasCondition,
  kubeletClientProblem,
  kubeletClientSigner,
} from "./rules.ts";
import type { CertificateSigner, RequestFacts } from "./signer.ts";

const group = "certificates.k8s.io";

export function csrApprovingController({ read }: CertificateSigner): AnyController {
  const controller: Controller<CertificateSigningRequest> = {
    name: "certificatesigningrequest-approving-controller",
    identity: certificateControllerIdentity,
    queue: "certificate",
    for: CertificateSigningRequest,
    rules: [
      {
        verbs: ["get", "list", "watch"],
        apiGroups: [group],
        resources: ["certificatesigningrequests"],
      },
      { verbs: ["update"], apiGroups: [group], resources: ["certificatesigningrequests/approval"] },
      {
        verbs: ["approve"],
        apiGroups: [group],
        resources: ["signers"],
        resourceNames: [kubeletClientSigner],
      },
      {
        verbs: ["create"],
        apiGroups: ["authorization.k8s.io"],
        resources: ["subjectaccessreviews"],
      },
      eventsRule,
    ],
    leavesAlone: (request) => !isOpen(request),

    reconcile(request, { now }) {
      if (!isOpen(request)) return [];
      return [
        ask(
          "read request",
          () => read(request.spec.request),
          (facts) => consider(request, facts, now),
        ),
      ];
    },
  };
  return Object.freeze(controller);
}

const isOpen = ({ spec, status }: CertificateSigningRequest): boolean =>
  spec.signerName === kubeletClientSigner &&
  !status.certificate &&
  !["Approved", "Denied", "Failed"].some((type) => hasCondition(status.conditions, type));

/** Somebody may be given the right later. */
const asksAgainMs = minutes(5);

function consider(
  request: CertificateSigningRequest,
  facts: RequestFacts,
  now: number,
): readonly Effect[] {
  const { spec } = request;
  if (kubeletClientProblem(facts, spec.usages ?? [])) return [];
  const isOwn = spec.username === facts.commonName;
  const ways = [
    // exact: kube-controller-manager
    ...(isOwn
      ? [
          [
            "selfnodeclient",
            "Auto approving self kubelet client certificate after SubjectAccessReview.",
          ],
        ]
      : []),
    ["nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview."],
  ] as const;
  const tryWays = ([way, ...others]: readonly (readonly string[])[]): readonly Effect[] => {
    if (!way) return [wakeIn(asksAgainMs)];
    const [subresource = "", message = ""] = way;
    return [
      callFor(reviewOf(request, subresource), (answer) =>
        (answer as SubjectAccessReview).status.allowed
          ? [approved(request, message, now)]
          : tryWays(others),
      ),
    ];
  };
  return tryWays(ways);
}

const reviewOf = ({ spec }: CertificateSigningRequest, subresource: string) => ({
  method: "POST" as const,
  path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
  body: {
    kind: SubjectAccessReview.kind,
    apiVersion: SubjectAccessReview.apiVersion,
    spec: {
      user: spec.username,
      uid: spec.uid,
      groups: spec.groups,
      extra: spec.extra,
      resourceAttributes: {
        group,
        resource: "certificatesigningrequests",
        verb: "create",
        subresource,
        version: "*",
      },
    },
  },
});

function approved(request: CertificateSigningRequest, message: string, now: number): Effect {
  const time = formatTime(now);
  const condition = {
    type: "Approved",
    status: "True",
    reason: "AutoApproved",
    message,
    lastUpdateTime: time,
    lastTransitionTime: time,
  };
  const conditions = [...(request.status.conditions ?? []), condition];
  const status = { ...request.status, conditions };
  return update(CertificateSigningRequest, { ...request, status }, "approval");
}
