/**
 * Makes a claim for every pod that names a template, tells the pod its name, and reserves what is
 * allocated for pods that have a node already.
 * upstream: pkg/controller/resourceclaim/controller.go#syncPod
 */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import type { PodResourceClaim } from "#api/core/pod-spec.ts";
import { Pod } from "#api/core/pod.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { ResourceClaimTemplate } from "#api/resource/resourceclaimtemplate.ts";
import type { Index } from "#client/cache.ts";
import { claimNameAnnotation, referenceTo } from "./resourceclaim/consumers.ts";
import { claimMeter, countCreation } from "./resourceclaim/metrics.ts";
import { resourceclaimRules } from "./resourceclaim/rules.ts";
import { defineController, keyOf, type View, watching } from "./runtime/controller.ts";
import {
  create,
  type Effect,
  fail,
  failureIn,
  patch,
  type Outcome,
  setStatus,
  settle,
  warn,
} from "./runtime/effects.ts";
import { controllerReference } from "./runtime/ownership.ts";

export const resourceclaimTemplateController = defineController({
  name: "resourceclaim-template-controller",
  identity: "resource-claim-controller",
  eventSource: "resource_claim",
  queue: "resource_claim_pods",
  meter: claimMeter,
  for: Pod,
  owns: [ResourceClaim],
  watches: [
    watching(ResourceClaimTemplate, ({ metadata: { namespace, name } }, _old, view) =>
      view.by(Pod, byTemplate, `${namespace}/${name}`).map(keyOf),
    ),
    watching(ResourceClaim, ({ metadata: { namespace, name } }, _old, view) =>
      view.by(Pod, byClaim, `${namespace}/${name}`).map(keyOf),
    ),
  ],
  rules: resourceclaimRules,
  leavesAlone: ({ spec }) => !spec.resourceClaims?.length,

  reconcile(pod, view) {
    if (pod.metadata.deletionTimestamp || isPodTerminal(pod)) return [];
    const wanted = (pod.spec.resourceClaims ?? []).filter(
      ({ resourceClaimTemplateName }) => resourceClaimTemplateName,
    );
    const missing = wanted.filter((claim) => !claimFor(pod, claim, view));
    if (missing.length > 0) return makeClaims(pod, missing, view);
    return [...tellPod(pod, wanted, view), ...reserve(pod, view)];
  },
});

const byTemplate: Index<Pod> = ({ metadata: { namespace }, spec }) =>
  (spec.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName: name }) =>
    name ? [`${namespace}/${name}`] : [],
  );

const byClaim: Index<Pod> = ({ metadata: { namespace }, spec }) =>
  (spec.resourceClaims ?? []).flatMap(({ resourceClaimName: name }) =>
    name ? [`${namespace}/${name}`] : [],
  );

const claimFor = (pod: Pod, { name }: PodResourceClaim, view: View): ResourceClaim | undefined =>
  view
    .owned(ResourceClaim, pod)
    .find(({ metadata }) => metadata.annotations?.[claimNameAnnotation] === name);

function makeClaims(pod: Pod, missing: readonly PodResourceClaim[], view: View): readonly Effect[] {
  const { namespace } = pod.metadata;
  const found = missing.map((claim) => ({
    claim,
    template: view.get(ResourceClaimTemplate, namespace, claim.resourceClaimTemplateName ?? ""),
  }));
  const ready = found.flatMap(({ claim, template }) => (template ? [{ claim, template }] : []));
  const complaints = found
    .filter(({ template }) => !template)
    .map(({ claim }) => {
      const name = JSON.stringify(claim.resourceClaimTemplateName);
      // exact: kube-controller-manager
      const why = `resource claim template ${name}: resourceclaimtemplate.resource.k8s.io ${name} not found`;
      return complain(pod, claim, why);
    });
  return [
    ...complaints,
    settle(
      ready.map(({ claim, template }) => create(ResourceClaim, claimFrom(pod, claim, template))),
      (outcomes) => [
        ...outcomes.flatMap((outcome, i) => {
          const { claim, template } = ready[i] ?? {};
          return template
            ? [countCreation(template.spec.spec, outcome), ...refusal(pod, claim, outcome)]
            : [];
        }),
        ...failures(outcomes),
      ],
    ),
  ];
}

const failures = (outcomes: readonly Outcome[]): readonly Effect[] => {
  const failure = failureIn(outcomes);
  return failure === undefined ? [] : [fail(failure)];
};

const refusal = (
  pod: Pod,
  claim: PodResourceClaim | undefined,
  outcome: Outcome,
): readonly Effect[] =>
  outcome.ok || !claim ? [] : [complain(pod, claim, (outcome.cause as Error).message)];

const complain = (pod: Pod, { name }: PodResourceClaim, why: string): Effect =>
  warn(pod, "FailedResourceClaimCreation", `PodResourceClaim ${name}: ${why}`);

/** Room for the letters that the server adds. */
const prefixMax = 63 - 5;

function claimFrom(pod: Pod, { name }: PodResourceClaim, template: ResourceClaimTemplate): object {
  const { metadata, spec } = template.spec;
  const { namespace, name: podName } = pod.metadata;
  return {
    metadata: {
      namespace,
      generateName: `${`${podName}-${name}`.slice(0, prefixMax - 1)}-`,
      annotations: { ...metadata.annotations, [claimNameAnnotation]: name },
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      ownerReferences: [controllerReference(Pod, pod)],
    },
    spec,
  };
}

function tellPod(pod: Pod, wanted: readonly PodResourceClaim[], view: View): readonly Effect[] {
  const known = new Map(
    (pod.status.resourceClaimStatuses ?? []).map((one) => [one.name, one.resourceClaimName]),
  );
  const statuses = wanted.map((claim) => ({
    name: claim.name,
    resourceClaimName: claimFor(pod, claim, view)?.metadata.name,
  }));
  if (statuses.every(({ name, resourceClaimName }) => known.get(name) === resourceClaimName)) {
    return [];
  }
  const change = {
    metadata: { uid: pod.metadata.uid },
    status: { resourceClaimStatuses: statuses },
  };
  return [{ ...patch(Pod, pod, { is: "strategic", change }), subresource: "status" } as Effect];
}

/** The scheduler does it for the pods that it places; who names a node by hand has not asked it. */
function reserve(pod: Pod, view: View): readonly Effect[] {
  if (!pod.spec.nodeName) return [];
  return claimsOf(pod, view).flatMap((claim) => {
    const { status } = claim;
    const { reservedFor = [] } = status;
    const isReserved = reservedFor.some(({ uid }) => uid === pod.metadata.uid);
    if (!status.allocation || isReserved || reservedFor.length >= consumersMax) return [];
    const consumers = [...reservedFor, referenceTo(pod)];
    return [setStatus(ResourceClaim, claim, { ...status, reservedFor: consumers })];
  });
}

const consumersMax = 256;

const claimsOf = (pod: Pod, view: View): readonly ResourceClaim[] =>
  (pod.spec.resourceClaims ?? []).flatMap((claim) => {
    const { namespace } = pod.metadata;
    const found = claim.resourceClaimName
      ? view.get(ResourceClaim, namespace, claim.resourceClaimName)
      : claimFor(pod, claim, view);
    return found ? [found] : [];
  });
