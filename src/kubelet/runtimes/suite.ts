/** What every container runtime must do, whether it is real or imagined. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  type ContainerConfig,
  type ContainerRuntime,
  type ContainerStatus,
  isRuntimeError,
  type RuntimeChange,
  type SandboxConfig,
} from "../runtime.ts";

export interface RuntimeWorld extends AsyncDisposable {
  readonly runtime: ContainerRuntime;
  /** An image that is there. */
  readonly image: string;
  readonly logFolder: string;
  readonly commands: {
    readonly sleeps: readonly string[];
    /** Ends with this code when it is asked to stop. */
    readonly stopsWith: (code: number) => readonly string[];
    readonly exitsWith: (code: number) => readonly string[];
    readonly says: (text: string) => readonly string[];
    readonly absent: readonly string[];
  };
}

interface SuiteOptions {
  /** Why it cannot run here, or false. */
  readonly skip: string | false;
}

export function runtimeSuite(
  name: string,
  open: () => Promise<RuntimeWorld>,
  { skip }: SuiteOptions = { skip: false },
): void {
  describe(`a container runtime: ${name}`, { skip }, () => {
    let world: RuntimeWorld;
    let sandbox: { readonly id: string; readonly config: SandboxConfig };

    before(async () => {
      world = await open();
      const config = sandboxConfig(world, "shared");
      sandbox = { id: await world.runtime.runSandbox(config), config };
    });

    after(async () => {
      await world.runtime.stopSandbox(sandbox.id);
      await world.runtime.removeSandbox(sandbox.id);
      await world[Symbol.asyncDispose]();
    });

    const start = async (command: readonly string[], container: string): Promise<string> => {
      const { runtime } = world;
      const config = containerConfig(world, container, command);
      const id = await runtime.createContainer({
        sandboxId: sandbox.id,
        config,
        sandbox: sandbox.config,
      });
      await runtime.startContainer(id);
      return id;
    };

    const ended = async (id: string): Promise<ContainerStatus> => {
      for await (const _ of ticks()) {
        const status = await world.runtime.containerStatus(id);
        if (status?.state === "exited") return status;
      }
      throw new Error("it does not end");
    };

    test("says who it is and that it is ready", async () => {
      const { runtimeName, runtimeVersion } = await world.runtime.version();
      ok(runtimeName !== "" && runtimeVersion !== "");
      const { conditions } = await world.runtime.status();
      deepEqual(
        conditions.filter(({ type }) => type === "RuntimeReady").map(({ status }) => status),
        [true],
      );
    });

    test("a sandbox has an address until it is stopped, and is gone when removed", async () => {
      const { runtime } = world;
      const config = sandboxConfig(world, "lonely");
      const id = await runtime.runSandbox(config);
      const running = await runtime.sandboxStatus(id);
      equal(running?.isReady, true);
      equal(running?.ips.length, 1);
      deepEqual(running?.metadata, config.metadata);
      equal(running?.annotations["suite"], "lonely");
      const listed = await runtime.listSandboxes({ labels: { pod: "lonely" } });
      deepEqual(
        listed.map((found) => found.id),
        [id],
      );
      await runtime.stopSandbox(id);
      equal((await runtime.sandboxStatus(id))?.isReady, false);
      await runtime.stopSandbox(id);
      await runtime.removeSandbox(id);
      equal(await runtime.sandboxStatus(id), undefined);
      await runtime.removeSandbox(id);
      await runtime.stopSandbox(id);
    });

    test("a container is created, runs, is stopped and removed", async () => {
      const { runtime } = world;
      const config = containerConfig(world, "app", world.commands.stopsWith(7));
      const id = await runtime.createContainer({
        sandboxId: sandbox.id,
        config,
        sandbox: sandbox.config,
      });
      equal((await runtime.containerStatus(id))?.state, "created");
      await runtime.startContainer(id);
      const running = await runtime.containerStatus(id);
      equal(running?.state, "running");
      ok((running?.startedAtMs ?? 0) > 0);
      equal(running?.annotations["suite"], "app");
      const listed = await runtime.listContainers({ labels: { container: "app" } });
      deepEqual(
        listed.map((found) => [found.id, found.sandboxId, found.name, found.state]),
        [[id, sandbox.id, "app", "running"]],
      );
      await settle(() =>
        runtime.execSync({ id, command: world.commands.says("x"), timeoutSeconds: 5 }),
      );
      await runtime.stopContainer(id, 10);
      const stopped = await runtime.containerStatus(id);
      deepEqual([stopped?.state, stopped?.exitCode], ["exited", 7]);
      ok((stopped?.finishedAtMs ?? 0) >= (stopped?.startedAtMs ?? 0));
      await runtime.stopContainer(id, 10);
      await runtime.removeContainer(id);
      equal(await runtime.containerStatus(id), undefined);
      await runtime.removeContainer(id);
      await runtime.stopContainer(id, 0);
    });

    test("a container that does not stop is killed when its time is over", async () => {
      const id = await start(world.commands.sleeps, "stubborn");
      await world.runtime.stopContainer(id, 1);
      const { exitCode } = await ended(id);
      equal(exitCode, 137);
    });

    for (const [code, reason] of [
      [0, "Completed"],
      [3, "Error"],
    ] as const) {
      test(`a container that exits with ${code} says ${reason}`, async () => {
        const status = await ended(await start(world.commands.exitsWith(code), `exit${code}`));
        deepEqual([status.exitCode, status.reason], [code, reason]);
      });
    }

    test("a command that is not there fails at the start, and the container has ended", async () => {
      const config = containerConfig(world, "absent", world.commands.absent);
      const request = { sandboxId: sandbox.id, config, sandbox: sandbox.config };
      const id = await world.runtime.createContainer(request);
      await rejects(world.runtime.startContainer(id), (error) => error instanceof Error);
      const status = await world.runtime.containerStatus(id);
      deepEqual([status?.state, status?.exitCode, status?.reason], ["exited", 128, "StartError"]);
    });

    test("a command in a container gives its output and exit code", async () => {
      const id = await start(world.commands.sleeps, "exec");
      const { runtime, commands } = world;
      const said = await runtime.execSync({
        id,
        command: commands.says("hello"),
        timeoutSeconds: 5,
      });
      deepEqual([new TextDecoder().decode(said.output).trim(), said.exitCode], ["hello", 0]);
      const failed = await runtime.execSync({
        id,
        command: commands.exitsWith(4),
        timeoutSeconds: 5,
      });
      equal(failed.exitCode, 4);
      await rejects(
        runtime.execSync({ id, command: commands.sleeps, timeoutSeconds: 1 }),
        (error) => isRuntimeError(error, "DeadlineExceeded"),
      );
      const streams = { stdin: false, stdout: true, stderr: false, tty: false };
      match(await runtime.exec({ id, command: commands.says("x"), ...streams }), /^https?:\/\//);
      await runtime.stopContainer(id, 0);
    });

    test("an exit is reported, and by then the status shows it", async () => {
      const stop = new AbortController();
      const id = await start(world.commands.stopsWith(0), "watched");
      const changes = world.runtime.changes(stop.signal)[Symbol.asyncIterator]();
      const first = nextOf(changes, id);
      await settle(() =>
        world.runtime.execSync({ id, command: world.commands.says("x"), timeoutSeconds: 5 }),
      );
      const stopped = world.runtime.stopContainer(id, 5);
      equal((await first).what, "exited");
      equal((await world.runtime.containerStatus(id))?.state, "exited");
      await stopped;
      stop.abort();
      await changes.return?.(undefined);
    });

    test("images are known by name, and unknown ones are not", async () => {
      const { runtime, image } = world;
      const found = await runtime.imageStatus(image);
      ok(found && found.id !== "" && found.sizeBytes > 0);
      ok((await runtime.listImages()).some(({ id }) => id === found.id));
      equal(await runtime.imageStatus("localhost/no/such:image"), undefined);
      await rejects(
        runtime.pullImage({ image: "localhost:1/no/such:image" }),
        /rpc error: code = /,
      );
    });

    test("layers of an image are held by a key until they are released", async () => {
      const { runtime, image } = world;
      equal(await runtime.heldLayers("suite/one"), undefined);
      const layers = await runtime.holdLayers("suite/one", image);
      ok(layers.length > 0 && layers.every((folder) => folder.startsWith("/")));
      deepEqual(await runtime.heldLayers("suite/one"), layers);
      deepEqual(await runtime.holdLayers("suite/one", "localhost/no/such:image"), layers);
      await runtime.releaseLayers("suite/one");
      await runtime.releaseLayers("suite/one");
      equal(await runtime.heldLayers("suite/one"), undefined);
      await rejects(runtime.holdLayers("suite/one", "localhost/no/such:image"));
    });

    test("what is not there is undefined to ask about and an error to act on", async () => {
      const { runtime } = world;
      equal(await runtime.containerStatus("nobody"), undefined);
      equal(await runtime.sandboxStatus("nobody"), undefined);
      await rejects(runtime.startContainer("nobody"), (error) => isRuntimeError(error, "NotFound"));
    });
  });
}

/** The stream begins at its own pace: a first event may be another container's. */
async function nextOf(changes: AsyncIterator<RuntimeChange>, id: string): Promise<RuntimeChange> {
  for (;;) {
    const { value, done } = await changes.next();
    if (done) throw new Error("the stream ended");
    if (value.id === id) return value;
  }
}

/** A process needs a moment to set its signal handlers: after an exec it had one. */
const settle = async (exec: () => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < 3; i++) await exec();
};

