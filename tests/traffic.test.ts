/** Service traffic while things change: nobody notices. */
import { deepEqual, equal, fail, ok } from "node:assert/strict";
import { test } from "node:test";
import { eventually, microservices, startCluster, type TestCluster } from "./cluster.ts";
import { requests, writes } from "./load/load.ts";

test("10,000 requests during a rolling update, and none fails", async () => {
  await using cluster = await startCluster({ application: microservices });
  const address = await cluster.kubectl("get service hello -o jsonpath={.spec.clusterIP}");
  await using load = requests(cluster, { url: `http://${address}/`, count: 10_000 });
  for (const version of ["2.0.0", "1.0.0"]) {
    await cluster.kubectl(`set image deployment/hello hello=microservices/hello:${version}`);
    await cluster.kubectl("rollout status deployment hello --timeout=120s");
  }
  const { sent, failures } = await load.stop();
  deepEqual(failures, {});
  ok(sent >= 10_000, `only ${sent} were sent`);
});

test("kill -9, twenty times under load: nothing is lost, restarted or interrupted", async () => {
  await using cluster = await startCluster({ application: microservices });
  const url = `https://${cluster.address}/`;
  await using traffic = requests(cluster, { url, count: 1, concurrency: 4 });
  await using writing = writes(cluster, 4);
  const before = await containers(cluster);
  const kills: string[] = [];
  for (let i = 0; i < 20; i++) {
    const name = i % 2 === 0 ? "control-plane" : "node";
    const pid = await pidOf(cluster, name);
    kills.push(`${new Date().toISOString()} ${name}`);
    process.kill(pid, "SIGKILL");
    await eventually(async () => ok((await pidOf(cluster, name)) !== pid));
    await eventually(() => cluster.kubectl("get --raw /readyz"));
    await eventually(() => cluster.kubectl("wait node --all --for=condition=Ready --timeout=1s"));
  }
  const { acknowledged } = await writing.stop();
  const { sent, failures } = await traffic.stop();
  if (Object.keys(failures).length > 0) {
    const seen = `${JSON.stringify(failures)} of ${sent} requests`;
    fail([seen, ...kills, await account(cluster)].join("\n"));
  }
  const stored = new Set(
    (await cluster.kubectl("get configmaps -o name")).split("\n").map((name) => name.slice(10)),
  );
  deepEqual(
    acknowledged.filter((name) => !stored.has(name)),
    [],
  );
  ok(acknowledged.length > 100, `only ${acknowledged.length} were written`);
  deepEqual(await containers(cluster), before);
  equal(
    await cluster.kubectl(
      "get pods -o jsonpath={.items[*].status.containerStatuses[*].restartCount}",
    ),
    "0 0 0 0",
  );
});

/** When what became what: for whoever has to find out why traffic stopped. */
async function account(cluster: TestCluster): Promise<string> {
  const conditions = "{range .status.conditions[*]} {.type}={.status}@{.lastTransitionTime}{end}";
  const writers = "{range .metadata.managedFields[*]} {.manager}@{.time}{end}";
  const line = `{.kind} {.metadata.name}${conditions}${writers} {.endpoints[*].conditions} {.status.loadBalancer}`;
  const path = `jsonpath={range .items[*]}${line}{"\\n"}{end}`;
  const kinds = "nodes,pods,services,endpointslices";
  const objects = await cluster.kubectl(["get", kinds, "--show-managed-fields", "-o", path]);
  const events = await cluster.kubectl("get events --sort-by=.lastTimestamp");
  const search = `grep -v "watch interrupted" ${cluster.data}/logs/node.log`;
  const { stdout: log } = await cluster.machine.run("sh", ["-c", search]);
  return [objects, events, log].join("\n");
}

const pidOf = async (cluster: TestCluster, process: string): Promise<number> => {
  const { processes } = JSON.parse(await cluster.k8ts("status --output json")) as Status;
  const found = processes.find(({ name, pid }) => name === process && pid !== undefined);
  return found?.pid ?? Promise.reject(new Error(`${process} does not run`));
};

interface Status {
  readonly processes: readonly { readonly name: string; readonly pid?: number }[];
}

/** Each by its identity: another one in its place would have another. */
async function containers(cluster: TestCluster): Promise<readonly string[]> {
  const path = "jsonpath={.items[*].status.containerStatuses[*].containerID}";
  return (await cluster.kubectl(["get", "pods", "-A", "-o", path])).split(" ").toSorted();
}
