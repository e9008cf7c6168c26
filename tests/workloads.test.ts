/** The other workloads, custom resources and webhooks, with real containers. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { placesOf } from "../src/cluster/places.ts";
import { eventually, startCluster, type TestCluster } from "./cluster.ts";
import { image } from "./manifests.ts";

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster();
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const listOf = (items: readonly object[]) => ({
  input: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
});

const apply = (...objects: readonly object[]): Promise<string> =>
  cluster.kubectl("apply -f -", listOf(objects));

const jsonpath = (what: string, path: string): Promise<string> =>
  cluster.kubectl([...`get ${what} -o`.split(" "), `jsonpath=${path}`]);

/** A template with one container that runs this. */
const template = (labels: Readonly<Record<string, string>>, script: string, spec = {}): object => ({
  metadata: { labels },
  spec: { containers: [{ name: "main", image, command: ["node", "-e", script] }], ...spec },
});

const serveName =
  "require('http').createServer((q,r)=>r.end(require('os').hostname())).listen(80);process.on('SIGTERM',()=>process.exit())";

test("a job runs to its end, as often as it should", async () => {
  const job = (name: string, script: string, spec: object): object => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { template: template({}, script, { restartPolicy: "Never" }), ...spec },
  });
  const index = "console.log(process.env.JOB_COMPLETION_INDEX)";
  await apply(
    job("indexed", index, { completions: 3, parallelism: 2, completionMode: "Indexed" }),
    job("failing", "process.exit(1)", { backoffLimit: 0 }),
  );
  await cluster.kubectl("wait --for=condition=Complete job/indexed --timeout=60s");
  equal(await jsonpath("job indexed", "{.status.succeeded} {.status.completedIndexes}"), "3 0-2");
  const logs = await cluster.kubectl("logs -l job-name=indexed --tail=-1");
  deepEqual(logs.trim().split("\n").toSorted(), ["0", "1", "2"]);
  await cluster.kubectl("wait --for=condition=Failed job/failing --timeout=60s");
  match(await cluster.kubectl("describe job failing"), /BackoffLimitExceeded/);
});

test("a cron job is a job now, when asked for", async () => {
  const schedule = "--schedule=0 * * * *";
  await cluster.kubectl(["create", "cronjob", "tick", `--image=${image}`, schedule]);
  await cluster.kubectl("create job now --from=cronjob/tick");
  equal(await jsonpath("job now", "{.metadata.ownerReferences[0].kind}"), "CronJob");
  await cluster.kubectl("delete cronjob tick");
});

test("a stateful set's pods keep their names, and are known by them", async () => {
  const labels = { app: "db" };
  await apply(
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "db" },
      spec: { clusterIP: "None", selector: labels, ports: [{ port: 80 }] },
    },
    {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "db" },
      spec: {
        serviceName: "db",
        replicas: 3,
        selector: { matchLabels: labels },
        template: template(labels, serveName),
      },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "db" },
      spec: { minAvailable: 3, selector: { matchLabels: labels } },
    },
  );
  await cluster.kubectl("rollout status statefulset/db --timeout=60s");
  const ask = "fetch('http://db-2.db').then(r=>r.text()).then(t=>console.log(t))";
  const line = ["exec", "db-0", "--", "node", "-e", ask];
  await eventually(async () => equal(await cluster.kubectl(line), "db-2\n"));
  await eventually(async () => equal(await jsonpath("pdb db", "{.status.currentHealthy}"), "3"));
  const evicted = await cluster.tryKubectl(
    "drain --selector=kubernetes.io/os=linux --force --ignore-daemonsets --timeout=2s",
  );
  match(evicted.stderr, /Cannot evict pod as it would violate the pod's disruption budget/);
  await cluster.kubectl("uncordon --selector=kubernetes.io/os=linux");
  await cluster.kubectl("delete pod db-1");
  await eventually(async () => equal(await jsonpath("sts db", "{.status.readyReplicas}"), "3"));
});

test("a daemon set has a pod on every node", async () => {
  const labels = { app: "agent" };
  await apply({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent" },
    spec: { selector: { matchLabels: labels }, template: template(labels, serveName) },
  });
  await cluster.kubectl("rollout status daemonset/agent --timeout=60s");
  equal(await jsonpath("ds agent", "{.status.numberReady}"), "1");
});

