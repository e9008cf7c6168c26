/**
 * The roles of the cluster's components. What a controller may do comes with the controller.
 * upstream: bootstrappolicy/policy.go#ClusterRoles
 */
import { defaultGates } from "#api/feature-gates.ts";
import { nodeRules } from "./node-rules.ts";
import { may, mayRecordEvents, named, read, type Rule } from "./rules.ts";
import type { DefaultRole } from "./default-roles.ts";

const leases = (verbs: string): Rule => may(verbs, "coordination.k8s.io", "leases");
const reviews: readonly Rule[] = [
  may("create", "authentication.k8s.io", "tokenreviews"),
  may("create", "authorization.k8s.io", "subjectaccessreviews"),
];

const schedulerRules: readonly Rule[] = [
  mayRecordEvents,
  leases("create list watch"),
  named(leases("get update"), "kube-scheduler"),
  may("create", "coordination.k8s.io", "leasecandidates"),
  may(read, "", "nodes"),
  may("delete get list watch", "", "pods"),
  may("create", "", "bindings pods/binding"),
  may("patch update", "", "pods/status"),
  may(read, "", "replicationcontrollers services"),
  may(read, "apps extensions", "replicasets"),
  may(read, "apps", "statefulsets"),
  may(read, "policy", "poddisruptionbudgets"),
  may(read, "", "persistentvolumeclaims persistentvolumes"),
  ...reviews,
  may(read, "storage.k8s.io", "csinodes"),
  may(read, "", "namespaces"),
  may(read, "storage.k8s.io", "csidrivers"),
  may(read, "storage.k8s.io", "csistoragecapacities"),
  may(read, "storage.k8s.io", "volumeattachments"),
  may(read, "resource.k8s.io", "deviceclasses"),
  may("get list patch update watch", "resource.k8s.io", "resourceclaims"),
  may("patch update", "resource.k8s.io", "resourceclaims/status"),
  may("patch update", "", "pods/finalizers"),
  may(read, "resource.k8s.io", "resourceslices"),
];

const podGroupRules: readonly Rule[] = [
  may(read, "scheduling.k8s.io", "podgroups"),
  may("patch update", "scheduling.k8s.io", "podgroups/status"),
];

const controllerManagerRules: readonly Rule[] = [
  mayRecordEvents,
  leases("create"),
  named(leases("get update"), "kube-controller-manager"),
  may("create", "", "secrets serviceaccounts"),
  may("delete", "", "secrets"),
  may("get", "", "configmaps namespaces secrets serviceaccounts"),
  may("update", "", "secrets serviceaccounts"),
  ...reviews,
  may("list watch", "*", "*"),
  may("create", "", "serviceaccounts/token"),
];

const kubeletApi =
  "nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/stats";

export const componentRoles = (gates = defaultGates): readonly DefaultRole[] => [
  // Bound to nobody: the node authorizer decides; it is here for those who look.
  { name: "system:node", rules: nodeRules, to: [] },
  {
    name: "system:node-problem-detector",
    rules: [may("get", "", "nodes"), may("patch", "", "nodes/status"), mayRecordEvents],
  },
  {
    name: "system:node-proxier",
    rules: [
      may("list watch", "", "endpoints services"),
      may(read, "", "nodes"),
      mayRecordEvents,
      may("list watch", "discovery.k8s.io", "endpointslices"),
      may("list watch", "networking.k8s.io", "servicecidrs"),
    ],
    to: ["user system:kube-proxy"],
  },
  {
    name: "system:kubelet-api-admin",
    rules: [may(read, "", "nodes"), may("proxy", "", "nodes"), may("*", "", kubeletApi)],
  },
  {
    name: "system:node-bootstrapper",
    rules: [may("create get list watch", "certificates.k8s.io", "certificatesigningrequests")],
  },
  { name: "system:auth-delegator", rules: reviews },
  { name: "system:kube-aggregator", rules: [may(read, "", "endpoints services")] },
  {
    name: "system:heapster",
    rules: [may(read, "", "events namespaces nodes pods"), may(read, "extensions", "deployments")],
  },
  {
    name: "system:kube-controller-manager",
    rules: controllerManagerRules,
    to: ["user system:kube-controller-manager"],
  },
  {
    name: "system:kube-dns",
    rules: [may("list watch", "", "endpoints services")],
    to: ["account kube-system/kube-dns"],
  },
  {
    name: "system:persistent-volume-provisioner",
    rules: [
      may("create delete get list watch", "", "persistentvolumes"),
      may("get list update watch", "", "persistentvolumeclaims"),
      may(read, "storage.k8s.io", "storageclasses"),
      may("watch", "", "events"),
      mayRecordEvents,
    ],
  },
  {
    name: "system:kube-scheduler",
    rules: [...schedulerRules, ...(gates.isEnabled("GenericWorkload") ? podGroupRules : [])],
    to: ["user system:kube-scheduler"],
  },
  {
    name: "system:volume-scheduler",
    rules: [
      may("get list patch update watch", "", "persistentvolumes"),
      may(read, "storage.k8s.io", "storageclasses"),
      may("get list patch update watch", "", "persistentvolumeclaims"),
    ],
    to: ["user system:kube-scheduler"],
  },
];

/** A role in one namespace. upstream: bootstrappolicy/namespace_policy.go */
export interface NamespaceRole extends DefaultRole {
  readonly namespace: string;
}

const configMaps = (verbs: string): Rule => may(verbs, "", "configmaps");
const leaderLocking = (component: string): NamespaceRole => ({
  namespace: "kube-system",
  name: `system::leader-locking-${component}`,
  rules: [configMaps("watch"), named(configMaps("get update"), component)],
  to: [`user system:${component}`, `account kube-system/${component}`],
});
const controller = (name: string): string => `system:controller:${name}`;

export const namespaceRoles: readonly NamespaceRole[] = [
  {
    namespace: "kube-public",
    name: controller("bootstrap-signer"),
    rules: [configMaps(read), named(configMaps("update"), "cluster-info"), mayRecordEvents],
    to: ["account kube-system/bootstrap-signer"],
  },
  {
    namespace: "kube-system",
    name: "extension-apiserver-authentication-reader",
    rules: [named(configMaps(read), "extension-apiserver-authentication")],
    to: ["user system:kube-controller-manager", "user system:kube-scheduler"],
    boundAs: "system::extension-apiserver-authentication-reader",
  },
  {
    namespace: "kube-system",
    name: controller("bootstrap-signer"),
    rules: [may(read, "", "secrets")],
    to: ["account kube-system/bootstrap-signer"],
  },
  {
    namespace: "kube-system",
    name: controller("cloud-provider"),
    rules: [configMaps(`create ${read}`)],
    to: ["account kube-system/cloud-provider"],
  },
  {
    namespace: "kube-system",
    name: controller("token-cleaner"),
    rules: [may("delete get list watch", "", "secrets"), mayRecordEvents],
    to: ["account kube-system/token-cleaner"],
  },
  leaderLocking("kube-controller-manager"),
  leaderLocking("kube-scheduler"),
];
