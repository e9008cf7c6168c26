/**
 * The feature gates of Kubernetes 1.36 as they stand by default, and what an off gate does to
 * objects: its fields are dropped on the way in, unless the object in the store has them already.
 * upstream: pkg/features/kube_features.go, pkg/api/pod/util.go#DropDisabledPodFields
 */
import { unreachable } from "#base/assert.ts";
import type { AnyStruct, Draft, Type } from "#schema/struct.ts";

export type FeatureStage = "GA" | "Beta" | "Alpha" | "Deprecated";

type Gates = { readonly [Stage in FeatureStage]?: readonly string[] };

const on: Gates = {
  GA: [
    "APIServerTracing",
    "AllowServiceExternalIPs",
    "AnonymousAuthConfigurableEndpoints",
    "AnyVolumeDataSource",
    "AuthorizeNodeWithSelectors",
    "AuthorizeWithSelectors",
    "BtreeWatchCache",
    "CPUCFSQuotaPeriod",
    "CPUManagerPolicyOptions",
    "CRDValidationRatcheting",
    "CSIServiceAccountTokenSecrets",
    "ConsistentListFromCache",
    "CustomResourceFieldSelectors",
    "DRAAdminAccess",
    "DRAPrioritizedList",
    "DeclarativeValidation",
    "DisableAllocatorDualWrite",
    "DynamicResourceAllocation",
    "ExecProbeTimeout",
    "ExternalServiceAccountTokenSigner",
    "ImageMaximumGCAge",
    "ImageVolume",
    "InPlacePodVerticalScaling",
    "JobBackoffLimitPerIndex",
    "JobManagedBy",
    "JobPodReplacementPolicy",
    "JobSuccessPolicy",
    "KubeletCgroupDriverFromCRI",
    "KubeletFineGrainedAuthz",
    "KubeletPSI",
    "KubeletPodResourcesDynamicResources",
    "KubeletPodResourcesGet",
    "KubeletTracing",
    "LogarithmicScaleDown",
    "MatchLabelKeysInPodAffinity",
    "MultiCIDRServiceAllocator",
    "MutableCSINodeAllocatableCount",
    "MutatingAdmissionPolicy",
    "NFTablesProxyMode",
    "NodeInclusionPolicyInPodTopologySpread",
    "NodeLogQuery",
    "NodeSwap",
    "OrderedNamespaceDeletion",
    "PodLifecycleSleepAction",
    "PodLifecycleSleepActionAllowZero",
    "PodObservedGenerationTracking",
    "PodSchedulingReadiness",
    "PreferSameTrafficDistribution",
    "ProcMountType",
    "RecoverVolumeExpansionFailure",
    "RecursiveReadOnlyMounts",
    "RelaxedDNSSearchValidation",
    "RelaxedEnvironmentVariableValidation",
    "ResilientWatchCacheInitialization",
    "RetryGenerateName",
    "SELinuxChangePolicy",
    "SELinuxMountReadWriteOncePod",
    "SchedulerQueueingHints",
    "SeparateTaintEvictionController",
    "ServiceAccountTokenJTI",
    "ServiceAccountTokenNodeBinding",
    "ServiceAccountTokenNodeBindingValidation",
    "ServiceAccountTokenPodNodeInfo",
    "SidecarContainers",
    "StreamingCollectionEncodingToJSON",
    "StreamingCollectionEncodingToProtobuf",
    "StructuredAuthenticationConfiguration",
    "SupplementalGroupsPolicy",
    "SystemdWatchdog",
    "TopologyManagerPolicyOptions",
    "UserNamespacesSupport",
    "VolumeAttributesClass",
    "WinDSR",
    "WinOverlay",
  ],
  Beta: [
    "APIResponseCompression",
    "APIServerIdentity",
    "AllowParsingUserUIDFromCertAuth",
    "AuthorizePodWebsocketUpgradeCreatePermission",
    "CPUManagerPolicyBetaOptions",
    "CRDObservedGenerationTracking",
    "ClearingNominatedNodeNameAfterBinding",
    "ComponentFlagz",
    "ComponentStatusz",
    "ConstrainedImpersonation",
    "ContainerCheckpoint",
    "ContainerRestartRules",
    "ContextualLogging",
    "DRAConsumableCapacity",
    "DRADeviceBindingConditions",
    "DRADeviceTaints",
    "DRAExtendedResource",
    "DRAPartitionableDevices",
    "DRAResourceClaimDeviceStatus",
    "DRAResourceClaimGranularStatusAuthorization",
    "DRASchedulerFilterTimeout",
    "DeclarativeValidationBeta",
    "DeploymentReplicaSetTerminatingReplicas",
    "DetectCacheInconsistency",
    "EnvFiles",
    "ExtendWebSocketsToKubelet",
    "GracefulNodeShutdown",
    "GracefulNodeShutdownBasedOnPodPriority",
    "HPAConfigurableTolerance",
    "HostnameOverride",
    "InPlacePodLevelResourcesVerticalScaling",
    "InPlacePodVerticalScalingInitContainers",
    "KubeletCrashLoopBackOffMax",
    "KubeletEnsureSecretPulledImages",
    "KubeletSeparateDiskGC",
    "KubeletServiceAccountTokenForCredentialProviders",
    "ListFromCacheSnapshot",
    "LoggingBetaOptions",
    "MatchLabelKeysInPodTopologySpread",
    "MatchLabelKeysInPodTopologySpreadSelectorMerge",
    "MutablePodResourcesForSuspendedJobs",
    "MutableSchedulingDirectivesForSuspendedJobs",
    "NodeDeclaredFeatures",
    "NominatedNodeNameForExpectation",
    "OpenAPIEnums",
    "OpportunisticBatching",
    "PLEGOnDemandRelist",
    "PodDeletionCost",
    "PodLevelResources",
    "PodReadyToStartContainersCondition",
    "PodTopologyLabelsAdmission",
    "PortForwardWebsockets",
    "PreventStaticPodAPIReferences",
    "RelaxedServiceNameValidation",
    "ReloadKubeletClientCAFile",
    "ReloadKubeletServerCertificateFile",
    "RemoteRequestHeaderUID",
    "ResourceHealthStatus",
    "ResourceHealthStatusMessage",
    "RestartAllContainersOnContainerExits",
    "RotateKubeletServerCertificate",
    "SchedulerAsyncPreemption",
    "SchedulerPopFromBackoffQ",
    "ServiceAccountNodeAudienceRestriction",
    "SizeBasedListCostEstimate",
    "StaleControllerConsistencyDaemonSet",
    "StaleControllerConsistencyJob",
    "StaleControllerConsistencyReplicaSet",
    "StaleControllerConsistencyStatefulSet",
    "StatefulSetSemanticRevisionComparison",
    "StorageVersionHash",
    "StrictIPCIDRValidation",
    "StructuredAuthenticationConfigurationEgressSelector",
    "StructuredAuthenticationConfigurationJWKSMetrics",
    "TokenRequestServiceAccountUIDValidation",
    "TopologyManagerPolicyBetaOptions",
    "TranslateStreamCloseWebsocketRequests",
    "UnauthenticatedHTTP2DOSMitigation",
    "UnknownVersionInteroperabilityProxy",
    "WatchCacheInitializationPostStartHook",
    "WatchList",
    "WindowsGracefulNodeShutdown",
  ],
  Deprecated: [
    "AggregatedDiscoveryRemoveBetaType",
    "DisableCPUQuotaWithExclusiveCPUs",
    "DisableNodeKubeProxyVersion",
    "KubeletPodResourcesListUseActivePods",
    "ServiceCIDRStatusFieldWiping",
    "StorageNamespaceIndex",
  ],
};

