/**
 * Claims that are being deleted stay until no pod uses them.
 * upstream: pkg/controller/volume/pvcprotection/pvc_protection_controller.go
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiObject } from "#api/kind.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import { andThenAll } from "./storage/survey.ts";
import { byClaim, claimNames, uses } from "./storage/claim-users.ts";
import { lacks, protect, release, waits } from "./storage/protection.ts";

const finalizer = "kubernetes.io/pvc-protection";

export const pvcProtectionController = defineController({
  name: "persistentvolumeclaim-protection-controller",
  identity: "pvc-protection-controller",
  queue: "pvcprotection",
  for: PersistentVolumeClaim,
  watches: [watching(Pod, claimsOfPod)],
  rules: [
    {
      verbs: ["get", "list", "watch", "update"],
      apiGroups: [""],
      resources: ["persistentvolumeclaims"],
    },
    { verbs: ["list", "watch", "get"], apiGroups: [""], resources: ["pods"] },
    eventsRule,
  ],
  leavesAlone: (claim) => !lacks(claim, finalizer) && !waits(claim, finalizer),

  reconcile(claim, view) {
    if (lacks(claim, finalizer)) return [protect(PersistentVolumeClaim, claim, finalizer)];
    if (!waits(claim, finalizer)) return [];
    if (view.by(Pod, byClaim, keyOf(claim)).some((pod) => uses(pod, claim))) return [];
    // A pod may have got its node only just now: what the cache does not show yet counts as well.
    return [
      andThenAll(Pod, claim.metadata.namespace ?? "", (pods: readonly ApiObject[]) =>
        pods.some((pod) => uses(pod as Pod, claim))
          ? []
          : [release(PersistentVolumeClaim, claim, finalizer)],
      ),
    ];
  },
});

/** Only claims that wait for it need to know. */
function* claimsOfPod(pod: Pod, old: Pod | undefined, view: View): Iterable<string> {
  const { namespace } = pod.metadata;
  for (const name of new Set([...claimNames(pod), ...(old ? claimNames(old) : [])])) {
    const claim = view.get(PersistentVolumeClaim, namespace, name);
    if (claim && waits(claim, finalizer)) yield keyOf(claim);
  }
}
