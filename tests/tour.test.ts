/** README's tour, step by step. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, microservices, startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster({ application: microservices });
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const hello = async (path = "/"): Promise<{ message?: string; version?: string }> =>
  JSON.parse(await cluster.get(`https://${cluster.address}${path}`)) as never;

const lines = (text: string): string[] => text.trim().split("\n").filter(Boolean);

test("up says where the application is, and it answers there", async () => {
  match(cluster.greeting, new RegExp(`https://${cluster.address}/\n`));
  deepEqual(await hello(), { message: "Hello", version: "1.0.0" });
});

test("every pod has an address of its own", async () => {
  const path = "jsonpath={range .items[*]}{.status.podIP}{'\\n'}{end}";
  const addresses = lines(await cluster.kubectl(["get", "pods", "-A", "-o", path]));
  equal(addresses.length, 5);
  equal(new Set(addresses).size, 5);
});

test("only a token from auth opens /secure", async () => {
  const url = `https://${cluster.address}`;
  match(await cluster.get(`${url}/secure`), /error/);
  const authorization = `Basic ${Buffer.from("user:password").toString("base64")}`;
  const { token } = JSON.parse(await cluster.get(`${url}/login`, { authorization })) as {
    token: string;
  };
  match(await cluster.get(`${url}/secure`, { authorization: `Bearer ${token}` }), /Hello/);
  match(await cluster.get(`${url}/secure`, { authorization: `Bearer ${token}x` }), /error/);
});

test("a pod is run, looked into, exposed and deleted", async () => {
  await cluster.kubectl(
    "run probe --image=k8ts.local/node:26 --restart=Never --port=8080 --command -- node -e require('http').createServer((q,r)=>r.end('probe\\n')).listen(8080)",
  );
  await cluster.kubectl("wait --for=condition=Ready pod/probe --timeout=60s");
  match(await cluster.kubectl("exec probe -- node -p process.version"), /^v\d+/);
  await cluster.kubectl("expose pod probe --port=80 --target-port=8080");
  const address = await cluster.kubectl("get service probe -o jsonpath={.spec.clusterIP}");
  equal(await eventually(() => cluster.get(`http://${address}/`)), "probe\n");
  const answer =
    "fetch('http://probe.default.svc.cluster.local/').then(r=>r.text()).then(t=>console.log(t))";
  const byName = ["exec", "deploy/hello", "--", "node", "-e", answer];
  await eventually(async () => match(await cluster.kubectl(byName), /^probe/));
  await cluster.kubectl("delete pod/probe service/probe --grace-period=1");
});

test("the monolith serves on a port of the node", async () => {
  await cluster.kubectl(`apply -f ${microservices}/monolith`);
  await cluster.kubectl("wait --for=condition=Ready pod/monolith --timeout=60s");
  match(await eventually(() => cluster.get(`http://${cluster.address}:31000/`)), /Hello/);
  await cluster.kubectl(`delete -f ${microservices}/monolith --now`);
});

test("scaled to seven, seven serve", async () => {
  await cluster.kubectl("scale deployment hello --replicas=7");
  match(
    await cluster.kubectl("rollout status deployment hello --timeout=60s"),
    /successfully rolled out/,
  );
  equal(await cluster.kubectl("get deploy hello -o jsonpath={.status.readyReplicas}"), "7");
  await cluster.kubectl("scale deployment hello --replicas=2");
});

test("a container that says it is not healthy is restarted", async () => {
  const [pod = ""] = await eventually(async () => {
    const pods = lines(await cluster.kubectl("get pods -l app=hello -o name"));
    equal(pods.length, 2);
    return pods;
  });
  await cluster.kubectl([
    "exec",
    pod,
    "--",
    "node",
    "-e",
    "fetch('http://127.0.0.1:81/healthz/status')",
  ]);
  await eventually(async () => {
    const path = "jsonpath={.status.containerStatuses[0].restartCount}";
    equal(await cluster.kubectl(["get", pod, "-o", path]), "1");
  });
  const described = await cluster.kubectl(["describe", pod]);
  match(described, /Unhealthy.*Liveness probe failed: HTTP probe failed with statuscode: 503/);
  match(described, /Killing.*Container hello failed liveness probe, will be restarted/);
  await cluster.kubectl(["wait", "--for=condition=Ready", pod, "--timeout=60s"]);
});

test("a pod that says it is not ready gets no traffic, and keeps running", async () => {
  const [pod = ""] = lines(await cluster.kubectl("get pods -l app=hello -o name"));
  const turn = ["exec", pod, "--", "node", "-e", "fetch('http://127.0.0.1:81/readiness/status')"];
  const ready = "jsonpath={.items[*].endpoints[?(@.conditions.ready==true)].targetRef.name}";
  const served = async (): Promise<string> =>
    cluster.kubectl([
      "get",
      "endpointslices",
      "-l",
      "kubernetes.io/service-name=hello",
      "-o",
      ready,
    ]);
  const name = pod.replace("pod/", "");
  await eventually(async () => ok((await served()).includes(name)));
  await cluster.kubectl(turn);
  await eventually(async () => ok(!(await served()).includes(name)));
  await cluster.kubectl(turn);
  await eventually(async () => ok((await served()).includes(name)));
});

test("a new version rolls out, has a history, and is undone", async () => {
  await cluster.kubectl("set image deployment/hello hello=microservices/hello:2.0.0");
  await cluster.kubectl("rollout status deployment hello --timeout=90s");
  await eventually(async () => equal((await hello()).version, "2.0.0"));
  match(await cluster.kubectl("rollout history deployment hello"), /REVISION[^]*\n1 [^]*\n2 /);
  await cluster.kubectl("rollout undo deployment hello");
  await cluster.kubectl("rollout status deployment hello --timeout=90s");
  // The frontend may keep a connection to one of the old pods while that one leaves.
  await eventually(async () => equal((await hello()).version, "1.0.0"));
});

test("a canary takes its share by labels alone", async () => {
  await cluster.kubectl(`apply -f ${microservices}/canary`);
  await cluster.kubectl("rollout status deployment hello-canary --timeout=60s");
  const versions = new Set<string | undefined>();
  await eventually(async () => {
    versions.add((await hello()).version);
    equal(versions.size, 2);
  });
  await cluster.kubectl(`delete -f ${microservices}/canary`);
});

test("blue and green: the service turns to the one that stands ready", async () => {
  await cluster.kubectl(`apply -f ${microservices}/blue-green/auth-green.yaml`);
  await cluster.kubectl("rollout status deployment auth-green --timeout=60s");
  await cluster.kubectl(`apply -f ${microservices}/blue-green/switch.yaml`);
  equal(await cluster.kubectl("get service auth -o jsonpath={.spec.selector.colour}"), "green");
  await eventually(async () => {
    const path = "jsonpath={.items[*].endpoints[*].targetRef.name}";
    const list = ["get", "endpointslices", "-l", "kubernetes.io/service-name=auth", "-o", path];
    match(await cluster.kubectl(list), /^auth-green-\S+$/);
  });
  await cluster.kubectl(`apply -f ${microservices}/auth.yaml`);
  await cluster.kubectl(`delete -f ${microservices}/blue-green/auth-green.yaml`);
});

test("as in 2014: a replication controller, and its rolling update", async () => {
  await cluster.kubectl(`apply -f ${microservices}/historic`);
  await eventually(async () =>
    equal(await cluster.kubectl("get rc memcached -o jsonpath={.status.readyReplicas}"), "2"),
  );
  const old = await cluster.kubectl("get pods -l name=memcached -o name");
  const line = "rolling-update memcached --image=microservices/memcached:1.0.0 --update-period=1s";
  match(await cluster.k8ts(line), /memcached/);
  await eventually(async () => {
    equal(await cluster.kubectl("get rc memcached -o jsonpath={.status.readyReplicas}"), "2");
    const names = lines(await cluster.kubectl("get pods -l name=memcached -o name"));
    ok(names.every((name) => !old.includes(name)));
  });
  await cluster.kubectl(`delete -f ${microservices}/historic --now`);
});

test("logs are followed, a port is forwarded, and a deleted pod comes back", async () => {
  await using logs = cluster.startKubectl("logs -f deployment/hello");
  await logs.says(/listening on 80/);
  await hello();
  await using forward = cluster.startKubectl("port-forward service/hello 18080:80");
  await forward.says(/Forwarding from 127\.0\.0\.1:18080 -> 80/);
  match(await cluster.get("http://127.0.0.1:18080/"), /Hello/);
  const old = await cluster.kubectl("get pods -l app=auth -o name");
  await cluster.kubectl("delete pod -l app=auth --wait=false");
  await eventually(async () => {
    const path = "jsonpath={.items[?(@.status.phase=='Running')].metadata.name}";
    const names = await cluster.kubectl(["get", "pods", "-l", "app=auth", "-o", path]);
    ok(names !== "" && !old.includes(names));
  });
  match(await cluster.kubectl("describe deployment hello"), /ScalingReplicaSet/);
});
