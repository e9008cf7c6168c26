/** Manifests that cannot run say why: in the status, in events, in `describe`. */
import { equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import { image } from "./manifests.ts";
import { eventually, startCluster, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;

before(async () => {
  cluster = await startCluster();
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const apply = (name: string, container: object, spec: object = {}): Promise<string> =>
  cluster.kubectl("apply -f -", {
    input: JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: { containers: [{ name: "main", image, ...container }], ...spec },
    }),
  });

const waitingOf = (name: string): Promise<string> =>
  cluster.kubectl(
    `get pod ${name} -o jsonpath={.status.containerStatuses[0].state.waiting.reason}`,
  );

const describe = (name: string): Promise<string> => cluster.kubectl(`describe pod ${name}`);

test("an image that nobody has", async () => {
  await apply("no-image", { image: "nobody.invalid/has:1.0.0" });
  await eventually(async () => match(await waitingOf("no-image"), /ErrImagePull|ImagePullBackOff/));
  const text = await eventually(async () => {
    const described = await describe("no-image");
    match(described, /Back-off pulling image "nobody\.invalid\/has:1\.0\.0"/);
    return described;
  });
  match(text, /Failed to pull image "nobody\.invalid\/has:1\.0\.0"/);
});

test("an image name that is none", async () => {
  await apply("bad-name", { image: "Not A Name" });
  await eventually(async () => equal(await waitingOf("bad-name"), "InvalidImageName"));
  match(await describe("bad-name"), /InspectFailed|InvalidImageName/);
});

test("a command that is not there", async () => {
  await apply("no-command", { command: ["/no/such/program"] });
  await eventually(async () => {
    match(await describe("no-command"), /Error: [^\n]*"?\/no\/such\/program"?: [^\n]*no such file/);
  });
  const path =
    "jsonpath={.status.containerStatuses[0]['state','lastState']['waiting','terminated'].reason}";
  await eventually(async () => {
    const reasons = await cluster.kubectl(["get", "pod", "no-command", "-o", path]);
    match(reasons, /CrashLoopBackOff|RunContainerError|StartError/);
  });
});

test("a program that fails again and again", async () => {
  await apply("crashing", { command: ["node", "-e", "console.log('no luck'); process.exit(7)"] });
  await eventually(async () => equal(await waitingOf("crashing"), "CrashLoopBackOff"));
  const text = await describe("crashing");
  match(text, /Exit Code: +7/);
  match(text, /Back-off restarting failed container main in pod crashing_default/);
  equal(await cluster.kubectl("logs crashing --previous"), "no luck\n");
});

test("a secret that is not there, until it is", async () => {
  const env = [{ name: "COLOUR", valueFrom: { secretKeyRef: { name: "paint", key: "colour" } } }];
  await apply("no-secret", { env, command: ["node", "-e", "setInterval(() => {}, 1000)"] });
  await eventually(async () => equal(await waitingOf("no-secret"), "CreateContainerConfigError"));
  match(await describe("no-secret"), /Error: secret "paint" not found/);
  await cluster.kubectl("create secret generic paint --from-literal=colour=blue");
  await cluster.kubectl("wait --for=condition=Ready pod/no-secret --timeout=60s");
  equal(await cluster.kubectl("exec no-secret -- node -p process.env.COLOUR"), "blue\n");
});

test("a volume of a secret that is not there", async () => {
  await apply(
    "no-volume",
    { volumeMounts: [{ name: "paint", mountPath: "/paint" }] },
    { volumes: [{ name: "paint", secret: { secretName: "missing" } }] },
  );
  await eventually(async () => {
    match(
      await describe("no-volume"),
      /FailedMount.*MountVolume\.SetUp failed for volume "paint" : secret "missing" not found/,
    );
  });
  equal(await waitingOf("no-volume"), "ContainerCreating");
});

test("more than any node has", async () => {
  await apply("too-large", { resources: { requests: { cpu: "1000" } } });
  await eventually(async () => {
    match(
      await describe("too-large"),
      /FailedScheduling.*0\/1 nodes are available: 1 Insufficient cpu/,
    );
  });
  const path = "jsonpath={.status.conditions[?(@.type=='PodScheduled')].reason}";
  equal(await cluster.kubectl(["get", "pod", "too-large", "-o", path]), "Unschedulable");
});

test("more memory than it may have", async () => {
  const eat = "const all = []; for (;;) all.push(Buffer.alloc(1 << 24, 1))";
  await apply(
    "hungry",
    { command: ["node", "-e", eat], resources: { limits: { memory: "128Mi" } } },
    { restartPolicy: "Never" },
  );
  const path = "jsonpath={.status.containerStatuses[0].state.terminated['reason','exitCode']}";
  await eventually(async () => {
    equal(await cluster.kubectl(["get", "pod", "hungry", "-o", path]), "OOMKilled 137");
  });
});

test("manifests that are wrong are refused in one readable message", async () => {
  const refused = async (input: string, line = "apply -f -"): Promise<string> => {
    const { code, stderr } = await cluster.tryKubectl(line, { input });
    equal(code, 1);
    return stderr;
  };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "wrong" } };
  match(
    await refused(JSON.stringify({ ...pod, spec: { containers: [] } })),
    /The Pod "wrong" is invalid: spec\.containers: Required value/,
  );
  match(
    await refused(JSON.stringify({ ...pod, spec: { containerz: [] } })),
    /unknown field "spec\.containerz"/,
  );
  match(
    await refused(JSON.stringify({ ...pod, kind: "Pond" })),
    /no matches for kind "Pond" in version "v1"/,
  );
  match(await refused("a: [b"), /error converting YAML|error parsing/);
  match(
    await refused("", "run Wrong_Name --image=x"),
    /a lowercase RFC 1123 subdomain must consist of/,
  );
});
