/**
 * A containerd of one's own for tests: its folders, socket, network and images are made for the
 * occasion and removed afterwards. Needs root, containerd, runc, the CNI plugins and busybox.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

export interface TestContainerd extends AsyncDisposable {
  /** Everything is below it. */
  readonly folder: string;
  readonly socket: string;
  readonly cniConfigFolder: string;
  /** Name of the pods' bridge. */
  readonly bridge: string;
  /** An image with busybox and its applets. */
  readonly image: string;
}

const cniPlugins = "/usr/lib/cni";
const pauseImage = "localhost/k8ts/pause:test";
const testImage = "localhost/k8ts/busybox:test";

/** Why there can be no containerd here, or false when there can. */
export function whyNoContainerd(): string | false {
  if (process.getuid?.() !== 0) return "needs root";
  for (const program of ["containerd", "runc", "ctr", "busybox", "ip"])
    if (!isInstalled(program)) return `${program} is not installed`;
  return existsSync(join(cniPlugins, "bridge")) ? false : "the CNI plugins are not installed";
}

const isInstalled = (program: string): boolean =>
  ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin", "/sbin"].some((folder) =>
    existsSync(join(folder, program)),
  );

interface StartOptions {
  /** Someone else configures the network: with `bridge`, so that it is removed in the end. */
  readonly isWithoutNetwork?: boolean;
}

export async function startContainerd({
  isWithoutNetwork = false,
}: StartOptions = {}): Promise<TestContainerd> {
  const folder = await mkdtemp(join(tmpdir(), "k8ts-containerd-"));
  const socket = join(folder, "containerd.sock");
  const cniConfigFolder = join(folder, "cni");
  await mkdir(cniConfigFolder);
  await writeFile(join(folder, "config.toml"), configOf(folder, socket, cniConfigFolder));
  const daemon = spawn("containerd", ["-c", join(folder, "config.toml")], { stdio: "ignore" });
  const bridge = `k8t${createHash("sha256").update(folder).digest("hex").slice(0, 8)}`;
  if (!isWithoutNetwork)
    await writeFile(join(cniConfigFolder, "10-test.conflist"), networkOf(bridge, folder));
  try {
    await untilServing(socket);
    const layers = [fillWithBusybox];
    const command = ["sleep", "2147483647"];
    await importImage({ folder, socket }, { name: pauseImage, command, layers });
    await importImage({ folder, socket }, { name: testImage, command: ["sh"], layers });
  } catch (error) {
    await cleanUp({ folder, socket, bridge, daemon });
    throw error;
  }
  return {
    folder,
    socket,
    cniConfigFolder,
    bridge,
    image: testImage,
    [Symbol.asyncDispose]: () => cleanUp({ folder, socket, bridge, daemon }),
  };
}

const configOf = (folder: string, socket: string, cniConfigFolder: string): string => `
version = 2
root = "${folder}/root"
state = "${folder}/state"
[grpc]
  address = "${socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPlugins}"
    conf_dir = "${cniConfigFolder}"
`;

