import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { PodInfos } from "./pod-info.ts";
import { ResourceNames } from "./resources.ts";
import { podOf } from "./testing.ts";

const waiting = podOf("p", { requests: { cpu: "1" } });

test("a pod that gets its node, and the node's labels with it, stays what it was to nodes", () => {
  const infos = new PodInfos(new ResourceNames());
  const before = infos.of(waiting);
  const zone = { "topology.kubernetes.io/zone": "moon-1" };
  const bound = podOf("p", {
    requests: { cpu: "1" },
    labels: zone,
    metadata: { generation: 2 },
    on: "n1",
  });
  const after = infos.of(bound, before);
  equal(after.shape, before.shape);
  deepEqual(after.kin.labelSet.labels, zone);
  notEqual(after.kin, before.kin);
});

test("a change of what is wanted makes another shape", () => {
  const infos = new PodInfos(new ResourceNames());
  const before = infos.of(waiting);
  const tolerant = podOf("p", {
    requests: { cpu: "1" },
    metadata: { generation: 2 },
    spec: { tolerations: [{ operator: "Exists" }] },
  });
  notEqual(infos.of(tolerant, before).shape, before.shape);
});
