import { validateHostAlias, validatePodDnsConfig, validatePodSpec } from "./pod-spec-validation.ts";
import { validatePodTemplate } from "./pod-template-validation.ts";
import { dropInitContainerAnnotations } from "./pod-annotations.ts";
import { roundUpToMilli } from "./resource-amounts.ts";
import type { FieldError } from "#schema/field-error.ts";
import { Affinity, Toleration, TopologySpreadConstraint } from "./affinity.ts";
import { Container, EphemeralContainer, ResourceRequirements } from "./container.ts";
import { LocalObjectReference } from "./references.ts";
import { PodSecurityContext } from "./security-context.ts";
import { Volume } from "./volume-sources.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const HostAlias = s.struct(
  "core/v1.HostAlias",
  {
    ip: s.string(1, { doc: "The address.", required: true }),
    hostnames: s.list(2, "string", { doc: "Names for it.", listType: "atomic" }),
  },
  { validate: (value, at): Iterable<FieldError> => validateHostAlias(value, at) },
);

export interface HostAlias extends ValueOf<typeof HostAlias> {}

export const PodDNSConfigOption = s.struct("core/v1.PodDNSConfigOption", {
  name: s.string(1, { doc: "Name of the setting." }),
  value: s.string(2, { doc: "Its value.", optional: true }),
});

export interface PodDNSConfigOption extends ValueOf<typeof PodDNSConfigOption> {}

export const PodDNSConfig = s.struct(
  "core/v1.PodDNSConfig",
  {
    nameservers: s.list(1, "string", {
      doc: "Servers to ask, beside those of the policy.",
      listType: "atomic",
    }),
    searches: s.list(2, "string", { doc: "Domains to search in.", listType: "atomic" }),
    options: s.list(3, PodDNSConfigOption, {
      doc: "Settings of the resolver.",
      listType: "atomic",
    }),
  },
  { validate: (value, at): Iterable<FieldError> => validatePodDnsConfig(value, at) },
);

export interface PodDNSConfig extends ValueOf<typeof PodDNSConfig> {}

export const PodOS = s.struct("core/v1.PodOS", {
  name: s.string(1, { doc: "linux or windows.", required: true }),
});

export interface PodOS extends ValueOf<typeof PodOS> {}

export const PodReadinessGate = s.struct("core/v1.PodReadinessGate", {
  conditionType: s.string(1, { doc: "The condition that must be true.", required: true }),
});

export interface PodReadinessGate extends ValueOf<typeof PodReadinessGate> {}

export const PodResourceClaim = s.struct("core/v1.PodResourceClaim", {
  name: s.string(1, { doc: "Name for containers to use.", required: true }),
  resourceClaimName: s.string(3, { doc: "A claim that is there.", optional: true }),
  resourceClaimTemplateName: s.string(4, {
    doc: "A template to make the claim from.",
    optional: true,
  }),
});

export interface PodResourceClaim extends ValueOf<typeof PodResourceClaim> {}

export const PodSchedulingGate = s.struct("core/v1.PodSchedulingGate", {
  name: s.string(1, { doc: "Name of the gate.", required: true }),
});

export interface PodSchedulingGate extends ValueOf<typeof PodSchedulingGate> {}

export const PodSchedulingGroup = s.struct(
  "core/v1.PodSchedulingGroup",
  {
    podGroupName: s.string(1, { optional: true, oneOfGroup: "GroupSelection" }),
  },
  { unions: [{ "fields-to-discriminateBy": { podGroupName: "PodGroupName" } }] },
);

export interface PodSchedulingGroup extends ValueOf<typeof PodSchedulingGroup> {}

