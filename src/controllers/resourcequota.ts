/**
 * Takes back what somebody wrote into a quota's status: its limits are those of the spec. What is
 * used the API server counts anew with every such write, and keeps right with every other.
 * upstream: pkg/controller/resourcequota/resource_quota_controller.go
 */
import { ResourceQuota } from "#api/core/resourcequota.ts";
import { seconds } from "#base/clock.ts";
import { isSame } from "#client/canonical.ts";
import { defineController, eventsRule } from "./runtime/controller.ts";
import { setStatus, wakeIn } from "./runtime/effects.ts";

/** Whoever wrote it can see it for so long. Upstream comes by every five minutes. */
const patienceMs = seconds(10);

export const resourceQuotaController = defineController({
  name: "resourcequota-controller",
  queue: "resourcequota_primary",
  for: ResourceQuota,
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["resourcequotas"] },
    { verbs: ["update"], apiGroups: [""], resources: ["resourcequotas/status"] },
    eventsRule,
  ],

  reconcile(quota, view) {
    const { hard = {} } = quota.spec;
    if (quota.metadata.deletionTimestamp || isSame(quota.status.hard ?? {}, hard)) return [];
    const leftMs = view.since("the status differs") + patienceMs - view.now;
    if (leftMs > 0) return [wakeIn(leftMs)];
    return [setStatus(ResourceQuota, quota, { ...quota.status, hard })];
  },
});
