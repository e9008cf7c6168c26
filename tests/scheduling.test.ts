/** The scheduler as a user meets it: its configuration file, a plugin of his own, `k8ts why`. */
import { equal, match, rejects } from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { clusterOn, eventually, type TestCluster } from "./cluster.ts";
import { root, testMachine, type TestMachine } from "./machine.ts";

const example = join(root, "examples/scheduler-plugin/scheduler.yaml");

const extenders = `extenders:
- urlPrefix: https://127.0.0.1:7443
  filterVerb: filter
  nodeCacheCapable: true
  httpTimeout: 1s
  managedResources: [{name: example.com/quiet, ignoredByScheduler: true}]
  tlsConfig: {caFile: extender.pem}
`;

/** The example's, with its plugin where it is, and an extender. */
async function configurationIn(folder: string): Promise<string> {
  const path = join(folder, "scheduler.yaml");
  const text = await readFile(example, "utf8");
  await writeFile(path, extenders + text.replace("module: .", `module: ${dirname(example)}`));
  return path;
}

interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** The extender's, which the configuration trusts. */
async function identityIn({ folder, run }: TestMachine): Promise<Identity> {
  const identity = { certificate: join(folder, "extender.pem"), key: join(folder, "extender.key") };
  const subject = "-subj /CN=extender -addext subjectAltName=IP:127.0.0.1 -days 1 -nodes";
  const keys = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1";
  const files = `-keyout ${identity.key} -out ${identity.certificate}`;
  const { code, stderr } = await run("openssl", `req ${keys} ${files} ${subject}`.split(" "));
  equal(code, 0, stderr);
  return identity;
}

async function startExtender({ start }: TestMachine, { certificate, key }: Identity) {
  const program = join(root, "tests/load/extender.ts");
  const started = start(process.execPath, [program, "7443", certificate, key]);
  await started.says(/listens/);
  return started;
}

/** The extender looks after what it asks for, and answers as it says. */
const runPod = ({ kubectl }: TestCluster, name: string, answer: string): Promise<string> =>
  kubectl(["apply", "-f", "-"], {
    input: JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { answer } },
      spec: {
        containers: [{ name, image: "nginx", resources: { limits: { "example.com/quiet": "1" } } }],
      },
    }),
  });

async function tryExtender(cluster: TestCluster, identity: Identity): Promise<void> {
  const says = (name: string, what: RegExp): Promise<void> =>
    eventually(async () => match(await cluster.kubectl(`describe pod ${name}`), what));
  {
    await using _extender = await startExtender(cluster.machine, identity);
    await runPod(cluster, "hanging", "hangs");
    await runPod(cluster, "refused", "refuses");
    await runPod(cluster, "babbled", "babbles");
    await runPod(cluster, "agreed", "agrees");
    await says("agreed", /Successfully assigned default\/agreed/);
    await says("refused", /0\/1 nodes are available: 1 node\(s\) were too loud/);
    await says("babbled", /FailedScheduling .*Post "https:\/\/127.0.0.1:7443\/filter": .*JSON/);
    await says("hanging", /Post "https:\/\/127.0.0.1:7443\/filter": context deadline exceeded/);
  }
  await runPod(cluster, "waiting", "agrees");
  await says("waiting", /Post "https:\/\/127.0.0.1:7443\/filter": .*ECONNREFUSED/);
  await using _extender = await startExtender(cluster.machine, identity);
  await says("waiting", /Successfully assigned default\/waiting/);
}

test("a plugin from a module keeps pods away, why tells its numbers, and an extender has its say", async () => {
  await using machine = await testMachine();
  await using cluster = await clusterOn(machine);
  const wrong = `${cluster.data}-scheduler.yaml`;
  await writeFile(
    wrong,
    "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfguration\n",
  );
  await rejects(
    cluster.k8ts(["up", "--nodes=simulated", `--scheduler-config=${wrong}`]),
    /-scheduler\.yaml:2:7: kind: Unsupported value: .*; did you mean "KubeSchedulerConfiguration"\?/,
  );
  const configuration = await configurationIn(machine.folder);
  const identity = await identityIn(machine);
  await cluster.k8ts(["up", "--nodes=simulated", `--scheduler-config=${configuration}`]);
  for (const name of ["a", "b", "c", "d"])
    await cluster.kubectl(["run", name, "--image=nginx", "--overrides={}"]);
  const text = await eventually(async () => {
    const told = await cluster.k8ts(["why", "pod/d"]);
    match(told, /QuietNodes/);
    return told;
  });
  match(text, /Pod default\/d has no node: none of 1 will do\./);
  match(text, /has 3 pods, 3 are too many \(QuietNodes\)/);
  match(await cluster.kubectl("get events"), /1 node\(s\) were not quiet/);
  await cluster.kubectl("delete pod a b --now");
  await eventually(async () =>
    match(await cluster.k8ts(["why", "pod/d"]), /Pod default\/d is on node/),
  );
  match(await cluster.k8ts(["why", "--help"]), /k8ts why pod/);
  match(await cluster.k8ts(["why", "pod/d", "--output=json"]), /"kind": "PodPlacement"/);
  const page = await cluster.kubectl("get --raw /metrics/resources");
  match(page, /^# TYPE kube_pod_resource_request gauge$/m);
  await cluster.kubectl("delete pod c d --now");
  await tryExtender(cluster, identity);
});
