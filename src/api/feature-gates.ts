/**
 * The feature gates of Kubernetes 1.36: how they stand by default, and, for those that a cluster may
 * switch, in one cluster. upstream: pkg/features/kube_features.go
 */
import { didYouMean } from "#base/nearest.ts";

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

/**
 * Gates that a cluster may switch, with those that they need.
 * differs: only these gates can be set otherwise than by default; upstream lets every gate be set that is not locked.
 */
const switchable: { readonly [gate: string]: readonly string[] } = {
  ComponentFlagz: [],
  ComponentStatusz: [],
  GenericWorkload: [],
  GangScheduling: ["GenericWorkload"],
};

/** By gate; the others stay as they are by default. */
export type GateSettings = { readonly [gate: string]: boolean };

export interface FeatureGate {
  readonly name: string;
  readonly stage: FeatureStage;
  readonly isEnabled: boolean;
}

/** How the gates of one cluster stand. */
export class FeatureGates {
  /** Where they were switched. */
  readonly settings: GateSettings;

  /** Throws what is wrong with the settings: unknown, not to be switched, or without what it needs. */
  constructor(settings: GateSettings = {}) {
    for (const [gate, wanted] of Object.entries(settings)) checkSetting(gate, wanted);
    this.settings = settings;
    for (const [gate, needs] of Object.entries(switchable)) this.#checkNeeds(gate, needs);
  }

  /** Gates that 1.36 no longer has are on for good. */
  isEnabled(gate: string): boolean {
    const name = aliases[gate] ?? gate;
    return this.settings[name] ?? !disabled.has(name);
  }

  /** Where they were switched, as the flag has it. */
  text(): string {
    return Object.entries(this.settings)
      .map(([gate, isOn]) => `${gate}=${isOn}`)
      .join(",");
  }

  /** All gates, for metrics and the version of the server. */
  list(): readonly FeatureGate[] {
    return [on, off].flatMap((gates) =>
      Object.entries(gates).flatMap(([stage, names]) =>
        names.map((name) => ({
          name,
          stage: stage as FeatureStage,
          isEnabled: this.isEnabled(name),
        })),
      ),
    );
  }

  #checkNeeds(gate: string, needs: readonly string[]): void {
    const missing = needs.filter((need) => !this.isEnabled(need));
    if (!this.isEnabled(gate) || missing.length === 0) return;
    // exact: apiserver, as far as the colon
    throw new RangeError(
      `${gate} is enabled, but depends on features that are disabled: [${missing.join(" ")}]: set ${missing.map((need) => `${need}=true`).join(",")} as well`,
    );
  }
}

export const defaultGates = new FeatureGates();

/** As it stands by default, in every cluster whose gates were not switched. */
export const isEnabled = (gate: string): boolean => defaultGates.isEnabled(gate);

/**
 * `GenericWorkload=true,GangScheduling=true`, as the flag `--feature-gates` has it. Throws what is wrong with it.
 * upstream: component-base/featuregate/feature_gate.go#Set
 */
export function parseFeatureGates(text: string): FeatureGates {
  const settings: { [gate: string]: boolean } = {};
  for (const setting of text.split(",")) {
    const [gate = "", value, ...more] = setting.split("=").map((part) => part.trim());
    if (gate === "" && value === undefined) continue;
    const flag = more.length === 0 ? flags[value?.toLowerCase() ?? ""] : undefined;
    if (flag === undefined)
      throw new RangeError(`${JSON.stringify(setting.trim())} is not of the form Gate=true|false`);
    settings[gate] = flag;
  }
  return new FeatureGates(settings);
}

const flags: { readonly [text: string]: boolean | undefined } = { true: true, false: false };

function checkSetting(gate: string, wanted: boolean): void {
  const names = [on, off].flatMap((gates) => Object.values(gates).flat());
  // exact: apiserver, as far as the semicolon
  if (!names.includes(gate))
    throw new RangeError(`unrecognized feature gate: ${gate}${didYouMean(gate, names)}`);
  if (gate in switchable || wanted !== disabled.has(gate)) return;
  const state = wanted ? "off" : "on";
  throw new RangeError(
    `the feature gate ${gate} is ${state} and cannot be switched: ${Object.keys(switchable).join(", ")} can`,
  );
}
