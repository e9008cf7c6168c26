/**
 * Eviction: a pod is deleted if its disruption budget allows it.
 * upstream: pkg/registry/core/pod/storage/eviction.go
 */
import { isPodReady, isPodTerminal, withPodCondition } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError, badRequest, isReason } from "#api/errors.ts";
import { Eviction } from "#api/policy/eviction.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import type { ApiResponse } from "#api/request.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { formatTime } from "#base/clock.ts";
import { draftOf } from "#schema/copy.ts";
import type { Reader, WriteContext } from "../registry/registry.ts";
import { chargeBudget } from "./disruption-budget.ts";
import { created } from "./created.ts";
import { podOf } from "./kubelet-target.ts";
import { defineSubresource, type SubresourceCall } from "./subresource.ts";

export const podEviction = defineSubresource({
  of: Pod,
  name: "eviction",
  verbs: ["create"],
  methods: ["POST"],
  kind: "Eviction",
  groupVersion: { group: "policy", version: "v1" },
  bodyKind: Eviction,

  async serve(call: SubresourceCall): Promise<ApiResponse> {
    const eviction = await call.body<Eviction>();
    const { name } = call.context.info;
    // exact: apiserver
    if (eviction.metadata.name && eviction.metadata.name !== name)
      throw badRequest(
        `name in URL does not match name in Eviction object: ${eviction.metadata.name}`,
      );
    await call.admit("CREATE", eviction);
    const pod = podOf(call);
    checkUid(pod, eviction);
    const how = howOf(call, eviction);
    if (!needsNoBudget(pod)) await spendBudget(call, pod, how);
    await evict(call, { pod, eviction: eviction, how });
    return created();
  },
});

/** Either the query or the options in the body may ask for a trial. */
const howOf = ({ how }: SubresourceCall, { deleteOptions }: Eviction): WriteContext =>
  deleteOptions?.dryRun?.length ? { ...how, dryRun: true } : how;

/** exact: apiserver */
function checkUid({ metadata }: Pod, { deleteOptions }: Eviction): void {
  const wanted = deleteOptions?.preconditions?.uid;
  if (wanted === undefined || wanted === metadata.uid) return;
  throw new ApiError(
    "Conflict",
    `Operation cannot be fulfilled on pods ${JSON.stringify(metadata.name)}: the UID in the precondition (${wanted}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    { details: { name: metadata.name ?? "", kind: "pods" } },
  );
}

/** It serves nobody yet, or no more. */
const needsNoBudget = (pod: Pod): boolean =>
  isPodTerminal(pod) || pod.status.phase === "Pending" || !!pod.metadata.deletionTimestamp;

async function spendBudget(call: SubresourceCall, pod: Pod, how: WriteContext): Promise<void> {
  const [budget, ...others] = budgetsOf(call.registry.reader, pod);
  if (!budget) return;
  // exact: apiserver
  if (others.length > 0)
    throw new ApiError(
      "InternalError",
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  if (isPodReady(pod) || !isUnhealthyFree(budget))
    await chargeBudget(call, { budget, pod: pod.metadata.name ?? "" }, how);
}

function budgetsOf(reader: Reader, { metadata }: Pod): readonly PodDisruptionBudget[] {
  if (Object.keys(metadata.labels ?? {}).length === 0) return [];
  return reader
    .list(PodDisruptionBudget, metadata.namespace ?? "")
    .map(({ object }) => object)
    .filter(({ spec }) => spec.selector && labelSelectorOf(spec.selector).matches(metadata.labels));
}

/** A pod that is not ready helps nobody: by default it may go while the others suffice. */
function isUnhealthyFree({ spec, status }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  return status.desiredHealthy > 0 && status.currentHealthy >= status.desiredHealthy;
}

interface Evicted {
  readonly pod: Pod;
  readonly eviction: Eviction;
  readonly how: WriteContext;
}

async function evict(
  { registry, ports }: SubresourceCall,
  { pod, eviction, how }: Evicted,
): Promise<void> {
  const { namespace = "", name = "", uid } = pod.metadata;
  const { deleteOptions } = eviction;
  if (!how.dryRun) await markTarget(registry, { pod, now: ports.clock.now() }, how);
  await registry.delete(
    Pod,
    {
      namespace,
      name,
      gracePeriodSeconds: deleteOptions?.gracePeriodSeconds,
      propagationPolicy: policyOf(deleteOptions?.propagationPolicy),
      uid,
      resourceVersion: deleteOptions?.preconditions?.resourceVersion,
    },
    how,
  );
}

const policies = ["Background", "Foreground", "Orphan"] as const;

function policyOf(text: string | undefined): (typeof policies)[number] | undefined {
  return policies.find((policy) => policy === text);
}

/** Says on the pod why it goes. */
async function markTarget(
  registry: SubresourceCall["registry"],
  { pod, now }: { readonly pod: Pod; readonly now: number },
  how: WriteContext,
): Promise<void> {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
    lastProbeTime: null,
    lastTransitionTime: formatTime(now),
  };
  const { namespace = "", name = "" } = pod.metadata;
  const edit = (current: Pod) => ({
    ...draftOf(current),
    status: draftOf(withPodCondition(current.status, condition)),
  });
  try {
    await registry.change(Pod, { namespace, name, part: "status", edit }, how);
  } catch (error) {
    // It is gone already: the deletion will say so.
    if (!isReason(error, "NotFound")) throw error;
  }
}
