import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { s } from "#schema/struct.ts";
import { Pod } from "./core/pod.ts";
import { dropDisabledFields, isEnabled, listFeatureGates } from "./feature-gates.ts";

test("gates stand as in 1.36", () => {
  equal(isEnabled("SidecarContainers"), true);
  equal(isEnabled("GenericWorkload"), false);
  equal(isEnabled("CSIStorageCapacity"), true, "gone from 1.36: on for good");
  equal(isEnabled("PodCertificateProjection"), false, "guarded by PodCertificateRequest");
  equal(listFeatureGates().length, 230);
});

test("fields of disabled features are dropped, wherever they are", () => {
  const pod = {
    spec: {
      containers: [],
      schedulingGroup: { podGroupName: "g" },
      volumes: [
        { name: "v", projected: { sources: [{ clusterTrustBundle: { path: "ca.pem" } }, {}] } },
      ],
    },
  };
  dropDisabledFields(Pod.schema, pod);
  deepEqual(pod, {
    spec: { containers: [], volumes: [{ name: "v", projected: { sources: [{}, {}] } }] },
  });
});

test("what the stored object uses may stay", () => {
  const old = { spec: { containers: [], schedulingGroup: { podGroupName: "g" } } };
  const pod = {
    spec: { containers: [], schedulingGroup: { podGroupName: "h" } },
    status: { nodeAllocatableResourceClaimStatuses: [{}] },
  };
  dropDisabledFields(Pod.schema, pod, old);
  deepEqual(pod, {
    spec: { containers: [], schedulingGroup: { podGroupName: "h" } },
    status: {},
  });
});

test("a field behind two gates needs both", () => {
  const struct = s.struct("test.T", {
    both: s.string(1, { gate: "SidecarContainers,GenericWorkload" }),
    one: s.string(2, { gate: "SidecarContainers" }),
  });
  const draft = { both: "x", one: "y" };
  dropDisabledFields(struct, draft);
  deepEqual(draft, { one: "y" });
});
