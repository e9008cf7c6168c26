/**
 * What programs do with npm's @kubernetes/client-node, against the cluster of the kubeconfig. Prints
 * what came of each, as JSON.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { PassThrough, Writable } from "node:stream";
import {
  AppsV1Api,
  Attach,
  CoreV1Api,
  Cp,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  setHeaderOptions,
  type V1Pod,
  type V1Status,
  Watch,
} from "@kubernetes/client-node";

const [image = "", folder = ""] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const namespace = "default";
const results: Record<string, unknown> = {};

const program =
  "console.log('started');process.stdin.on('data',(d)=>console.log('heard '+String(d).trim()));" +
  "require('net').createServer((s)=>s.end('through the tunnel')).listen(9000);setInterval(()=>{},1e6)";

const pod = (name: string): V1Pod => ({
  metadata: { name, namespace, labels: { made: "by-client-node" } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "main", image, command: ["node", "-e", program], stdin: true }],
  },
});

function collected(): { readonly stream: Writable; readonly text: () => string } {
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

const until = async (test: () => boolean): Promise<void> => {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 50));
};

// An informer and a watch see what comes and goes.
const seen: string[] = [];
const informer = makeInformer(
  config,
  `/api/v1/namespaces/${namespace}/pods`,
  () => core.listNamespacedPod({ namespace, labelSelector: "made=by-client-node" }),
  "made=by-client-node",
);
for (const verb of ["add", "delete"] as const)
  informer.on(verb, (object) => void seen.push(`${verb} ${object.metadata?.name}`));
await informer.start();
const watched: string[] = [];
const watching = await new Watch(config).watch(
  `/api/v1/namespaces/${namespace}/configmaps`,
  { allowWatchBookmarks: true },
  (type: string, object: { metadata?: { name?: string } }) =>
    void watched.push(`${type} ${object.metadata?.name}`),
  () => {},
);

// Typed calls.
await core.createNamespacedPod({ namespace, body: pod("one") });
const isReady = ({ status }: V1Pod): boolean =>
  status?.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;
let one = await core.readNamespacedPod({ namespace, name: "one" });
while (!isReady(one)) one = await core.readNamespacedPod({ namespace, name: "one" });
results["created"] = one.status?.phase;
const map = { metadata: { name: "map", namespace }, data: { a: "1" } };
await core.createNamespacedConfigMap({ namespace, body: map });
const at = { namespace, name: "map" };
await core.patchNamespacedConfigMap(
  { ...at, body: { data: { b: "2" } } },
  setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
);
await core.patchNamespacedConfigMap(
  { ...at, body: [{ op: "remove", path: "/data/a" }] },
  setHeaderOptions("Content-Type", PatchStrategy.JsonPatch),
);
results["patched"] = (await core.readNamespacedConfigMap(at)).data;
try {
  await core.createNamespacedConfigMap({ namespace, body: map });
} catch (error) {
  results["conflict"] = (error as { code?: number }).code;
}

// Objects of any kind, and server-side apply.
const objects = KubernetesObjectApi.makeApiClient(config);
const applied = { apiVersion: "v1", kind: "ConfigMap", ...map, data: { c: "3" } };
await objects.patch(
  applied,
  undefined,
  undefined,
  "client-node",
  true,
  PatchStrategy.ServerSideApply,
);
results["applied"] = (await core.readNamespacedConfigMap(at)).data;
const apps = config.makeApiClient(AppsV1Api);
results["deployments"] = (await apps.listDeploymentForAllNamespaces()).items.map(
  ({ metadata }) => metadata?.name,
);

// Streams into the container.
const output = collected();
const errors = collected();
const status = await new Promise<V1Status>((resolve, reject) => {
  const command = ["node", "-e", "console.log('out');console.error('err');process.exit(3)"];
  const { stream } = output;
  new Exec(config)
    .exec(namespace, "one", "main", command, stream, errors.stream, null, false, resolve)
    .catch(reject);
});
results["exec"] = [output.text(), errors.text(), status.details?.causes?.[0]?.message];

const input = new PassThrough();
const attached = collected();
const socket = await new Attach(config).attach(
  namespace,
  "one",
  "main",
  attached.stream,
  null,
  input,
  false,
);
input.write("anybody\n");
await until(() => attached.text().includes("heard anybody"));
socket.close();
results["attach"] = attached.text().trim();

const log = collected();
await new Log(config).log(namespace, "one", "main", log.stream, { tailLines: 1 });
await until(() => log.text() !== "");
results["log"] = log.text().trim();

const forward = new PortForward(config);
const server = createServer((client) => {
  void forward.portForward(namespace, "one", [9000], client, null, client);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as { port: number };
results["port-forward"] = await new Promise<string>((resolve) => {
  let text = "";
  const client = createConnection(port, "127.0.0.1");
  client.on("data", (chunk) => {
    text += chunk.toString();
    if (text.includes("tunnel")) resolve(text);
  });
});
server.close();

// Into a pod with tar in it. The promise does not wait for the copy.
const sent = `${folder}/sent`;
await mkdir(sent);
await writeFile(`${sent}/there.txt`, "there and back");
await new Cp(config).cpToPod(namespace, "tar", "main", sent, "/tmp");
const copied = collected();
const waitAndPrint = "until [ -s /tmp/there.txt ]; do sleep 0.1; done; cat /tmp/there.txt";
await new Promise<V1Status>((resolve, reject) => {
  const command = ["sh", "-c", waitAndPrint];
  const { stream } = copied;
  new Exec(config)
    .exec(namespace, "tar", "main", command, stream, null, null, false, resolve)
    .catch(reject);
});
results["cp"] = copied.text();

await core.deleteNamespacedPod({ namespace, name: "one" });
await until(() => seen.includes("delete one"));
await until(() => watched.some((line) => line.startsWith("MODIFIED map")));
results["informer"] = seen;
results["watch"] = watched.filter((line) => line.endsWith(" map"));
await informer.stop();
watching.abort();
console.log(JSON.stringify(results));
process.exit();