const off: Gates = {
  Beta: [
    "ClusterTrustBundle",
    "ClusterTrustBundleProjection",
    "ConcurrentWatchObjectDecode",
    "CoordinatedLeaderElection",
    "DRADeviceTaintRules",
    "LocalStorageCapacityIsolationFSQuotaMonitoring",
    "MaxUnavailableStatefulSet",
    "PodCertificateRequest",
    "SELinuxMount",
    "SchedulerAsyncAPICalls",
    "StorageVersionMigrator",
  ],
  Alpha: [
    "APIServingWithRoutine",
    "AllowUnsafeMalformedObjectDeletion",
    "CBORServingAndStorage",
    "CPUManagerPolicyAlphaOptions",
    "CRIListStreaming",
    "CSIVolumeHealth",
    "CloudControllerManagerWatchBasedRoutesReconciliation",
    "CloudControllerManagerWebhook",
    "ContainerStopSignals",
    "ControllerManagerReleaseLeaderElectionLockOnExit",
    "CrossNamespaceVolumeDataSource",
    "DRAListTypeAttributes",
    "DRANodeAllocatableResources",
    "DRAResourcePoolStatus",
    "DRAWorkloadResourceClaims",
    "EventedPLEG",
    "GangScheduling",
    "GenericWorkload",
    "HPAScaleToZero",
    "ImageVolumeWithDigest",
    "InPlacePodVerticalScalingExclusiveCPUs",
    "InPlacePodVerticalScalingExclusiveMemory",
    "KubeletInUserNamespace",
    "LoggingAlphaOptions",
    "ManifestBasedAdmissionControlConfig",
    "MemoryQoS",
    "MutablePVNodeAffinity",
    "NativeHistograms",
    "PersistentVolumeClaimUnusedSinceTime",
    "PodAndContainerStatsFromCRI",
    "PodLevelResourceManagers",
    "PodLogsQuerySplitStreams",
    "PodsAPI",
    "QOSReserved",
    "ReduceDefaultCrashLoopBackOffDecay",
    "RuntimeClassInImageCriAPI",
    "ShardedListAndWatch",
    "StorageCapacityScoring",
    "StorageVersionAPI",
    "TaintTolerationComparisonOperators",
    "TopologyAwareWorkloadScheduling",
    "TopologyManagerPolicyAlphaOptions",
    "UserNamespacesHostNetworkSupport",
    "VolumeLimitScaling",
    "WindowsCPUAndMemoryAffinity",
    "WorkloadAwarePreemption",
    "WorkloadWithJob",
  ],
  Deprecated: [
    "AllowDNSOnlyNodeCSR",
    "AllowInsecureKubeletCertificateSigningRequests",
    "AllowOverwriteTerminationGracePeriodSeconds",
    "ChangeContainerStatusOnKubeletRestart",
    "DeclarativeValidationTakeover",
    "GitRepoVolumeDriver",
    "KMSv1",
    "KubeletRegistrationGetOnExistsOnly",
    "SeparateCacheWatchRPC",
    "WindowsHostNetwork",
  ],
};

