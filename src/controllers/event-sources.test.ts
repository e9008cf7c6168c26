import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { allKinds } from "#apiserver/testing.ts";
import { allControllers } from "./start.ts";

/** The components that people see in the column FROM of `kubectl describe`. */
test("events name the components that upstream's name, where those are not called as their controllers", () => {
  const settings = { kinds: allKinds, rootCa: "PEM", clusterCidrs: ["10.244.0.0/16"] };
  const sources = allControllers(settings).map(({ name, eventSource = name }) => [
    name,
    eventSource,
  ]);
  deepEqual(Object.fromEntries(sources.filter(([name, source]) => name !== source)), {
    "disruption-controller": "controllermanager",
    "disruption-target-controller": "controllermanager",
    "endpoints-controller": "endpoint-controller",
    "endpointslice-controller": "endpoint-slice-controller",
    "endpointslice-mirroring-controller": "endpoint-slice-mirroring-controller",
    "ephemeral-volume-controller": "ephemeral_volume",
    "horizontal-pod-autoscaler-controller": "horizontal-pod-autoscaler",
    "ipallocator-cleaner-controller": "ipallocator-repair-controller",
    "node-conditions-controller": "node-controller",
    "node-ipam-controller": "cidrAllocator",
    "node-lifecycle-controller": "node-controller",
    "persistentvolume-attach-detach-controller": "attachdetach-controller",
    "persistentvolume-binder-controller": "persistentvolume-controller",
    "persistentvolume-expander-controller": "volume_expand",
    "replicationcontroller-controller": "replication-controller",
    "resourceclaim-template-controller": "resource_claim",
  });
});
