/**
 * What every kubelet may do; the node authorizer narrows it down to its own node, and admission
 * looks at what it writes. upstream: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go#NodeRules
 */
import { may, read, readWrite, type Rule } from "./rules.ts";

export const nodeRules: readonly Rule[] = [
  may("create", "authentication.k8s.io", "tokenreviews"),
  may("create", "authorization.k8s.io", "localsubjectaccessreviews subjectaccessreviews"),
  may(read, "", "services"),
  may("create get list watch", "", "nodes"),
  may("patch update", "", "nodes/status"),
  may("patch update", "", "nodes"),
  may("create patch update", "", "events"),
  may(read, "", "pods"),
  may("create delete", "", "pods"),
  may("patch update", "", "pods/status"),
  may("create", "", "pods/eviction"),
  may(read, "", "configmaps secrets"),
  may("get", "", "persistentvolumeclaims persistentvolumes"),
  may("get", "", "endpoints"),
  may("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
  may("create delete get patch update", "coordination.k8s.io", "leases"),
  may("get", "storage.k8s.io", "volumeattachments"),
  may("create", "", "serviceaccounts/token"),
  may("get patch update", "", "persistentvolumeclaims/status"),
  may(read, "storage.k8s.io", "csidrivers"),
  may("create delete get patch update", "storage.k8s.io", "csinodes"),
  may(read, "node.k8s.io", "runtimeclasses"),
  may("get", "resource.k8s.io", "resourceclaims"),
  may(readWrite, "resource.k8s.io", "resourceslices"),
];
