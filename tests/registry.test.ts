/** Images come from a registry where there is one: Debian's `docker-registry`, for those who know the password. */
import { equal, match } from "node:assert/strict";
import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, startCluster, type TestCluster } from "./cluster.ts";
import type { Started } from "./machine.ts";
import { unpack } from "./packages.ts";

const host = "127.0.0.1:5000";
const account = { user: "me", password: "s3cret" };
/** The account as htpasswd keeps it, with bcrypt. */
const htpasswd = "me:$2b$04$LwlzUFCLAjSjer8TmsnZdutdwCt2RXqPAGR9xPa3tJTrAn20vH0dO\n";

let cluster: TestCluster;
let registry: Started;

before(async () => {
  cluster = await startCluster();
  registry = await startRegistry(cluster);
  await push(cluster, "team/greeter:1");
});

after(async () => {
  await registry[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

async function registryProgram(folder: string): Promise<string> {
  const unpacked = join(folder, "docker-registry");
  const program = join(unpacked, "usr/bin/docker-registry");
  await unpack(unpacked, ["docker-registry"]);
  await access(program);
  return program;
}

async function startRegistry({ machine }: TestCluster): Promise<Started> {
  const program = await registryProgram(machine.folder);
  const [passwords, config] = [join(machine.folder, "htpasswd"), join(machine.folder, "reg.yml")];
  await writeFile(passwords, htpasswd);
  const settings = {
    version: "0.1",
    storage: { filesystem: { rootdirectory: join(machine.folder, "reg") } },
    http: { addr: host },
    auth: { htpasswd: { realm: "test", path: passwords } },
  };
  await writeFile(config, JSON.stringify(settings));
  const started = machine.start(program, ["serve", config]);
  await started.says(/listening on/);
  return started;
}

/** Builds an image, puts it into the registry, and forgets it here. */
async function push({ machine, k8ts }: TestCluster, name: string): Promise<void> {
  const folder = join(machine.folder, "greeter");
  await mkdir(folder);
  await writeFile(
    join(folder, "Dockerfile"),
    `FROM k8ts.local/node\nCMD ["-e", "console.log('from the registry'); setInterval(() => {}, 1e6)"]\n`,
  );
  const image = `${host}/${name}`;
  await k8ts(`image build ${folder} -t ${image}`);
  const sockets = await machine.run("sh", ["-c", "ls -t /run/k8ts-*/containerd.sock"]);
  const ctr = ["--address", sockets.stdout.split("\n")[0] ?? "", "--namespace", "k8s.io", "images"];
  const user = `${account.user}:${account.password}`;
  for (const words of [
    ["push", "--plain-http", "--user", user, image],
    ["remove", image],
  ]) {
    const { code, stderr } = await machine.run("ctr", [...ctr, ...words]);
    equal(code, 0, stderr);
  }
}

test("without credentials the image is not pulled, and status and events say why", async () => {
  const { kubectl } = cluster;
  await kubectl(`run stranger --image=${host}/team/greeter:1`);
  const reason = "jsonpath={.status.containerStatuses[0].state.waiting.reason}";
  await eventually(async () => {
    match(await kubectl(`get pod stranger -o ${reason}`), /^(ErrImagePull|ImagePullBackOff)$/);
    match(await kubectl("describe pod stranger"), /Failed to pull image .*team\/greeter:1/);
  });
  await kubectl("delete pod stranger --now");
});

test("with an image pull secret of its service account a pod gets its image", async () => {
  const { kubectl } = cluster;
  const login = `--docker-server=${host} --docker-username=me --docker-password=s3cret`;
  await kubectl(`create secret docker-registry login ${login}`);
  const secrets = JSON.stringify({ imagePullSecrets: [{ name: "login" }] });
  await kubectl(["patch", "serviceaccount", "default", "-p", secrets]);
  await kubectl(`run guest --image=${host}/team/greeter:1`);
  await kubectl("wait --for=condition=Ready pod/guest --timeout=60s");
  equal(await kubectl("logs guest"), "from the registry\n");
  match(await kubectl("describe pod guest"), /Successfully pulled image .*team\/greeter:1/);
});

test("a mirror stands in for a registry that is out of reach", async () => {
  const { kubectl, data } = cluster;
  const folder = join(data, "registries/registry.example.com");
  await mkdir(folder, { recursive: true });
  const basic = Buffer.from(`${account.user}:${account.password}`).toString("base64");
  await writeFile(
    join(folder, "hosts.toml"),
    `server = "https://registry.example.com"
[host."http://${host}"]
  capabilities = ["pull", "resolve"]
  [host."http://${host}".header]
    authorization = "Basic ${basic}"
`,
  );
  await kubectl("run mirrored --image=registry.example.com/team/greeter:1");
  await kubectl("wait --for=condition=Ready pod/mirrored --timeout=60s");
  equal(await kubectl("logs mirrored"), "from the registry\n");
});