/** Every so often, for a while. */
async function* ticks(): AsyncGenerator<void> {
  for (let i = 0; i < 500; i++) {
    yield;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const namespaces = { network: "POD", pid: "CONTAINER", ipc: "POD" } as const;

const sandboxConfig = (world: RuntimeWorld, name: string): SandboxConfig => ({
  metadata: { name, uid: `uid-${name}`, namespace: "suite", attempt: 0 },
  hostname: name,
  logDirectory: `${world.logFolder}/${name}`,
  portMappings: [],
  labels: { pod: name },
  annotations: { suite: name },
  linux: {
    cgroupParent: "/k8ts-suite",
    sysctls: {},
    securityContext: { namespaceOptions: namespaces, supplementalGroups: [], privileged: false },
  },
});

const containerConfig = (
  world: RuntimeWorld,
  name: string,
  command: readonly string[],
): ContainerConfig => ({
  metadata: { name, attempt: 0 },
  image: { image: world.image },
  command,
  args: [],
  workingDir: "",
  envs: [],
  mounts: [],
  devices: [],
  labels: { container: name },
  annotations: { suite: name },
  logPath: `${name}.log`,
  stdin: false,
  stdinOnce: false,
  tty: false,
  linux: {
    resources: {},
    securityContext: {
      privileged: false,
      namespaceOptions: namespaces,
      readonlyRootfs: false,
      supplementalGroups: [],
      noNewPrivs: false,
      maskedPaths: [],
      readonlyPaths: [],
    },
  },
});
