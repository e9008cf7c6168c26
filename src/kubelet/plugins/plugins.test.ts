/** Registration over real sockets: a plugin in this process, the kubelet's side beside it. */
import { deepEqual, equal } from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { Bell } from "#base/signal.ts";
import { systemClock } from "#host/clock.ts";
import { systemDisk } from "#host/disk.ts";
import { pluginRegistry } from "../paths.ts";
import { openChannel } from "../runtimes/grpc-channel.ts";
import { MemoryClient } from "../testing.ts";
import { definePluginHandler, type PluginInfo } from "./plugin-handler.ts";
import { Plugins } from "./plugins.ts";
import { type Served, serveRegistration } from "./testing.ts";

const driver = { type: "DRAPlugin", name: "gpu.example.com", endpoint: "/run/gpu.sock" };

class World {
  readonly folder: string;
  readonly registry: string;
  /** What handlers were asked to do, in order; what plugins were told. */
  readonly story: string[] = [];
  /** What `register` throws, as long as there is something. */
  readonly troubles: string[] = [];
  readonly #news = new Bell();
  readonly #stop = new AbortController();
  readonly plugins: Plugins;
  readonly #running: Promise<void>;

  constructor(folder: string) {
    this.folder = folder;
    const folders = { root: folder, logs: "", logLinks: "", cniConfig: "" };
    this.registry = pluginRegistry(folders);
    this.plugins = new Plugins({
      client: new MemoryClient(),
      clock: systemClock,
      random: seededRandom(1),
      log: silent,
      disk: systemDisk,
      openChannel: (to) => openChannel({ ...to, clock: systemClock }),
      nodeName: "n1",
      folders,
      handlers: [this.#handler()],
    });
    this.#running = this.plugins.run(this.#stop.signal);
  }

  #handler() {
    return definePluginHandler({
      type: "DRAPlugin",
      validate: ({ supportedVersions }) => {
        if (!supportedVersions.includes("v1")) throw new Error("no version that we know");
      },
      register: async (info) => {
        const trouble = this.troubles.pop();
        if (trouble) throw new Error(trouble);
        this.tell(`register ${info.name} at ${info.endpoint}`);
      },
      deregister: async ({ name }, { find }) =>
        this.tell(`deregister ${name}, left: ${find("DRAPlugin", name)?.endpoint ?? "none"}`),
    });
  }

  tell(line: string): void {
    this.story.push(line);
    this.#news.ring();
  }

  async serve(file: string, of: Partial<PluginInfo> = {}): Promise<Served> {
    const { supportedVersions = ["v1"], ...info } = { ...driver, ...of };
    await systemDisk.makeFolder(this.registry);
    return serveRegistration(join(this.registry, file), {
      info,
      supportedVersions,
      told: ({ pluginRegistered = false, error = "" }) =>
        this.tell(pluginRegistered ? `${info.name} is in` : error),
    });
  }

  async until(lines: number): Promise<readonly string[]> {
    while (this.story.length < lines) await this.#news.heard(this.#stop.signal);
    return this.story;
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await rm(this.folder, { recursive: true });
  }
}

async function world(context: TestContext): Promise<World> {
  const made = new World(await mkdtemp(join(tmpdir(), "k8ts-plugins-")));
  context.after(() => made.end());
  return made;
}

test("a plugin is asked who it is, taken on, and let go when its socket goes", async (context) => {
  const made = await world(context);
  const served = await made.serve("gpu.sock");
  await made.until(2);
  equal(made.plugins.find("DRAPlugin", "gpu.example.com")?.endpoint, "/run/gpu.sock");
  await served[Symbol.asyncDispose]();
  deepEqual(await made.until(3), [
    "register gpu.example.com at /run/gpu.sock",
    "gpu.example.com is in",
    "deregister gpu.example.com, left: none",
  ]);
  equal(made.plugins.find("DRAPlugin", "gpu.example.com"), undefined);
});

test("a plugin that came back at the same path registers again", async (context) => {
  const made = await world(context);
  const first = await made.serve("gpu.sock");
  await made.until(2);
  await first[Symbol.asyncDispose]();
  await using _second = await made.serve("gpu.sock", { endpoint: "/run/gpu-2.sock" });
  deepEqual((await made.until(5)).slice(2), [
    "deregister gpu.example.com, left: none",
    "register gpu.example.com at /run/gpu-2.sock",
    "gpu.example.com is in",
  ]);
});

test("while two of one driver run, the one that stays is found", async (context) => {
  const made = await world(context);
  await using _old = await made.serve("old.sock", { endpoint: "/run/old.sock" });
  await made.until(2);
  const young = await made.serve("young.sock", { endpoint: "/run/young.sock" });
  await made.until(4);
  equal(made.plugins.find("DRAPlugin", "gpu.example.com")?.endpoint, "/run/young.sock");
  await young[Symbol.asyncDispose]();
  equal((await made.until(5))[4], "deregister gpu.example.com, left: /run/old.sock");
});

test("a plugin without an endpoint serves at the socket that it registered with", async (context) => {
  const made = await world(context);
  await using served = await made.serve("gpu.sock", { endpoint: "" });
  equal((await made.until(1))[0], `register gpu.example.com at ${served.socket}`);
});

test("plugins of unknown type or version are told why they are not taken", async (context) => {
  const made = await world(context);
  await using unknown = await made.serve("x.sock", { type: "XPlugin" });
  equal(
    (await made.until(1))[0],
    `RegisterPlugin error -- no handler registered for plugin type: XPlugin at socket ${unknown.socket}`,
  );
  await using _old = await made.serve("old.sock", { supportedVersions: ["v0"] });
  const refusal =
    "RegisterPlugin error -- plugin validation failed with err: no version that we know";
  while (!made.story.includes(refusal)) await made.until(made.story.length + 1);
  equal(made.plugins.find("DRAPlugin", "gpu.example.com"), undefined);
});

test("a registration that failed is tried again", async (context) => {
  const made = await world(context);
  made.troubles.push("not yet");
  await using _served = await made.serve("gpu.sock");
  deepEqual(await made.until(3), [
    "RegisterPlugin error -- plugin registration failed with err: not yet",
    "register gpu.example.com at /run/gpu.sock",
    "gpu.example.com is in",
  ]);
});

test("files that are no sockets are nobody's business", async (context) => {
  const made = await world(context);
  await using _served = await made.serve("gpu.sock");
  await writeFile(join(made.registry, "README"), "hello");
  deepEqual((await made.until(2)).length, 2);
  equal(made.plugins.find("DRAPlugin", "gpu.example.com")?.type, "DRAPlugin");
});
