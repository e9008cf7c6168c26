import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/pod.ts";
import { bestToAttach, bestToRead } from "./pods.ts";
import { kubeletOf, run, serverWith } from "./testing.ts";

interface Facts {
  readonly node?: string;
  readonly phase?: string;
  readonly readySince?: string;
  readonly restarts?: number;
  readonly created?: string;
}

const pod = (name: string, facts: Facts): Pod =>
  ({
    metadata: { name, creationTimestamp: facts.created ?? "2030-01-01T00:00:00Z" },
    spec: { nodeName: facts.node ?? "n" },
    status: {
      phase: facts.phase ?? "Running",
      conditions: facts.readySince
        ? [{ type: "Ready", status: "True", lastTransitionTime: facts.readySince }]
        : [],
      containerStatuses: [{ restartCount: facts.restarts ?? 0 }],
    },
  }) as unknown as Pod;

const late = "2030-01-02T00:00:00Z";
const early = "2030-01-01T00:00:00Z";
const pods = [
  pod("unassigned", { node: "" }),
  pod("pending", { phase: "Pending" }),
  pod("unknown", { phase: "Unknown" }),
  pod("done", { phase: "Succeeded" }),
  pod("young", { created: late }),
  pod("restarted", { restarts: 3 }),
  pod("plain", {}),
  pod("fresh", { readySince: late }),
  pod("ready", { readySince: early }),
];
const names = (order: typeof bestToRead): string[] =>
  pods.toSorted(order).map(({ metadata }) => metadata.name ?? "");

test("attaching prefers what surely works", () => {
  const best = ["ready", "fresh", "plain", "young", "restarted"];
  deepEqual(names(bestToAttach), [...best, "unknown", "pending", "done", "unassigned"]);
});

test("reading logs prefers what has a story to tell", () => {
  const best = ["ready", "fresh", "restarted", "done", "plain", "young"];
  deepEqual(names(bestToRead), [...best, "unknown", "pending", "unassigned"]);
});

const deployment = {
  metadata: { name: "web" },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "app", image: "i" }] },
    },
  },
};

test("a workload stands for its best pod, a service for one behind it", async () => {
  const kubelet = kubeletOf({ log: (path) => `${path}\n` });
  const labels = { app: "web" };
  const server = await serverWith(
    kubelet,
    { name: "waiting", labels, status: { phase: "Pending" } },
    { name: "running", labels },
    { name: "other" },
  );
  await server.ask("POST", "/apis/apps/v1/namespaces/default/deployments", { body: deployment });
  const service = { metadata: { name: "web" }, spec: { selector: labels, ports: [{ port: 80 }] } };
  await server.ask("POST", "/api/v1/namespaces/default/services", { body: service });
  const bare = { metadata: { name: "bare" }, spec: { ports: [{ port: 80 }] } };
  await server.ask("POST", "/api/v1/namespaces/default/services", { body: bare });
  for (const name of ["deploy/web", "svc/web"])
    deepEqual(await run(server, ["logs", name]), {
      code: 0,
      output: "/containerLogs/default/running/app\n",
      errors: "Found 2 pods, using pod/running\n",
    });
  equal(
    (await run(server, ["logs", "svc/bare"])).errors,
    "error: cannot get the logs from *v1.Service: invalid service 'bare': Service is defined without a selector\n",
  );
});

test("when there is no pod yet, the first one is waited for", async () => {
  const server = await serverWith(kubeletOf({ log: () => "hello\n" }));
  await server.ask("POST", "/apis/apps/v1/namespaces/default/deployments", { body: deployment });
  const running = run(server, ["logs", "deploy/web"]);
  await new Promise(setImmediate);
  const first = {
    metadata: { name: "first", labels: { app: "web" } },
    spec: { nodeName: "n1", containers: [{ name: "app", image: "i" }] },
  };
  await server.ask("POST", "/api/v1/namespaces/default/pods", { body: first });
  equal((await running).output, "hello\n");
});
