/**
 * The roles for people: cluster-admin, and admin, edit and view, which are put together of parts
 * so that custom resources can join them. upstream: bootstrappolicy/policy.go#ClusterRoles
 */
import { defaultGates } from "#api/feature-gates.ts";
import { may, mayGetPaths, named, read, readWrite, type Rule, write } from "./rules.ts";
import type { DefaultRole } from "./default-roles.ts";

const aggregateTo = (role: string): string => `rbac.authorization.k8s.io/aggregate-to-${role}`;

const apps =
  "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale";
const shells = "pods/attach pods/exec pods/portforward pods/proxy";
const withStatus = (names: string): string =>
  names
    .split(" ")
    .flatMap((name) => [name, `${name}/status`])
    .join(" ");

const adminRules: readonly Rule[] = [
  may("create", "authorization.k8s.io", "localsubjectaccessreviews"),
  may(readWrite, "rbac.authorization.k8s.io", "rolebindings roles"),
];

const editRules: readonly Rule[] = [
  may(read, "", `${shells} secrets services/proxy`),
  may("impersonate", "", "serviceaccounts"),
  may(write, "", `pods ${shells}`),
  may("create", "", "pods/eviction"),
  may(
    write,
    "",
    "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy",
  ),
  may("create", "", "serviceaccounts/token"),
  may(write, "apps", apps),
  may(write, "autoscaling", "horizontalpodautoscalers"),
  may(write, "batch", "cronjobs jobs"),
  may(
    write,
    "extensions",
    "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale",
  ),
  may(write, "policy", "poddisruptionbudgets"),
  may(write, "networking.k8s.io", "ingresses networkpolicies"),
  may(readWrite, "coordination.k8s.io", "leases"),
  may(write, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
];

const viewRules: readonly Rule[] = [
  may(
    read,
    "",
    "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status",
  ),
  may(
    read,
    "",
    "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status",
  ),
  may(read, "", "namespaces"),
  may(read, "discovery.k8s.io", "endpointslices"),
  may(
    read,
    "apps",
    `controllerrevisions deployments/scale replicasets/scale statefulsets/scale ${withStatus("daemonsets deployments replicasets statefulsets")}`,
  ),
  may(read, "autoscaling", withStatus("horizontalpodautoscalers")),
  may(read, "batch", withStatus("cronjobs jobs")),
  may(
    read,
    "extensions",
    `deployments/scale networkpolicies replicasets/scale replicationcontrollers/scale ${withStatus("daemonsets deployments ingresses replicasets")}`,
  ),
  may(read, "policy", withStatus("poddisruptionbudgets")),
  may(read, "networking.k8s.io", `networkpolicies ${withStatus("ingresses")}`),
  may(read, "resource.k8s.io", `resourceclaimtemplates ${withStatus("resourceclaims")}`),
];

const health = "/healthz /livez /readyz /version /version/";
const authenticatedGroup = ["group system:authenticated"];
const everybody = [...authenticatedGroup, "group system:unauthenticated"];

export const userRoles = (gates = defaultGates): readonly DefaultRole[] => [
  {
    name: "cluster-admin",
    rules: [may("*", "*", "*"), { verbs: ["*"], nonResourceURLs: ["*"] }],
    to: ["group system:masters"],
  },
  {
    name: "system:discovery",
    rules: [mayGetPaths(`${health} /openapi /openapi/* /api /api/* /apis /apis/*`)],
    to: authenticatedGroup,
  },
  {
    name: "system:monitoring",
    rules: [
      mayGetPaths("/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*"),
      ...(gates.isEnabled("ComponentFlagz") ? [mayGetPaths("/flagz")] : []),
      ...(gates.isEnabled("ComponentStatusz") ? [mayGetPaths("/statusz")] : []),
    ],
    to: ["group system:monitoring"],
  },
  {
    name: "system:basic-user",
    rules: [
      may("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
      may("create", "authentication.k8s.io", "selfsubjectreviews"),
    ],
    to: authenticatedGroup,
  },
  { name: "system:public-info-viewer", rules: [mayGetPaths(health)], to: everybody },
  { name: "admin", gathers: aggregateTo("admin") },
  { name: "edit", gathers: aggregateTo("edit"), labels: [aggregateTo("admin")] },
  { name: "view", gathers: aggregateTo("view"), labels: [aggregateTo("edit")] },
  { name: "system:aggregate-to-admin", rules: adminRules, labels: [aggregateTo("admin")] },
  { name: "system:aggregate-to-edit", rules: editRules, labels: [aggregateTo("edit")] },
  { name: "system:aggregate-to-view", rules: viewRules, labels: [aggregateTo("view")] },
  {
    // As metrics-server brings it along.
    name: "system:aggregated-metrics-reader",
    rules: [may("get list watch", "metrics.k8s.io", "nodes pods")],
    labels: [aggregateTo("admin"), aggregateTo("edit"), aggregateTo("view")],
  },
  {
    name: "system:service-account-issuer-discovery",
    rules: [
      mayGetPaths(
        "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/",
      ),
    ],
    to: ["group system:serviceaccounts"],
  },
];

const csr = "certificates.k8s.io";
const approver = (signer: string): DefaultRole => ({
  name: `system:certificates.k8s.io:${signer}-approver`,
  rules: [named(may("approve", csr, "signers"), `kubernetes.io/${signer}`)],
});

/** Given out by administrators, or by whoever sets up joining. */
export const certificateRoles: readonly DefaultRole[] = [
  {
    name: "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
    rules: [may("create", csr, "certificatesigningrequests/nodeclient")],
  },
  {
    name: "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
    rules: [may("create", csr, "certificatesigningrequests/selfnodeclient")],
  },
  approver("legacy-unknown"),
  approver("kubelet-serving"),
  approver("kube-apiserver-client"),
  approver("kube-apiserver-client-kubelet"),
];
