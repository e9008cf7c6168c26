import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { s } from "#schema/struct.ts";
import { Pod } from "./core/pod.ts";
import { dropDisabledFields } from "./disabled-fields.ts";
import { FeatureGates } from "./feature-gates.ts";

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
  dropDisabledFields(Pod.schema, pod, { old });
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

test("a gate that one cluster switched on says nothing about the others", () => {
  const gates = new FeatureGates({ GenericWorkload: true });
  const pod = { spec: { containers: [], schedulingGroup: { podGroupName: "g" } } };
  const same = structuredClone(pod);
  dropDisabledFields(Pod.schema, pod, { gates });
  deepEqual(pod, same);
  dropDisabledFields(Pod.schema, pod);
  deepEqual(pod, { spec: { containers: [] } });
});
