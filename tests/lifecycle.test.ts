/** up, down, up, reset; and what they leave behind. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { test } from "node:test";
import { clusterOn, eventually, microservices, startCluster } from "./cluster.ts";
import { type TestMachine, testMachine } from "./machine.ts";

test("up goes on where down left it, and reset leaves nothing", async () => {
  await using machine = await testMachine();
  const before = await tracesOn(machine);
  await using cluster = await clusterOn(machine);

  await cluster.up(microservices);
  await cluster.kubectl("create configmap kept --from-literal=colour=blue");
  const again = await cluster.up(microservices);
  match(again, /The cluster is up/);
  match(await cluster.k8ts("doctor"), /✓ API server\n✓ nodes\n✓ pods\n/);

  await cluster.k8ts("down");
  const { code, stdout } = await cluster.tryK8ts("status");
  equal(code, 3);
  match(stdout, /control-plane +stopped/);
  deepEqual(await processesOf(cluster.data), []);

  await cluster.up();
  equal(await cluster.kubectl("get configmap kept -o jsonpath={.data.colour}"), "blue");
  await cluster.kubectl("wait deployment --all --for=condition=Available --timeout=60s");
  match(await eventually(() => cluster.get(`https://${cluster.address}/`)), /Hello/);

  await cluster.k8ts("reset");
  deepEqual(await processesOf(cluster.data), []);
  deepEqual(await tracesOn(machine), before);
  deepEqual(await readdir(machine.folder), ["home"]);
});

test("the context is added to a kubeconfig that has others, and goes with reset", async () => {
  await using machine = await testMachine();
  await using cluster = await clusterOn(machine);
  const file = `${machine.home}/.kube/config`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, otherKubeconfig);
  await cluster.up();
  // A cluster in a folder of its own has a name of its own.
  const name = (await cluster.kubectl("config current-context")).trim();
  match(name, /^k8ts-[0-9a-f]+$/);
  deepEqual(await contextsOf(cluster.kubectl), ["elsewhere", name]);
  await cluster.kubectl("get nodes");
  await cluster.k8ts("reset");
  const text = await readFile(file, "utf8");
  match(text, /elsewhere/);
  ok(!text.includes(name), text);
});

test("simulated nodes need no containers", async () => {
  await using machine = await testMachine();
  await using cluster = await clusterOn(machine);
  await cluster.k8ts(["up", "--nodes=simulated", "-f", microservices]);
  const running = "get pods -l app=hello --field-selector=status.phase=Running -o name";
  equal((await cluster.kubectl(running)).trim().split("\n").length, 2);
  match(await cluster.k8ts("doctor"), /✓ API server\n✓ nodes\n/);
  await cluster.k8ts("down");
  // As before, without saying so again.
  await cluster.k8ts("up");
  await eventually(() => cluster.kubectl("wait node --all --for=condition=Ready --timeout=1s"));
  const programs = await processesOf(cluster.data);
  // The control plane, and what starts it again.
  equal(programs.length, 2);
});

test("simulated nodes join a real cluster, and only those come to them who ask", async () => {
  await using machine = await testMachine();
  await using cluster = await clusterOn(machine);
  await cluster.k8ts(["up", "--simulated-nodes", "100"]);
  const { kubectl } = cluster;
  const lines = async (line: string): Promise<number> =>
    (await kubectl(line)).trim().split("\n").filter(Boolean).length;
  await eventually(async () => equal(await lines("get nodes -o name"), 101));
  await kubectl("wait node --all --for=condition=Ready --timeout=60s");
  match(await kubectl("get node simulated-100"), /simulated-100 +Ready /);
  const asks = {
    nodeSelector: { "k8ts.io/simulated": "true" },
    tolerations: [{ key: "k8ts.io/simulated", operator: "Exists" }],
  };
  await kubectl("create deployment many --image=no.such/image:1 --replicas=200");
  const patch = JSON.stringify({ spec: { template: { spec: asks } } });
  await kubectl(`patch deployment many -p ${patch}`);
  await kubectl("rollout status deployment many --timeout=120s");
  const simulated = "get pods -l app=many --field-selector=status.phase=Running -o name";
  equal(await lines(simulated), 200);
  // The name server had no wish to go there.
  match(await kubectl("get pods -n kube-system -o wide"), /Running/);
  equal(/simulated-/.test(await kubectl("get pods -n kube-system -o wide")), false);
  await cluster.k8ts(["up", "--simulated-nodes", "2"]);
  const [, ...rest] = (await kubectl("get node simulated-2 -o wide")).trim().split("\n");
  match(rest.join(), /simulated-2 .*198\.18\.0\.3.*k8ts simulated node/);
});

test("killed altogether, it recovers", async () => {
  await using cluster = await startCluster({ application: microservices });
  await cluster.kubectl("create configmap kept --from-literal=colour=blue");
  const pids = await processesOf(cluster.data);
  ok(pids.length > 3, `only ${pids.length} processes`);
  for (const pid of pids) process.kill(Number(pid), "SIGKILL");
  await cluster.up();
  equal(await cluster.kubectl("get configmap kept -o jsonpath={.data.colour}"), "blue");
  await cluster.kubectl("wait deployment --all --for=condition=Available --timeout=60s");
  match(await eventually(() => cluster.get(`https://${cluster.address}/`)), /Hello/);
});

const otherKubeconfig = `apiVersion: v1
kind: Config
current-context: elsewhere
clusters: [{ name: elsewhere, cluster: { server: "https://192.0.2.99:6443" } }]
users: [{ name: elsewhere, user: { token: secret } }]
contexts: [{ name: elsewhere, context: { cluster: elsewhere, user: elsewhere } }]
`;

async function contextsOf(kubectl: (line: string) => Promise<string>): Promise<string[]> {
  return (await kubectl("config get-contexts -o name")).trim().split("\n").toSorted();
}

/** What a cluster could leave behind on a machine. */
async function tracesOn(machine: TestMachine): Promise<Readonly<Record<string, unknown>>> {
  const print = async (program: string, ...args: string[]): Promise<string> =>
    (await machine.run(program, args)).stdout;
  const mountinfo = await readFile("/proc/self/mountinfo", "utf8");
  const cgroups = await print("find", "/sys/fs/cgroup", "-maxdepth", "3", "-name", "*k8ts-*");
  return {
    interfaces: (await print("ip", "-brief", "link")).replaceAll(/ .*/g, ""),
    rules: await print("nft", "list", "tables"),
    routes: await print("ip", "route"),
    mounts: mountinfo.split("\n").filter((line) => line.includes(machine.folder)),
    cgroups: cgroups.split("\n").filter((path) => path !== ""),
    namespaces: (await readdir("/run/netns")).length,
  };
}

/** Everything that runs from a cluster's folder, containers' shims among it. */
async function processesOf(data: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (commandLine.includes(data) && Number(pid) !== process.pid) found.push(pid);
  }
  return found;
}
