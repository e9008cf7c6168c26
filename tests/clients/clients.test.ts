/** Clients that others wrote, as their users use them. */
import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startCluster, type TestCluster } from "../cluster.ts";
import { image, podWithTar } from "../manifests.ts";

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster();
  await cluster.kubectl("apply -f -", { input: podWithTar });
  await cluster.kubectl("wait --for=condition=Ready pod/tar --timeout=60s");
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

test("npm's @kubernetes/client-node: calls, patches, informers, streams, cp", async () => {
  const { machine } = cluster;
  const script = join(import.meta.dirname, "client-node.ts");
  const { code, stdout, stderr } = await machine.run(process.execPath, [
    script,
    image,
    machine.folder,
  ]);
  equal(code, 0, stderr);
  deepEqual(JSON.parse(stdout), {
    created: "Running",
    patched: { b: "2" },
    conflict: 409,
    applied: { b: "2", c: "3" },
    deployments: ["coredns"],
    exec: ["out\n", "err\n", "3"],
    attach: "heard anybody",
    log: "heard anybody",
    "port-forward": "through the tunnel",
    cp: "there and back",
    informer: ["add one", "delete one"],
    watch: ["ADDED map", "MODIFIED map", "MODIFIED map", "MODIFIED map"],
  });
});