export const PodSpec = s.struct(
  "core/v1.PodSpec",
  {
    volumes: s.list(1, Volume, {
      doc: "Volumes that the containers can mount.",
      listType: "map",
      keys: ["name"],
      patch: "merge,retainKeys",
      patchKey: "name",
    }),
    initContainers: s.list(20, Container, {
      doc: "Run one after the other, each to its end, before the containers start. With restartPolicy Always they keep running beside them.",
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    containers: s.list(2, Container, {
      doc: "The containers; at least one.",
      required: true,
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    ephemeralContainers: s.list(34, EphemeralContainer, {
      doc: "Containers added while the pod runs, to look into it. Changed through the ephemeralcontainers subresource only.",
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    restartPolicy: s.oneOf(3, ["Always", "OnFailure", "Never"], {
      doc: "When containers that end are started again: Always, OnFailure or Never.",
    }),
    terminationGracePeriodSeconds: s.int64(4, {
      doc: "Seconds between being asked to stop and being killed. 30 when unset.",
      optional: true,
    }),
    activeDeadlineSeconds: s.int64(5, {
      doc: "Seconds the pod may run before it is stopped and counts as failed.",
      optional: true,
    }),
    dnsPolicy: s.oneOf(6, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], {
      doc: "Where names are looked up: ClusterFirst, ClusterFirstWithHostNet, Default or None.",
    }),
    nodeSelector: s.map(7, "string", { doc: "Labels that the node must have.", mapType: "atomic" }),
    serviceAccountName: s.string(8, { doc: "The service account it runs as; default when unset." }),
    serviceAccount: s.string(9, { doc: "Old name of serviceAccountName.", deprecated: true }),
    automountServiceAccountToken: s.boolean(21, {
      doc: "Whether a token of the service account is mounted.",
      optional: true,
    }),
    nodeName: s.string(10, { doc: "The node it runs on; set by the scheduler." }),
    hostNetwork: s.boolean(11, { doc: "Use the node's network instead of an own address." }),
    hostPID: s.boolean(12, { doc: "See the node's processes." }),
    hostIPC: s.boolean(13, { doc: "Share memory with the node's processes." }),
    shareProcessNamespace: s.boolean(27, {
      doc: "Let the containers see each other's processes.",
      optional: true,
    }),
    securityContext: s.object(14, PodSecurityContext, {
      doc: "Security settings of all containers.",
      optional: true,
    }),
    imagePullSecrets: s.list(15, LocalObjectReference, {
      doc: "Secrets with credentials for registries.",
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    hostname: s.string(16, { doc: "Host name; the pod's name when unset." }),
    subdomain: s.string(17, {
      doc: "Makes the full name hostname.subdomain.namespace.svc.domain.",
    }),
    affinity: s.object(18, Affinity, {
      doc: "Nodes and pods to be near to, or away from.",
      optional: true,
    }),
    schedulerName: s.string(19, { doc: "The scheduler that finds a node for it." }),
    tolerations: s.list(22, Toleration, {
      doc: "Taints that it puts up with.",
      listType: "atomic",
    }),
    hostAliases: s.list(23, HostAlias, {
      doc: "Further lines of /etc/hosts.",
      listType: "map",
      keys: ["ip"],
      patch: "merge",
      patchKey: "ip",
    }),
    priorityClassName: s.string(24, { doc: "Class that gives it its priority." }),
    priority: s.int32(25, {
      doc: "Higher ones are scheduled first and may displace lower ones. Set from the class.",
      optional: true,
    }),
    dnsConfig: s.object(26, PodDNSConfig, {
      doc: "Additions to what dnsPolicy makes.",
      optional: true,
    }),
    readinessGates: s.list(28, PodReadinessGate, {
      doc: "Conditions that must be true as well for it to be ready.",
      listType: "atomic",
    }),
    runtimeClassName: s.string(29, { doc: "How its containers are run.", optional: true }),
    enableServiceLinks: s.boolean(30, {
      doc: "Whether there are variables for each service. True when unset.",
      optional: true,
    }),
    preemptionPolicy: s.oneOf(31, ["PreemptLowerPriority", "Never"], {
      doc: "Whether it may displace others: PreemptLowerPriority or Never.",
      optional: true,
    }),
    overhead: s.map(32, "quantity", {
      doc: "What the runtime itself needs. Set from the runtime class.",
    }),
    topologySpreadConstraints: s.list(33, TopologySpreadConstraint, {
      doc: "How evenly it is spread over domains with its like.",
      listType: "map",
      keys: ["topologyKey", "whenUnsatisfiable"],
      patch: "merge",
      patchKey: "topologyKey",
    }),
    setHostnameAsFQDN: s.boolean(35, { doc: "Use the full name as host name.", optional: true }),
    os: s.object(36, PodOS, {
      doc: "The operating system its containers are for.",
      optional: true,
    }),
    hostUsers: s.boolean(37, { doc: "False gives it user ids of its own.", optional: true }),
    schedulingGates: s.list(38, PodSchedulingGate, {
      doc: "Reasons to wait with scheduling; it starts when there are none left.",
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    resourceClaims: s.list(39, PodResourceClaim, {
      doc: "Claims on devices that its containers can use.",
      listType: "map",
      keys: ["name"],
      patch: "merge,retainKeys",
      patchKey: "name",
      gate: "DynamicResourceAllocation",
    }),
    resources: s.object(40, ResourceRequirements, {
      doc: "What all containers together need and may use.",
      optional: true,
      gate: "PodLevelResources",
    }),
    hostnameOverride: s.string(41, {
      doc: "Host name, whatever hostname and subdomain say.",
      optional: true,
      gate: "HostnameOverride",
    }),
    schedulingGroup: s.object(43, PodSchedulingGroup, { optional: true, gate: "GenericWorkload" }),
  },
  {
    doc: "What to run: containers that share an address and volumes on one node, and where and how.",
    defaults(draft): void {
      nameAccount(draft);
      draft.dnsPolicy ||= "ClusterFirst";
      draft.restartPolicy ||= "Always";
      draft.securityContext ??= {};
      draft.terminationGracePeriodSeconds ??= 30;
      draft.schedulerName ||= "default-scheduler";
      roundUpToMilli(draft.overhead);
    },
    validate: (value, at, found): Iterable<FieldError> => validatePodSpec(value, at, found),
  },
);

/** Under both names. */
function nameAccount(spec: {
  serviceAccountName?: string | undefined;
  serviceAccount?: string | undefined;
}): void {
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (!account) return;
  if (spec.serviceAccountName !== account) spec.serviceAccountName = account;
  if (spec.serviceAccount !== account) spec.serviceAccount = account;
}

export interface PodSpec extends ValueOf<typeof PodSpec> {}

export const PodTemplateSpec = s.struct(
  "core/v1.PodTemplateSpec",
  {
    metadata: s.object(1, ObjectMeta, { doc: "Labels and annotations of the pods." }),
    spec: s.object(2, PodSpec, { doc: "What the pods look like." }),
  },
  {
    doc: "What the pods of a workload are made from: their labels, annotations and spec.",
    defaults(draft): void {
      dropInitContainerAnnotations(draft.metadata);
    },
    validate: (value, at): Iterable<FieldError> => validatePodTemplate(value, at),
  },
);

export interface PodTemplateSpec extends ValueOf<typeof PodTemplateSpec> {}
