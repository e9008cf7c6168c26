import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Lease } from "#api/coordination/lease.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { createClient } from "../typed.ts";
import { admin, startTestApi } from "../testing.ts";
import { inProcess } from "./in-process.ts";

const connected = async () => {
  const api = await startTestApi();
  return createClient(inProcess(api.handle, admin), { fieldManager: "test" });
};

const metadata = { namespace: "default", name: "p", labels: { app: "web" } };
const pod = { metadata, spec: { containers: [{ name: "c", image: "i" }] } };

test("a write of the status leaves all else the very same", async () => {
  const client = await connected();
  const created = await client.create(Pod, pod);
  const status = { ...created.status, phase: "Running" } as const;
  const updated = await client.updateStatus(Pod, { ...created, status });
  equal(updated.spec, created.spec);
  equal(updated.status.phase, "Running");
  const change = { status: { podIP: "10.0.0.1" } };
  const patched = await client.patch(
    Pod,
    { ...metadata, subresource: "status" },
    { is: "strategic", change },
  );
  equal(patched.spec, created.spec);
  equal(patched.status.podIP, "10.0.0.1");
  deepEqual(await client.get(Pod, metadata), patched);
});

test("what a caller keeps of his body is his: the stored object does not follow it", async () => {
  const client = await connected();
  const created = await client.create(Lease, {
    metadata: { namespace: "default", name: "l" },
    spec: { holderIdentity: "a", leaseDurationSeconds: 40 },
  });
  const spec: { holderIdentity?: string } = { ...created.spec, holderIdentity: "b" };
  const labels: Record<string, string> = { mine: "yes" };
  const updated = await client.update(Lease, {
    ...created,
    metadata: { ...created.metadata, labels },
    spec,
  });
  spec.holderIdentity = "c";
  labels["mine"] = "no";
  const stored = await client.get(Lease, { namespace: "default", name: "l" });
  deepEqual(stored, updated);
  deepEqual([stored.spec.holderIdentity, stored.metadata.labels], ["b", { mine: "yes" }]);
  equal(created.spec.holderIdentity, "a");
});

test("what is shared with an older state is not taken for the newest", async () => {
  const client = await connected();
  const first = await client.create(Node, {
    metadata: { name: "n" },
    spec: { unschedulable: true },
  });
  const { resourceVersion: _any, ...anyVersion } = first.metadata;
  await client.patch(
    Node,
    { name: "n" },
    { is: "merge", change: { spec: { podCIDR: "10.0.0.0/24" } } },
  );
  const conditions = [
    { type: "Ready", status: "True", lastHeartbeatTime: null, lastTransitionTime: null },
  ];
  const status = { ...first.status, conditions };
  const written = await client.updateStatus(Node, { ...first, metadata: anyVersion, status });
  deepEqual([written.spec.podCIDR, written.spec.unschedulable], ["10.0.0.0/24", true]);
  equal(written.status.conditions?.[0]?.status, "True");
});
