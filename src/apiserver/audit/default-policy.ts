/**
 * What is kept where nobody says otherwise: who changed what, and who looked at secrets, but no
 * bodies, and nothing of what the cluster's own parts do all day.
 */
import { type Policy, parsePolicy } from "./policy.ts";

export const defaultPolicyText = `apiVersion: audit.k8s.io/v1
kind: Policy
# Requests are short: their answers tell all.
omitStages: [RequestReceived]
rules:
  # What everybody asks all the time, and tells nothing.
  - level: None
    nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version", "/openapi*", "/api*", "/metrics"]
    verbs: [get, head]
  - level: None
    resources:
      - {group: "", resources: [events]}
      - {group: events.k8s.io, resources: [events]}
      - {group: coordination.k8s.io, resources: [leases]}
  # Of secrets and tokens never more than that they were asked for, and by whom.
  - level: Metadata
    resources:
      - {group: "", resources: [secrets, serviceaccounts/token]}
      - {group: authentication.k8s.io, resources: [tokenreviews]}
  # The cluster's own parts, at their work.
  - level: None
    userGroups: ["system:nodes", "system:serviceaccounts:kube-system"]
  - level: None
    users: ["system:kube-scheduler", "system:kube-controller-manager", "system:kube-proxy"]
  # Reading, and asking whether one may.
  - level: None
    verbs: [get, list, watch]
  - level: None
    resources:
      - {group: authorization.k8s.io}
  - level: Metadata
`;

export const defaultPolicy = (): Policy => parsePolicy(defaultPolicyText);