const networkOf = (bridge: string, folder: string): string =>
  JSON.stringify({
    cniVersion: "0.4.0",
    name: bridge,
    plugins: [
      {
        type: "bridge",
        bridge,
        isGateway: true,
        ipMasq: false,
        ipam: {
          type: "host-local",
          dataDir: join(folder, "ipam"),
          ranges: [[{ subnet: "10.222.0.0/24" }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  });

async function untilServing(socket: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (existsSync(socket) && answers(socket)) return;
    await wait(50);
  }
  throw new Error("containerd does not answer");
}

function answers(socket: string): boolean {
  try {
    execFileSync("ctr", ["-a", socket, "version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

interface TestImage {
  readonly name: string;
  readonly command?: readonly string[];
  /** What makes the files of each layer, in a folder of its own; the lowest first. */
  readonly layers: readonly ((root: string) => Promise<void>)[];
}

async function fillWithBusybox(root: string): Promise<void> {
  for (const part of ["bin", "etc", "tmp", "var"])
    await mkdir(join(root, part), { recursive: true });
  execFileSync("cp", ["/bin/busybox", join(root, "bin/busybox")]);
  for (const applet of execFileSync("busybox", ["--list"], { encoding: "utf8" }).trim().split("\n"))
    if (applet !== "busybox") await symlink("busybox", join(root, "bin", applet));
  await writeFile(
    join(root, "etc/passwd"),
    "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
  );
  await writeFile(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
}

/** Packs the layers into a Docker archive and loads it. */
export async function importImage(
  { folder, socket }: Pick<TestContainerd, "folder" | "socket">,
  image: TestImage,
): Promise<void> {
  const work = await mkdtemp(join(folder, "image-"));
  const layers = await Promise.all(
    image.layers.map((fill, i) => packLayer(work, `layer${i}`, fill)),
  );
  const config = {
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: { Cmd: image.command, Env: ["PATH=/bin"] },
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
  };
  await writeFile(join(work, "config.json"), JSON.stringify(config));
  const files = layers.map(({ file }) => file);
  const manifest = [{ Config: "config.json", RepoTags: [image.name], Layers: files }];
  await writeFile(join(work, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "image.tar");
  execFileSync("tar", ["-C", work, "-cf", archive, "manifest.json", "config.json", ...files]);
  execFileSync("ctr", ["-a", socket, "-n", "k8s.io", "images", "import", archive], {
    stdio: "ignore",
  });
  await rm(work, { recursive: true });
  await rm(archive);
}

async function packLayer(work: string, name: string, fill: (root: string) => Promise<void>) {
  const root = join(work, name);
  const file = `${name}.tar`;
  await mkdir(root);
  await fill(root);
  execFileSync("tar", ["-C", root, "--owner=0", "--group=0", "-cf", join(work, file), "."]);
  const digest = createHash("sha256")
    .update(readFileSync(join(work, file)))
    .digest("hex");
  return { file, digest };
}

interface Leftovers {
  readonly folder: string;
  readonly socket: string;
  readonly bridge: string;
  readonly daemon: ChildProcess;
}

/** Shims outlive containerd, mounts outlive both: everything below our folder has to go. */
async function cleanUp({ folder, bridge, daemon }: Leftovers): Promise<void> {
  daemon.kill("SIGKILL");
  for (const pid of processesNaming(folder)) process.kill(pid, "SIGKILL");
  await wait(100);
  for (const mount of mountsBelow(folder)) execFileSync("umount", ["-l", mount]);
  if (existsSync(`/sys/class/net/${bridge}`)) execFileSync("ip", ["link", "delete", bridge]);
  await rm(folder, { recursive: true, force: true });
}

/** The shims, which were started with our socket's address, and what runs under them. */
function processesNaming(folder: string): number[] {
  const shims: number[] = [];
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((n) => /^\d+$/.test(n))) {
    const facts = processFacts(Number(name));
    if (!facts) continue;
    children.set(facts.parent, [...(children.get(facts.parent) ?? []), Number(name)]);
    if (facts.commandLine.includes(`${folder}/`) && facts.commandLine.includes("shim"))
      shims.push(Number(name));
  }
  return shims.flatMap((pid) => [pid, ...(children.get(pid) ?? [])]);
}

function processFacts(pid: number): { parent: number; commandLine: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return { parent, commandLine: readFileSync(`/proc/${pid}/cmdline`, "utf8") };
  } catch {
    return undefined; // It ended while we looked.
  }
}

/** Deepest first. */
const mountsBelow = (folder: string): string[] =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith(`${folder}/`))
    .toReversed();

interface Account {
  readonly user: string;
  readonly password: string;
}

export interface TestRegistry extends AsyncDisposable {
  readonly host: string;
  /** The test image under a name of this registry. */
  readonly image: string;
}

/** A registry with one image, for those who know the password. */
export async function serveImage(
  { folder, socket }: TestContainerd,
  { user, password }: Account,
): Promise<TestRegistry> {
  const layout = await mkdtemp(join(folder, "registry-"));
  const archive = join(layout, "image.tar");
  const ctr = ["-a", socket, "-n", "k8s.io", "images"];
  execFileSync("ctr", [...ctr, "export", archive, testImage]);
  execFileSync("tar", ["-C", layout, "-xf", archive]);
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as {
    readonly manifests: readonly { readonly digest: string; readonly mediaType: string }[];
  };
  const [manifest] = index.manifests;
  if (!manifest) throw new Error("the archive is empty");
  const blobs = join(layout, "blobs/sha256");
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const server = createServer((request, response) => {
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
      return;
    }
    const [, , , sort, reference = ""] = (request.url ?? "").split("?")[0]?.split("/") ?? [];
    const digest = reference.startsWith("sha256:") ? reference : manifest.digest;
    const path = join(blobs, digest.slice("sha256:".length));
    const type = sort === "manifests" ? manifest.mediaType : "application/octet-stream";
    const body = readFileSync(path);
    response.writeHead(200, {
      "content-type": type,
      "content-length": body.length,
      "docker-content-digest": digest,
    });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    image: `${host}/app:1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
