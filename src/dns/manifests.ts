/**
 * What the name server is in the cluster: an ordinary deployment in kube-system, under the names
 * by which tools look for it everywhere.
 */
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { Service } from "#api/core/service.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import type { AnyKind } from "#api/kind.ts";
import { defaultPorts } from "./dns.ts";

export interface DnsManifestOptions {
  /** Of k8ts itself, as the kubelet finds it. */
  readonly image: string;
  /** Of the service: what every pod's resolv.conf names. */
  readonly clusterIp: string;
  readonly clusterDomain: string;
}

const namespace = "kube-system";
const account = "coredns";
const role = "system:coredns";
const selector = { "k8s-app": "kube-dns" };
const labels = { ...selector, "kubernetes.io/name": "CoreDNS" };

/** In the image's passwd. */
const nobody = 65_534;

/** In the order in which they are to be applied. */
export const dnsManifests = (options: DnsManifestOptions): readonly object[] => [
  typed(ServiceAccount, { metadata: { name: account, namespace } }),
  typed(ClusterRole, {
    metadata: { name: role, labels: bootstrapping },
    rules: [
      { apiGroups: [""], resources: ["services", "namespaces"], verbs: ["list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ],
  }),
  typed(ClusterRoleBinding, {
    metadata: { name: role, labels: bootstrapping },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  }),
  typed(Service, serviceOf(options)),
  typed(Deployment, deploymentOf(options)),
];

const typed = ({ apiVersion, kind }: AnyKind, manifest: object): object => ({
  apiVersion,
  kind,
  ...manifest,
});

const bootstrapping = { "kubernetes.io/bootstrapping": "rbac-defaults" };

const serviceOf = ({ clusterIp }: DnsManifestOptions): object => ({
  metadata: {
    name: "kube-dns",
    namespace,
    labels: { ...labels, "kubernetes.io/cluster-service": "true" },
    annotations: {
      "prometheus.io/port": String(defaultPorts.metrics),
      "prometheus.io/scrape": "true",
    },
  },
  spec: {
    clusterIP: clusterIp,
    clusterIPs: [clusterIp],
    selector,
    ports: [
      { name: "dns", port: 53, protocol: "UDP", targetPort: "dns" },
      { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: "dns-tcp" },
      { name: "metrics", port: defaultPorts.metrics, protocol: "TCP", targetPort: "metrics" },
    ],
  },
});

const deploymentOf = (options: DnsManifestOptions): object => ({
  metadata: { name: "coredns", namespace, labels },
  spec: {
    replicas: 1,
    // A second one is there before the first one goes: names are never without an answer.
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    selector: { matchLabels: selector },
    template: {
      metadata: { labels: selector },
      spec: {
        priorityClassName: "system-cluster-critical",
        serviceAccountName: account,
        // The node's name servers, not itself.
        dnsPolicy: "Default",
        securityContext: {
          runAsNonRoot: true,
          runAsUser: nobody,
          runAsGroup: nobody,
          // Capabilities do not reach a program that is not root: the port has to be free for all.
          sysctls: [
            { name: "net.ipv4.ip_unprivileged_port_start", value: String(defaultPorts.dns) },
          ],
        },
        nodeSelector: { "kubernetes.io/os": "linux" },
        tolerations: [
          { key: "CriticalAddonsOnly", operator: "Exists" },
          { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
        ],
        affinity: { podAntiAffinity: apart },
        containers: [containerOf(options)],
      },
    },
  },
});

const apart = {
  preferredDuringSchedulingIgnoredDuringExecution: [
    {
      weight: 100,
      podAffinityTerm: {
        labelSelector: { matchLabels: selector },
        topologyKey: "kubernetes.io/hostname",
      },
    },
  ],
};

const containerOf = ({ image, clusterDomain }: DnsManifestOptions): object => ({
  name: "coredns",
  image,
  imagePullPolicy: "IfNotPresent",
  args: ["dns", `--zone=${clusterDomain}`],
  ports: [
    { name: "dns", containerPort: defaultPorts.dns, protocol: "UDP" },
    { name: "dns-tcp", containerPort: defaultPorts.dns, protocol: "TCP" },
    { name: "metrics", containerPort: defaultPorts.metrics, protocol: "TCP" },
  ],
  livenessProbe: {
    httpGet: { path: "/health", port: defaultPorts.health, scheme: "HTTP" },
    initialDelaySeconds: 60,
    timeoutSeconds: 5,
    successThreshold: 1,
    failureThreshold: 5,
  },
  // The kubelet asks more often until the first good answer, so nobody waits for names; asking every
  // second for ever would be half of what a cluster at rest costs.
  readinessProbe: {
    httpGet: { path: "/ready", port: defaultPorts.ready, scheme: "HTTP" },
    periodSeconds: 10,
    failureThreshold: 3,
  },
  resources: { requests: { cpu: "100m", memory: "70Mi" }, limits: { memory: "170Mi" } },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
  },
});
