/** Clients that others wrote, as their users use them. */
import { deepEqual, equal, match } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { eventually, startCluster, type TestCluster } from "../cluster.ts";
import { image, podWithTar } from "../manifests.ts";
import { unpack } from "../packages.ts";

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

/** Undefined, and the test is skipped with the reason, where there is no such package to be had. */
async function unpacked(
  context: TestContext,
  packages: readonly string[],
): Promise<string | undefined> {
  const folder = join(cluster.machine.folder, packages[0] ?? "");
  try {
    await unpack(folder, packages);
    return folder;
  } catch (cause) {
    const reason = `Debian's ${packages[0]} cannot be had here: ${String(cause).split("\n")[0]}`;
    console.log(reason);
    context.skip(reason);
    return undefined;
  }
}

const interpreter = "/usr/bin/python3";

const python = (
  "kubernetes certifi cachetools chardet charset-normalizer dateutil google-auth idna oauthlib pyasn1 " +
  "pyasn1-modules requests requests-oauthlib rsa six urllib3 websocket yaml"
)
  .split(" ")
  .map((name) => `python3-${name}`);

test("the Python client: objects, patches, watches, pages, logs, exec, port-forward", async (context) => {
  if (!existsSync(interpreter)) {
    context.skip(`there is no ${interpreter} on this machine`);
    return;
  }
  const folder = await unpacked(context, python);
  if (folder === undefined) return;
  const path = `PYTHONPATH=${join(folder, "usr/lib/python3/dist-packages")}`;
  const script = join(import.meta.dirname, "client.py");
  const { machine } = cluster;
  const { code, stdout, stderr } = await machine.run("env", [path, interpreter, script, image]);
  equal(code, 0, stderr);
  deepEqual(JSON.parse(stdout), {
    version: "v1.36.0",
    namespaces: ["default", "kube-node-lease", "kube-public", "kube-system"],
    patched: { b: "2" },
    conflict: [409, "Conflict"],
    watched: [
      ["MODIFIED", { a: "1", b: "2" }],
      ["MODIFIED", { b: "2" }],
      ["DELETED", { b: "2" }],
    ],
    pages: [2, 2, 1],
    secrets: 0,
    log: "started",
    exec: ["out", "err", 3],
    "port-forward": "through the tunnel",
    dynamic: "y",
    gone: true,
  });
});

test("a kubectl that is sixteen minor versions older does its main work", async (context) => {
  const folder = await unpacked(context, ["kubernetes-client"]);
  if (folder === undefined) return;
  const program = join(folder, "usr/bin/kubectl");
  const old = async (line: string, input?: string): Promise<string> => {
    const options = input === undefined ? {} : { input };
    const { code, stdout, stderr } = await cluster.machine.run(program, line.split(" "), options);
    equal(code, 0, `${line}: ${stderr}`);
    return stdout;
  };
  match(await old("version --short"), /Client Version: v1\.20[^]*Server Version: v1\.36\./);
  match(
    await old("api-resources --api-group=apps"),
    /deployments +deploy +apps\/v1 +true +Deployment/,
  );
  match(await old("get nodes"), /^NAME +STATUS +ROLES +AGE +VERSION\n.* Ready /);
  match(await old("explain deployment.spec.replicas"), /FIELD: +replicas <integer>/);
  equal(await old("apply -f -", oldWeb("1")), "deployment.apps/old created\n");
  equal(await old("apply -f -", oldWeb("2")), "deployment.apps/old configured\n");
  equal(
    await old("apply --server-side --force-conflicts -f -", oldWeb("2")),
    "deployment.apps/old serverside-applied\n",
  );
  match(await old("rollout status deployment old --timeout=60s"), /successfully rolled out/);
  match(await old("get deployment old -o wide"), /old +1\/1 +1 +1 .* app=old/);
  equal(await old("scale deployment old --replicas=2"), "deployment.apps/old scaled\n");
  equal(await old("label deployment old tier=front"), "deployment.apps/old labeled\n");
  equal(await old("annotate deployment old note=x"), "deployment.apps/old annotated\n");
  equal(
    await old('patch deployment old -p {"spec":{"replicas":1}}'),
    "deployment.apps/old patched\n",
  );
  equal(await old("expose deployment old --port=80 --target-port=8080"), "service/old exposed\n");
  equal(
    await old("create configmap old --from-literal=a=b --dry-run=server"),
    "configmap/old created (server dry run)\n",
  );
  equal(await old("exec deploy/old -- node -p 1+1"), "2\n");
  await eventually(async () => match(await old("logs deploy/old"), /^colour 2\n/));
  match(await old("describe deployment old"), /Replicas: +1 desired/);
  match(await old("rollout history deployment old"), /REVISION +CHANGE-CAUSE\n1 +<none>\n2 /);
  equal(await old("rollout undo deployment old"), "deployment.apps/old rolled back\n");
  equal(await old("auth can-i delete pods"), "yes\n");
  match(await old("get events"), /LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n/);
  match(
    await old("delete deployment,service old"),
    /deployment.apps "old" deleted\nservice "old" deleted/,
  );
});

const oldWeb = (colour: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: old, labels: { app: old } }
spec:
  selector: { matchLabels: { app: old } }
  template:
    metadata: { labels: { app: old } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: ${image}
          command: [node, -e, "console.log('colour ${colour}');setInterval(()=>{},1e6)"]
`;