test("a pod gets a device from a driver on the node; the next one waits until it is free", async () => {
  const example = "examples/device-driver";
  const args = ["--devices=1", `--kubelet=${cluster.data}/kubelet`];
  const kubeconfig = `${cluster.machine.home}/.kube/config`;
  const node = await jsonpath("nodes", "{.items[0].metadata.name}");
  const program = [`${example}/driver.ts`, `--kubeconfig=${kubeconfig}`, `--node=${node}`, ...args];
  await using driver = cluster.machine.start(process.execPath, program);
  await driver.says(/^registered$/m);
  await eventually(async () =>
    match(await cluster.kubectl("get resourceslices"), /devices\.example\.com/),
  );
  await cluster.kubectl(`apply -f ${example}/pods.yaml`);
  await eventually(async () =>
    equal(await cluster.kubectl("logs with-device"), "device-0 says 00000000\n"),
  );
  match(await cluster.kubectl("get resourceclaims"), /with-device-device-\w+ +allocated,reserved/);
  const manifest = await readFile(`${example}/pods.yaml`, "utf8");
  const second = manifest.replace("name: with-device", "name: second");
  await cluster.kubectl("apply -f -", { input: second });
  await eventually(async () =>
    match(
      await cluster.kubectl("describe pod second"),
      /FailedScheduling .*0\/1 nodes are available: 1 cannot allocate all claims\./,
    ),
  );
  match(
    await cluster.k8ts(["why", "pod/second"]),
    /asks for 1 device\(s\) of class example-device: 1 of 1 are of that kind, 1 in use/,
  );
  await cluster.kubectl("delete pod with-device");
  await eventually(async () =>
    equal(await cluster.kubectl("logs second"), "device-0 says 00000000\n"),
  );
  // A kubelet that is killed knows what to give back when it is there again.
  const pidFile = `${placesOf(cluster.data).run}/node.pid`;
  process.kill(Number.parseInt(await readFile(pidFile, "utf8"), 10), "SIGKILL");
  await cluster.kubectl("delete pod second");
  await eventually(async () =>
    equal(await cluster.kubectl("get resourceclaims --no-headers --ignore-not-found"), ""),
  );
  await eventually(async () => doesNotMatch(await cdiFiles(), /devices\.example\.com/));
  await cluster.machine.run("rmdir", ["--ignore-fail-on-non-empty", cdiFolder]);
});

const cdiFolder = "/var/run/cdi";
const cdiFiles = async (): Promise<string> => (await cluster.machine.run("ls", [cdiFolder])).stdout;

const podOf = (name: string, script: string, parts: object = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    containers: [{ name: "main", image, command: ["node", "-e", script], ...parts }],
    terminationGracePeriodSeconds: 0,
  },
});

test("a pod gets other resources while it runs, or is told why not", async () => {
  const limited = (cpu: string) => ({ resources: { limits: { cpu }, requests: { cpu: "100m" } } });
  await apply(podOf("sized", "setInterval(() => {}, 1e9)", limited("500m")));
  await cluster.kubectl("wait --for=condition=Ready pod/sized --timeout=60s");
  const [v1, v2] = ["cpu/cpu.cfs_quota_us", "cpu.max"].map((file) => `/sys/fs/cgroup/${file}`);
  const read = `const fs = require('fs'); fs.readFileSync(fs.existsSync('${v1}') ? '${v1}' : '${v2}', 'utf8')`;
  const quota = () => cluster.kubectl(["exec", "sized", "--", "node", "-p", read]);
  match(await quota(), /^50000\b/);
  const resize = (resources: object) => {
    const patch = JSON.stringify({ spec: { containers: [{ name: "main", resources }] } });
    return cluster.kubectl(["patch", "pod", "sized", "--subresource=resize", `--patch=${patch}`]);
  };
  await resize(limited("800m").resources);
  const status = "{.status.containerStatuses[0]";
  await eventually(async () =>
    equal(await jsonpath("pod sized", `${status}.resources.limits.cpu}`), "800m"),
  );
  match(await quota(), /^80000\b/);
  equal(await jsonpath("pod sized", `${status}.restartCount}`), "0");
  await resize({ limits: { cpu: "1000" }, requests: { cpu: "1000" } });
  const pending = '{.status.conditions[?(@.type=="PodResizePending")].reason}';
  await eventually(async () => equal(await jsonpath("pod sized", pending), "Infeasible"));
  match(await quota(), /^80000\b/);
});

test("a pod has the files of an image as a volume", async () => {
  const volume = { name: "files", image: { reference: image, pullPolicy: "IfNotPresent" } };
  const volumeMounts = [
    { name: "files", mountPath: "/files" },
    { name: "files", mountPath: "/alone", subPath: "etc" },
  ];
  const script =
    "const fs=require('fs');for(const path of ['/files/etc','/alone'])console.log(fs.existsSync(path+'/passwd'));" +
    "try{fs.writeFileSync('/files/new','')}catch(e){console.log(e.code)}";
  const main = { name: "main", image, command: ["node", "-e", script], volumeMounts };
  await apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "pictured" },
    spec: { restartPolicy: "Never", containers: [main], volumes: [volume] },
  });
  await cluster.kubectl("wait --for=jsonpath={.status.phase}=Succeeded pod/pictured --timeout=60s");
  equal(await cluster.kubectl("logs pictured"), "true\ntrue\nEROFS\n");
  await cluster.kubectl("delete pod pictured");
});

