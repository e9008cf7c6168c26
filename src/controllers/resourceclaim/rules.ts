import type { PolicyRule } from "#api/rbac/rules.ts";
import { eventsRule } from "../runtime/controller.ts";

/** Of both that look after claims. upstream: bootstrappolicy/controller_policy.go */
export const resourceclaimRules: readonly Partial<PolicyRule>[] = [
  { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["pods"] },
  { verbs: ["update", "patch"], apiGroups: [""], resources: ["pods/status"] },
  { verbs: ["update"], apiGroups: [""], resources: ["pods/finalizers"] },
  {
    verbs: ["get", "list", "watch"],
    apiGroups: ["resource.k8s.io"],
    resources: ["resourceclaimtemplates"],
  },
  {
    verbs: ["get", "list", "watch", "create", "update", "delete"],
    apiGroups: ["resource.k8s.io"],
    resources: ["resourceclaims"],
  },
  {
    verbs: ["update", "patch"],
    apiGroups: ["resource.k8s.io"],
    resources: ["resourceclaims/status", "resourceclaims/binding"],
  },
  eventsRule,
];
