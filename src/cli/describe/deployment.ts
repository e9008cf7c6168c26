import { Deployment } from "#api/apps/deployment.ts";
import type { ReplicaSet } from "#api/apps/replicaset.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { newestSetOf, replicaSetsOf } from "../rollout/replica-sets.ts";
import { defineDescriber } from "./describer.ts";
import { describeLabels, describeName } from "./metadata.ts";
import { orNone, type Page } from "./page.ts";
import { describePodTemplate } from "./pod-template.ts";
import { formatMoment } from "./times.ts";
import { describeConditions } from "./workload.ts";

// exact: kubectl, the texts of this file
export const deployment = defineDescriber({
  kind: Deployment,

  async describe(page, object, { session }) {
    const { metadata, spec, status } = object;
    describeName(page, object);
    page.line(0, "CreationTimestamp:", formatMoment(metadata.creationTimestamp));
    describeLabels(page, object);
    page.line(0, "Selector:", labelSelectorOf(spec.selector).toString());
    page.line(0, "Replicas:", replicasText(object));
    page.line(0, "StrategyType:", spec.strategy.type ?? "");
    page.line(0, "MinReadySeconds:", spec.minReadySeconds ?? 0);
    describeStrategy(page, object);
    describePodTemplate(page, spec.template);
    describeConditions(page, status.conditions);
    const sets = await replicaSetsOf(session, object);
    const newest = newestSetOf(object, sets);
    if (sets.length === 0) return;
    page.line(0, "OldReplicaSets:", setsText(sets.filter((set) => set !== newest)));
    page.line(0, "NewReplicaSet:", setsText(newest ? [newest] : []));
  },
});

function replicasText({ spec, status }: Deployment): string {
  const { updatedReplicas = 0, replicas = 0 } = status;
  const { availableReplicas = 0, unavailableReplicas = 0 } = status;
  return `${spec.replicas ?? 1} desired | ${updatedReplicas} updated | ${replicas} total | ${availableReplicas} available | ${unavailableReplicas} unavailable`;
}

function describeStrategy(page: Page, { spec: { strategy } }: Deployment): void {
  if (!strategy.rollingUpdate) return;
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate;
  page.line(
    0,
    "RollingUpdateStrategy:",
    `${maxUnavailable} max unavailable, ${maxSurge} max surge`,
  );
}

const setsText = (sets: readonly ReplicaSet[]): string =>
  orNone(
    sets
      .map(({ metadata, spec, status }) => {
        return `${metadata.name} (${status.replicas}/${spec.replicas ?? 1} replicas created)`;
      })
      .join(", "),
  );