/** Gates that fields name by a feature of another name. */
const aliases: { readonly [gate: string]: string } = {
  PodCertificateProjection: "PodCertificateRequest",
};

const disabled: ReadonlySet<string> = new Set(Object.values(off).flat());

/** Gates that 1.36 no longer has are on for good. */
export const isEnabled = (gate: string): boolean => !disabled.has(aliases[gate] ?? gate);

/** All gates, for metrics and the version of the server. */
export const listFeatureGates = (): readonly {
  readonly name: string;
  readonly stage: FeatureStage;
  readonly isEnabled: boolean;
}[] =>
  [on, off].flatMap((gates) =>
    Object.entries(gates).flatMap(([stage, names]) =>
      names.map((name) => ({
        name,
        stage: stage as FeatureStage,
        isEnabled: gates === on,
      })),
    ),
  );

/** Where in a struct the fields of disabled features are. */
interface Plan {
  /** Fields of the struct itself. */
  readonly drops: readonly string[];
  /** Fields further down that have some. */
  readonly into: readonly {
    readonly name: string;
    readonly inline: boolean;
    readonly plan: Plan;
  }[];
}

const plans = new WeakMap<AnyStruct, Plan>();
const nothingToDrop: Plan = { drops: [], into: [] };

function planOf(struct: AnyStruct): Plan {
  const known = plans.get(struct);
  if (known) return known;
  plans.set(struct, nothingToDrop); // A struct that contains itself ends here.
  const fields = Object.entries(struct.fields);
  const drops = fields.filter(([, { options }]) => isGatedOff(options.gate)).map(([name]) => name);
  const into = fields.flatMap(([name, { type, inline = false }]) => {
    const inner = structIn(type);
    const plan = inner && !drops.includes(name) ? planOf(inner) : nothingToDrop;
    return plan === nothingToDrop ? [] : [{ name, inline, plan }];
  });
  const plan = drops.length + into.length === 0 ? nothingToDrop : { drops, into };
  plans.set(struct, plan);
  return plan;
}

const isGatedOff = (gate: string | undefined): boolean =>
  gate !== undefined && !gate.split(",").every(isEnabled);

function structIn(type: Type): AnyStruct | undefined {
  switch (type.is) {
    case "struct":
      return type.struct();
    case "list":
      return structIn(type.item);
    case "map":
      return structIn(type.value);
    case "scalar":
      return undefined;
    default:
      return unreachable(type);
  }
}

type Node = Record<string, unknown>;

/**
 * Removes the fields of disabled features from `draft`. A field that `old` uses anywhere stays,
 * so that objects written while a gate was on can still be changed.
 */
export function dropDisabledFields(struct: AnyStruct, draft: Draft<unknown>, old?: unknown): void {
  const plan = planOf(struct);
  if (plan === nothingToDrop) return;
  const see: See = (node, owner, name) => {
    if (node[name] === undefined) return;
    if (old !== undefined && isUsed(plan, old, { owner, name })) return;
    delete node[name];
  };
  visit(withoutSame(plan, draft, old), draft, see);
}

/** What is the old object's own may stay as it is. */
function withoutSame(plan: Plan, draft: unknown, old: unknown): Plan {
  if (typeof draft !== "object" || !draft || typeof old !== "object" || !old) return plan;
  const isSame = (name: string): boolean => (draft as Node)[name] === (old as Node)[name];
  return { ...plan, into: plan.into.filter(({ name, inline }) => inline || !isSame(name)) };
}

function isUsed(root: Plan, value: unknown, field: { owner: Plan; name: string }): boolean {
  let found = false;
  visit(root, value, (node, owner, name) => {
    found ||= owner === field.owner && name === field.name && node[name] !== undefined;
  });
  return found;
}

type See = (node: Node, owner: Plan, name: string) => void;

/** Calls `see` for every place of a disabled field, set or not. */
function visit(plan: Plan, value: unknown, see: See): void {
  if (typeof value !== "object" || value === null) return;
  const node = value as Node;
  for (const name of plan.drops) see(node, plan, name);
  for (const { name, inline, plan: inner } of plan.into) {
    if (inline) visit(inner, node, see);
    else visitField(inner, node[name], see);
  }
}

/** The value of a field: a struct, or a list or map of them. */
function visitField(plan: Plan, value: unknown, see: See): void {
  if (Array.isArray(value)) for (const item of value) visitField(plan, item, see);
  else visit(plan, value, see);
}
