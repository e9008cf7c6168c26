/**
 * Which plugins run, and in which order: read it top to bottom. Each mutates, then (after the
 * object was validated) each validates, then each makes its claims.
 * upstream: pkg/kubeapiserver/options/plugins.go
 */
import type { Clock } from "#base/clock.ts";
import type { Random } from "#base/random.ts";
import type { RoleAuthorizer } from "../authz/union.ts";
import { definitionRules } from "../extension/rule-check.ts";
import type { Admission } from "./admission.ts";
import type { AdmissionConfiguration } from "./configuration.ts";
import { alwaysPullImages } from "./always-pull-images.ts";
import {
  certificateApproval,
  certificateRequestor,
  certificateSigning,
  certificateSubjectRestriction,
  nodeCertificateRestriction,
} from "./certificates.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { eventRateLimit } from "./event-rate-limit.ts";
import { mutationExpressions, policyExpressions, webhookExpressions } from "./expressions/check.ts";
import { extendedResourceToleration } from "./extended-resource-toleration.ts";
import { imagePolicyWebhook, type ReviewImages } from "./image-policy/image-policy-webhook.ts";
import { claimLimitRanger, limitRanger } from "./limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeDeclaredFeatureValidator } from "./node/declared-features.ts";
import { nodeRestriction } from "./node/restriction.ts";
import { nodeTokenAudience } from "./node/token-audience.ts";
import { taintNodesByCondition } from "./node/taints.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import {
  namespaceSecurity,
  podSecurity,
  podTemplateSecurity,
} from "./pod-security/pod-security.ts";
import { mutatingPolicies } from "./policies/mutating.ts";
import { policyStatus } from "./policies/policy-status.ts";
import { validatingPolicies } from "./policies/validating.ts";
import { podGroupProtection } from "./pod-group-protection.ts";
import { podTopologyLabels } from "./pod-topology-labels.ts";
import { defaultPriorityClass, priority } from "./priority.ts";
import {
  resourceQuota,
  resourceQuotaOfChanges,
  resourceQuotaStatus,
} from "./quota/resource-quota.ts";
import { roleBindingEscalation, roleEscalation } from "./role-escalation.ts";
import { runtimeClass } from "./runtime-class.ts";
import { serviceAccount } from "./service-account.ts";
import { serviceAllocation } from "./service/allocation.ts";
import type { PortRange } from "./service/node-ports.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { mutatingWebhooks } from "./webhooks/mutating.ts";
import { validatingWebhooks } from "./webhooks/validating.ts";

export interface AdmissionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly authorizer: RoleAuthorizer;
  /** 30000 to 32767 unless said. */
  readonly nodePorts?: PortRange;
  readonly choice?: PluginChoice;
}

export interface PluginChoice {
  /** Plugins that are off unless named here: see `offByDefault`. */
  readonly enable?: readonly string[];
  /** Plugins that are on unless named here. */
  readonly disable?: readonly string[];
  readonly configuration?: AdmissionConfiguration;
  /** Asks whom `configuration.imagePolicy` names. */
  readonly reviewImages?: ReviewImages;
}

const offByDefault: ReadonlySet<string> = new Set([
  alwaysPullImages.name,
  "EventRateLimit",
  "ImagePolicyWebhook",
  extendedResourceToleration.name,
]);

/** Throws what is wrong with the choice. */
export function checkChoice({ enable = [], disable = [], configuration }: PluginChoice): void {
  const named = [...enable, ...disable];
  if (named.length === 0) return;
  // Nobody asks these anything: they only tell their names.
  const names = new Set(inOrder({} as AdmissionOptions).map(({ name }) => name));
  for (const name of named) {
    if (names.has(name)) continue;
    const valid = [...names].toSorted().join(", ");
    throw new Error(`admission plugin ${JSON.stringify(name)} is unknown: there are ${valid}`);
  }
  const both = enable.find((name) => disable.includes(name));
  // exact: apiserver
  if (both !== undefined)
    throw new Error(
      `[${both}] in enable-admission-plugins and disable-admission-plugins overlapped`,
    );
  for (const [name, needed] of toldPlugins)
    if (enable.includes(name) && !configuration?.[needed])
      throw new Error(`${name} needs its configuration: see --admission-control-config-file`);
}

/** Plugins that can do nothing unless they are told something. */
const toldPlugins = [
  ["EventRateLimit", "eventLimits"],
  ["ImagePolicyWebhook", "imagePolicy"],
] as const;

/** Throws what is wrong with the choice of plugins. */
export function defaultAdmission(options: AdmissionOptions): readonly Admission[] {
  const { choice = {} } = options;
  const { enable = [], disable = [] } = choice;
  checkChoice(choice);
  return inOrder(options).filter(({ name }) =>
    offByDefault.has(name) ? enable.includes(name) : !disable.includes(name),
  );
}

const inOrder = (options: AdmissionOptions): readonly Admission[] => [
  namespaceLifecycle,
  limitRanger,
  claimLimitRanger,
  serviceAccount(options),
  nodeRestriction,
  nodeTokenAudience(options.authorizer),
  nodeCertificateRestriction,
  taintNodesByCondition,
  alwaysPullImages,
  imagePolicyWebhook(imagePolicyOf(options)),
  podSecurity,
  podTemplateSecurity,
  namespaceSecurity,
  priority,
  defaultPriorityClass,
  defaultTolerationSeconds,
  eventRateLimit(options.clock, options.choice?.configuration?.eventLimits ?? []),
  extendedResourceToleration,
  defaultStorageClass,
  storageObjectInUseProtection,
  podGroupProtection,
  persistentVolumeClaimResize,
  runtimeClass,
  roleEscalation(options.authorizer),
  roleBindingEscalation(options.authorizer),
  certificateRequestor,
  certificateApproval(options.authorizer),
  certificateSigning(options.authorizer),
  certificateSubjectRestriction,
  defaultIngressClass,
  podTopologyLabels,
  nodeDeclaredFeatureValidator,
  webhookExpressions,
  policyExpressions,
  mutationExpressions,
  definitionRules,
  policyStatus(),
  mutatingPolicies(),
  mutatingWebhooks(),
  validatingPolicies(),
  validatingWebhooks(),
  serviceAllocation({
    random: options.random,
    nodePorts: options.nodePorts ?? { first: 30_000, last: 32_767 },
  }),
  // Last: what is charged must not change any more.
  resourceQuotaStatus,
  resourceQuota,
  resourceQuotaOfChanges,
];

function imagePolicyOf({ clock, random, choice = {} }: AdmissionOptions) {
  const { configuration: { imagePolicy: policy } = {}, reviewImages: review } = choice;
  return policy && review && { clock, random, policy, review };
}
