/** What people do with kubectl all day, against real containers. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { image, podWithTar } from "./manifests.ts";
import { eventually, type Line, startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster();
  await cluster.kubectl("apply -f -", { input: web("1") });
  await cluster.kubectl("rollout status deployment web --timeout=60s");
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const kubectl = (line: Line, input?: string): Promise<string> =>
  cluster.kubectl(line, input === undefined ? {} : { input });

const program =
  "console.log('started');process.stdin.on('data',(d)=>console.log('heard '+String(d).trim()));" +
  "require('http').createServer((q,r)=>{console.log(q.url);r.end('web '+process.env.COLOUR+'\\n')}).listen(8080);" +
  "process.on('SIGTERM',()=>process.exit())";

const web = (colour: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: ${image}
          command: ${JSON.stringify(["node", "-e", program])}
          stdin: true
          env: [{ name: COLOUR, value: "${colour}" }]
          ports: [{ containerPort: 8080 }]
`;

const path = (expression: string): string[] => ["-o", `jsonpath=${expression}`];
const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

test("get prints tables, wide, json, yaml, names, columns and paths", async () => {
  match(
    await kubectl("get deployments"),
    /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +1\/1 +1 +1 /,
  );
  match(await kubectl("get deploy -o wide"), /CONTAINERS +IMAGES +SELECTOR\nweb .* app=web\n/);
  match(
    await kubectl("get pods -o wide"),
    /IP +NODE +NOMINATED NODE +READINESS GATES\nweb-\S+ +1\/1 +Running/,
  );
  equal(JSON.parse(await kubectl("get deploy web -o json")).spec.replicas, 1);
  match(
    await kubectl("get deploy web -o yaml"),
    /^apiVersion: apps\/v1\nkind: Deployment\nmetadata:\n/,
  );
  equal(await kubectl("get deploy -o name"), "deployment.apps/web\n");
  equal(await kubectl(["get", "deploy", ...path("{.items[0].spec.replicas}")]), "1");
  deepEqual(
    words(await kubectl("get deploy -o custom-columns=N:.metadata.name,R:.spec.replicas")),
    ["N", "R", "web", "1"],
  );
  match(await kubectl("get pods -A --show-labels"), /app=web,pod-template-hash=/);
  match(await kubectl("get pods -l app=web --no-headers"), /^web-/);
  match(await kubectl("get all"), /deployment\.apps\/web/);
  match(await kubectl("get nodes"), /Ready +(control-plane|<none>)/);
  match(await kubectl("get events"), /Scheduled|Created|Started/);
});

test("create makes what it says, and says what it made", async () => {
  const file = join(cluster.machine.folder, "key.txt");
  await writeFile(file, "sesame");
  equal(
    await kubectl(`create secret generic doors --from-file=key=${file}`),
    "secret/doors created\n",
  );
  const key = await kubectl(["get", "secret", "doors", ...path("{.data.key}")]);
  equal(Buffer.from(key, "base64").toString(), "sesame");
  const lines = {
    "configmap colours --from-literal=sky=blue": "configmap/colours created",
    "namespace team": "namespace/team created",
    "serviceaccount robot -n team": "serviceaccount/robot created",
    "role reader --verb=get,list --resource=pods -n team":
      "role.rbac.authorization.k8s.io/reader created",
    "rolebinding readers --role=reader --serviceaccount=team:robot -n team":
      "rolebinding.rbac.authorization.k8s.io/readers created",
    "quota small --hard=pods=2 -n team": "resourcequota/small created",
    "deployment other --image=k8ts.local/pause:2 -n team": "deployment.apps/other created",
  };
  for (const [line, said] of Object.entries(lines))
    equal(await kubectl(`create ${line}`), `${said}\n`);
  match((await kubectl("create token robot -n team")).trim(), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const again = await cluster.tryKubectl("create namespace team");
  deepEqual(
    [again.code, again.stderr],
    [1, 'Error from server (AlreadyExists): namespaces "team" already exists\n'],
  );
});

test("auth can-i knows who may do what", async () => {
  const robot = "--as=system:serviceaccount:team:robot -n team";
  equal(await kubectl(`auth can-i list pods ${robot}`), "yes\n");
  const { code, stdout } = await cluster.tryKubectl(`auth can-i delete pods ${robot}`);
  deepEqual([code, stdout], [1, "no\n"]);
  equal(await kubectl("auth can-i * *"), "yes\n");
  match(await kubectl(`auth can-i --list ${robot}`), /pods +\[\] +\[\] +\[get list\]/);
  match(await kubectl("auth whoami"), /Username +kubernetes-admin/);
  const refused = await cluster.tryKubectl(`get secrets ${robot}`);
  match(
    refused.stderr,
    /Error from server \(Forbidden\): secrets is forbidden: User "system:serviceaccount:team:robot" cannot list resource "secrets" in API group "" in the namespace "team"/,
  );
});

test("a namespace takes all that is in it with it", async () => {
  await kubectl("delete namespace team --timeout=60s");
  match(
    (await cluster.tryKubectl("get deployment other -n team")).stderr,
    /namespaces "team" not found|"other" not found/,
  );
});

test("apply changes what changed, and diff shows it before", async () => {
  equal(await kubectl("apply -f -", web("1")), "deployment.apps/web unchanged\n");
  const diff = await cluster.tryKubectl("diff -f -", { input: web("2") });
  equal(diff.code, 1);
  match(diff.stdout, /^-\s+value: "1"\n\+\s+value: "2"$/m);
  equal(await kubectl("apply -f -", web("2")), "deployment.apps/web configured\n");
  await kubectl("rollout status deployment web --timeout=60s");
});

test("apply --server-side names the manager whose field it is", async () => {
  const map = (value: string): string =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "owned" },
      data: { value },
    });
  const apply = "apply --server-side -f - --field-manager";
  equal(await kubectl(`${apply}=one`, map("a")), "configmap/owned serverside-applied\n");
  const conflict = await cluster.tryKubectl(`${apply}=two`, { input: map("b") });
  equal(conflict.code, 1);
  match(conflict.stderr, /conflict with "one": \.data\.value/);
  await kubectl(`${apply}=two --force-conflicts`, map("b"));
  equal(await kubectl(["get", "cm", "owned", ...path("{.data.value}")]), "b");
});

test("patch, label, annotate, edit, replace", async () => {
  await kubectl("create configmap clay --from-literal=a=1");
  await kubectl(["patch", "cm", "clay", "--type=merge", "-p", '{"data":{"b":"2"}}']);
  await kubectl(["patch", "cm", "clay", "--type=json", "-p", '[{"op":"remove","path":"/data/a"}]']);
  await kubectl(["patch", "cm", "clay", "-p", '{"data":{"c":"3"}}']);
  equal(await kubectl(["get", "cm", "clay", ...path("{.data}")]), '{"b":"2","c":"3"}');
  const env = { name: "COLOUR", value: "3" };
  const strategic = { spec: { template: { spec: { containers: [{ name: "web", env: [env] }] } } } };
  await kubectl(["patch", "deploy", "web", "--type=strategic", "-p", JSON.stringify(strategic)]);
  equal(await kubectl(["get", "deploy", "web", ...path("{..containers[0].image}")]), image);
  const scale = ["--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":2}}'];
  await kubectl(["patch", "deploy", "web", ...scale]);
  await kubectl("rollout status deployment web --timeout=60s");
  equal(await kubectl("label cm clay colour=red"), "configmap/clay labeled\n");
  equal((await cluster.tryKubectl("label cm clay colour=blue")).code, 1);
  await kubectl("label cm clay colour=blue --overwrite");
  equal(await kubectl("get cm -l colour=blue -o name"), "configmap/clay\n");
  equal(await kubectl("annotate cm clay note=hello"), "configmap/clay annotated\n");
  match(await kubectl("label cm clay colour-"), /unlabeled/);
  const text = await kubectl("get cm clay -o json");
  equal(await kubectl("replace -f -", text.replace('"3"', '"4"')), "configmap/clay replaced\n");
  const stale = await cluster.tryKubectl("replace -f -", { input: text });
  match(stale.stderr, /Error from server \(Conflict\).*the object has been modified/);
  const editing = `KUBE_EDITOR='sed -i s/hello/bye/' ${cluster.kubectlWords} edit cm clay`;
  match((await cluster.machine.run("sh", ["-c", editing])).stdout, /configmap\/clay edited/);
  equal(await kubectl(["get", "cm", "clay", ...path("{.metadata.annotations.note}")]), "bye");
});

test("rollouts: history, undo, pause, resume, restart", async () => {
  await kubectl("set env deployment/web COLOUR=4");
  await kubectl("annotate deployment web kubernetes.io/change-cause=four");
  await kubectl("rollout status deployment web --timeout=60s");
  match(await kubectl("rollout history deployment web"), /four/);
  await kubectl("rollout pause deployment web");
  await kubectl("set env deployment/web COLOUR=5");
  const of = (expression: string): Promise<string> =>
    kubectl(["get", "deploy", "web", ...path(expression)]);
  await eventually(async () =>
    equal(await of("{.status.observedGeneration}"), await of("{.metadata.generation}")),
  );
  equal(await of("{.status.updatedReplicas}"), "");
  await kubectl("rollout resume deployment web");
  await kubectl("rollout status deployment web --timeout=60s");
  equal(await of("{.status.updatedReplicas}"), "2");
  await kubectl("rollout undo deployment web");
  await kubectl("rollout status deployment web --timeout=60s");
  equal(await of("{..env[0].value}"), "4");
  match(await kubectl("rollout restart deployment web"), /restarted/);
  await kubectl("rollout status deployment web --timeout=60s");
});

test("expose, scale, autoscale, wait and delete", async () => {
  equal(
    await kubectl("expose deployment web --port=80 --target-port=8080"),
    "service/web exposed\n",
  );
  await kubectl("scale deployment web --replicas=3 --current-replicas=2");
  await kubectl([
    "wait",
    "deployment/web",
    "--for=jsonpath={.status.readyReplicas}=3",
    "--timeout=60s",
  ]);
  const address = await kubectl(["get", "service", "web", ...path("{.spec.clusterIP}")]);
  equal(await eventually(() => cluster.get(`http://${address}/`)), "web 4\n");
  match(await kubectl("autoscale deployment web --max=5 --cpu-percent=80"), /autoscaled/);
  await kubectl("delete hpa web");
  await kubectl("scale deployment web --replicas=1");
  const late = await cluster.tryKubectl("wait deployment/web --for=condition=Nothing --timeout=1s");
  match(late.stderr, /timed out waiting for the condition on deployments\/web/);
});

test("describe tells the whole story", async () => {
  const pod = (await kubectl("get pods -l app=web -o name")).split("\n")[0] ?? "";
  const text = await kubectl(["describe", pod]);
  for (const part of [
    /^Name: +web-/,
    /Controlled By: +ReplicaSet\/web-/,
    /State: +Running/,
    /Normal +Started/,
  ])
    match(text, part);
  match(await kubectl("describe deployment web"), /StrategyType: +RollingUpdate[^]*NewReplicaSet:/);
  match(await kubectl("describe service web"), /Endpoints: +10\.244\./);
  match(
    await kubectl("describe node"),
    /Allocatable:[^]*Non-terminated Pods:[^]*Allocated resources:/,
  );
});

test("logs are shown, limited and followed", async () => {
  await kubectl("wait --for=condition=Available deployment/web --timeout=60s");
  await eventually(async () => match(await kubectl("logs deploy/web"), /^started\n/));
  const address = await kubectl(["get", "service", "web", ...path("{.spec.clusterIP}")]);
  await using follow = cluster.startKubectl("logs -f -l app=web --tail=1");
  await eventually(async () => {
    await cluster.get(`http://${address}/seen`);
    match(follow.output(), /\/seen/);
  });
  equal((await kubectl("logs deploy/web --tail=1")).trim(), "/seen");
  match(
    await kubectl("logs deploy/web --timestamps --since=1h"),
    /^\d{4}-\d\d-\d\dT\S+Z started\n/,
  );
});

test("logs may be cut by lines, by bytes and by time", async () => {
  const script = "for(let i=0;i<3;i++)console.log('line '+i)";
  await kubectl([
    "run",
    "lines",
    `--image=${image}`,
    "--restart=Never",
    "--command",
    "--",
    "node",
    "-e",
    script,
  ]);
  await kubectl("wait pod/lines --for=jsonpath={.status.phase}=Succeeded --timeout=60s");
  equal(await kubectl("logs lines"), "line 0\nline 1\nline 2\n");
  equal(await kubectl("logs lines --tail=1"), "line 2\n");
  equal(await kubectl("logs lines --limit-bytes=1"), "l");
  match(await kubectl("logs lines --tail=1 --timestamps"), /^\d{4}-\d\d-\d\dT[\d:.]+Z line 2\n$/);
  equal(words(await kubectl("logs lines --since=24h")).length, 6);
  const moment = ["get", "pod", "lines", ...path("{..terminated.finishedAt}")];
  const later = new Date(Date.parse(await kubectl(moment)) + 60_000).toISOString();
  equal(await kubectl(`logs lines --since-time=${later}`), "");
  await kubectl("delete pod lines --now");
});

test("exec runs a program, with a terminal or without, and hands its exit code on", async () => {
  equal(await kubectl(["exec", "deploy/web", "--", "node", "-p", "1+1"]), "2\n");
  equal(await kubectl("exec -i deploy/web -- node -", "console.log('from stdin')"), "from stdin\n");
  const failed = await cluster.tryKubectl("exec deploy/web -- node -e process.exit(3)");
  equal(failed.code, 3);
  match(failed.stderr, /command terminated with exit code 3/);
  const terminal = "node -p process.stdout.isTTY";
  const typed = `script -qec "${cluster.kubectlWords} exec -it deploy/web -- ${terminal}" /dev/null`;
  match((await cluster.machine.run("sh", ["-c", typed])).stdout, /true/);
});

test("attach talks to the program that runs already", async () => {
  await using attached = cluster.startKubectl("attach -i deploy/web");
  await eventually(async () => {
    attached.write("anybody\n");
    match(attached.output(), /heard anybody/);
  });
});

test("run starts a pod, waits for it, and takes it away", async () => {
  const line = `run once --image=${image} --rm -i --restart=Never --quiet --command -- node -`;
  match(await kubectl(line, "console.log('once')"), /^once\n/);
  await eventually(async () => equal((await cluster.tryKubectl("get pod once")).code, 1));
});

test("cp carries files both ways", async () => {
  const folder = join(cluster.machine.folder, "copied");
  await mkdir(folder);
  await writeFile(join(folder, "a.txt"), "there and back");
  // The image has no tar, which kubectl runs in the container.
  await kubectl("apply -f -", podWithTar);
  await kubectl("wait --for=condition=Ready pod/tar --timeout=60s");
  await kubectl(`cp ${folder}/a.txt tar:/tmp/b.txt`);
  equal(await kubectl("exec tar -- cat /tmp/b.txt"), "there and back");
  await kubectl(`cp tar:/tmp/b.txt ${folder}/c.txt`);
  equal(await readFile(join(folder, "c.txt"), "utf8"), "there and back");
});

test("port-forward reaches a port that nobody else can", async () => {
  await using forward = cluster.startKubectl("port-forward deploy/web 18081:8080");
  await forward.says(/Forwarding from 127\.0\.0\.1:18081 -> 8080/);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => cluster.get("http://127.0.0.1:18081/")),
  );
  ok(answers.every((answer) => answer === "web 4\n"));
});

const oldStyle = `
apiVersion: v1
kind: ReplicationController
metadata: { name: old }
spec:
  replicas: 2
  selector: { app: old }
  template:
    metadata: { labels: { app: old } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - { name: c, image: ${image}, command: [node, -e, "setInterval(() => {}, 1e6)"], ports: [{ containerPort: 6379 }] }
`;

test("replication controllers: described, exposed, patched with their pods, scaled", async () => {
  const running = async (count: number): Promise<void> => {
    const phases = ["get", "pods", "-l", "app=old", ...path("{.items[*].status.phase}")];
    await eventually(async () =>
      deepEqual(words(await kubectl(phases)), Array(count).fill("Running")),
    );
  };
  await kubectl("apply -f -", oldStyle);
  await running(2);
  match(
    await kubectl("describe rc old"),
    /Replicas: +2 current \/ 2 desired\nPods Status: +2 Running[^]*Normal +SuccessfulCreate/,
  );
  await kubectl("expose rc old --name=rm2 --port=1234 --target-port=6379");
  await kubectl("expose service rm2 --name=rm3 --port=2345 --target-port=6379");
  for (const [name, port] of [
    ["rm2", "1234"],
    ["rm3", "2345"],
  ] as const) {
    const ports = [
      "get",
      "service",
      name,
      ...path("{.spec.ports[0].port} {.spec.ports[0].targetPort}"),
    ];
    equal(await kubectl(ports), `${port} 6379`);
    const found = ["get", "endpoints", name, ...path("{.subsets[*].addresses[*].ip}")];
    await eventually(async () => equal(words(await kubectl(found)).length, 2));
  }
  const pods = words(await kubectl("get pods -l app=old -o name"));
  for (const pod of pods) {
    await kubectl(["patch", pod, "-p", '{"metadata":{"annotations":{"x":"y"}}}']);
    equal(await kubectl(["get", pod, ...path("{.metadata.annotations.x}")]), "y");
  }
  const [pod = ""] = pods;
  const change = '{"spec":{"containers":[{"name":"c","image":"k8ts.local/other:1"}]}}';
  match(await kubectl(["patch", pod, "-p", change, "--dry-run=server"]), /^pod\/old-\S+ patched/);
  const imageOf = ["get", pod, ...path("{.spec.containers[0].image}")];
  equal(await kubectl(imageOf), image);
  const text = await kubectl(["get", pod, "-o", "json"]);
  await kubectl("replace -f -", text.replace(image, "k8ts.local/node:none"));
  equal(await kubectl(imageOf), "k8ts.local/node:none");
  await kubectl(["delete", pod, "--wait=false"]);
  await kubectl("scale rc old --replicas=1");
  await running(1);
  await kubectl("scale rc old --replicas=2");
  await running(2);
  await kubectl("delete rc/old service/rm2 service/rm3");
  await running(0);
});

test("explain, api-resources, api-versions, version, cluster-info", async () => {
  match(
    await kubectl("explain deployment.spec.replicas"),
    /FIELD: replicas <integer>[^]*DESCRIPTION:\n +\S/,
  );
  match(await kubectl("explain pod.spec --recursive"), /containers\t<\[\]Container>/);
  match(await kubectl("api-resources"), /^deployments +deploy +apps\/v1 +true +Deployment$/m);
  match(await kubectl("api-versions"), /^rbac\.authorization\.k8s\.io\/v1$/m);
  match(await kubectl("version"), /Server Version: v1\.36\./);
  match(await kubectl("cluster-info"), /control plane.* is running at/);
});

test("delete says what it does, and waits until it is done", async () => {
  match(await kubectl("delete service web"), /^service "web" deleted/);
  match(await kubectl("delete deployment web --timeout=60s"), /deleted/);
  await eventually(async () => equal(await kubectl("get pods -l app=web -o name"), ""));
  const missing = await cluster.tryKubectl("delete deployment web");
  equal(missing.stderr, 'Error from server (NotFound): deployments.apps "web" not found\n');
  equal((await cluster.tryKubectl("delete deployment web --ignore-not-found")).code, 0);
});