interface Made {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

interface Slice extends Made {
  readonly endpoints?: readonly object[];
}

const find = async <T>(what: string): Promise<readonly T[]> =>
  (JSON.parse(await cluster.kubectl(`get ${what} -o json`)) as { items: T[] }).items;

/** As wide as in Kubernetes' own suite: test/e2e/network/service_latency.go. */
const latencySecondsMax = { half: 20, most: 50 };

test("two hundred services know where their pod is, soon after they were made", async () => {
  const labels = { app: "found" };
  const count = 200;
  await apply({
    kind: "Pod",
    apiVersion: "v1",
    ...template(labels, serveName),
    metadata: { name: "found", labels },
  });
  await cluster.kubectl("wait --for=condition=Ready pod/found --timeout=60s");
  const services = Array.from({ length: count }, (_, i) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `found-${i}`, labels },
    spec: { selector: labels, ports: [{ port: 80 }] },
  }));
  await cluster.kubectl("create -f -", listOf(services));
  const slices = await eventually(async () => {
    const found = await find<Slice>("endpointslices -l app=found");
    const known = found.filter(({ endpoints = [] }) => endpoints.length === 1);
    equal(known.length, count);
    return known;
  });
  const madeAt = new Map(
    slices.map(({ metadata }) => [
      metadata.labels?.["kubernetes.io/service-name"],
      Date.parse(metadata.creationTimestamp),
    ]),
  );
  const seconds = (await find<Made>("services -l app=found"))
    .map(
      ({ metadata: { name, creationTimestamp } }) =>
        ((madeAt.get(name) ?? Infinity) - Date.parse(creationTimestamp)) / 1_000,
    )
    .toSorted((a, b) => a - b);
  equal(seconds.length, count);
  ok(
    (seconds[count / 2] ?? Infinity) <= latencySecondsMax.half,
    `half of them: ${seconds[count / 2]} s`,
  );
  ok(
    (seconds[count * 0.99] ?? Infinity) <= latencySecondsMax.most,
    `most of them: ${seconds[count * 0.99]} s`,
  );
  await cluster.kubectl("delete services,pods -l app=found --wait=false");
});

test("datagrams reach a pod, from another pod and from its node", async () => {
  const socket = "const socket = require('dgram').createSocket('udp4')";
  const answer = "socket.send(`${text} to you`, from.port, from.address)";
  await apply(
    podOf("echo", `${socket}; socket.on('message', (text, from) => ${answer}).bind(8081)`),
  );
  await cluster.kubectl("wait --for=condition=Ready pod/echo --timeout=60s");
  const ip = await jsonpath("pod echo", "{.status.podIP}");
  // Datagrams may be lost: it asks until there is an answer.
  const ask = `${socket}; socket.on('message', (text) => { console.log(text.toString()); process.exit(); });
    setInterval(() => socket.send('hello', 8081, '${ip}'), 100); setTimeout(() => process.exit(1), 30_000)`;
  equal(await cluster.kubectl(["exec", "sized", "--", "node", "-e", ask]), "hello to you\n");
  const fromNode = await cluster.machine.run(process.execPath, ["-e", ask]);
  equal(fromNode.stdout, "hello to you\n", fromNode.stderr);
});

test("a custom resource is served, checked, shown, scaled and taken away", async () => {
  const spec = {
    type: "object",
    required: ["cron"],
    properties: {
      cron: { type: "string", pattern: "^(\\S+\\s){4}\\S+$" },
      replicas: { type: "integer", minimum: 1, default: 1 },
    },
  };
  const column = (name: string, type: string): object => ({
    name,
    type,
    jsonPath: `.spec.${name.toLowerCase()}`,
  });
  await apply({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "crontabs.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "crontabs", singular: "crontab", kind: "CronTab", shortNames: ["ct"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
          subresources: {
            status: {},
            scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
          },
          additionalPrinterColumns: [column("Cron", "string"), column("Replicas", "integer")],
        },
      ],
    },
  });
  await cluster.kubectl("wait --for=condition=Established crd/crontabs.example.com --timeout=10s");
  const tab = (name: string, of: object): object => ({
    apiVersion: "example.com/v1",
    kind: "CronTab",
    metadata: { name },
    spec: of,
  });
  await apply(tab("mine", { cron: "* * * * */5" }));
  await cluster.kubectl("scale crontab mine --replicas=4");
  match(await cluster.kubectl("get ct"), /^NAME +CRON +REPLICAS\nmine +\* \* \* \* \*\/5 +4\n/);
  const bad = JSON.stringify(tab("bad", { cron: "x", replicas: 0 }));
  const { stderr } = await cluster.tryKubectl("apply -f -", { input: bad });
  match(stderr, /spec\.cron: Invalid value: "x"/);
  match(stderr, /spec\.replicas: Invalid value: 0/);
  match(await cluster.kubectl("explain crontab.spec.replicas"), /FIELD: replicas <integer>/);
  await cluster.kubectl("delete crd crontabs.example.com --timeout=30s");
  const { code, stderr: gone } = await cluster.tryKubectl("get ct");
  equal(code, 1);
  // Whether kubectl has looked again at what there is.
  match(gone, /the server (doesn't have a resource type|could not find the requested resource)/);
});
