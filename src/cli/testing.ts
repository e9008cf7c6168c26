/** The program in a test: a shell whose output is kept, before a real API server in the same process. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { believing, quietServer } from "#apiserver/testing.ts";
import { seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { admin, adminToken, loopback } from "#client/testing.ts";
import { https } from "#client/transports/https.ts";
import { createClient } from "#client/typed.ts";
import { systemDisk } from "#host/disk.ts";
import { systemProcesses } from "#host/processes.ts";
import { VirtualClock } from "#sim/clock.ts";
import type { AnyCommand, Output, Shell } from "./command.ts";
import * as commands from "./commands/catalog.ts";
import { runProgram } from "./program.ts";

export interface TestCli extends AsyncDisposable {
  readonly client: Client;
  readonly clock: VirtualClock;
  /** Where the program runs. */
  readonly folder: string;
  /** Runs it with these words; `k8ts` itself is not one of them. */
  readonly run: (...words: readonly string[]) => Promise<Ran>;
  /** As `run`, in a shell that differs. */
  readonly runIn: (shell: Partial<Shell>, ...words: readonly string[]) => Promise<Ran>;
  readonly file: (name: string, text: string) => Promise<void>;
  /** Creates objects from YAML; throws what the program says when it cannot. */
  readonly make: (yaml: string) => Promise<void>;
}

export interface Ran {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

const namespace = "default";

export async function startTestCli(): Promise<TestCli> {
  const clock = new VirtualClock();
  const server = quietServer({ ports: { clock, authenticator: believing(adminToken, admin) } });
  await server.ready();
  const wire = loopback(server.http);
  const location = { url: "https://test:6443", credentials: () => ({ token: adminToken }) };
  const client = createClient(https(wire, location), { fieldManager: "test" });
  const folder = await mkdtemp(join(tmpdir(), "k8ts-cli-"));
  const shell = { clock, folder, http: wire, client };
  const runIn: TestCli["runIn"] = (different, ...words) => runWith(shell, different, words);
  return {
    client,
    clock,
    folder,
    runIn,
    run: (...words) => runIn({}, ...words),
    file: (name, text) => writeFile(join(folder, name), text),
    make: async (yaml) => {
      const { code, errors } = await runIn({ input: inputOf(yaml) }, "create", "-f", "-");
      if (code !== 0) throw new Error(errors);
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

async function runWith(
  {
    client,
    clock,
    folder,
    http,
  }: Pick<TestCli, "client" | "clock" | "folder"> & Pick<Shell, "http">,
  different: Partial<Shell>,
  words: readonly string[],
): Promise<Ran> {
  const output = new Kept();
  const errors = new Kept();
  const shell: Shell = {
    output,
    errors,
    input: inputOf(""),
    env: {},
    folder,
    clock,
    random: seededRandom(2),
    disk: systemDisk,
    processes: systemProcesses,
    http,
    signal: new AbortController().signal,
    cluster: async (globals) => ({
      client,
      namespace: globals?.namespace ?? namespace,
      server: "https://test:6443",
      http,
    }),
    ...different,
  };
  const program = {
    name: "k8ts",
    summary: "test",
    commands: Object.values(commands as Record<string, AnyCommand>),
  };
  const code = await runProgram(program, shell, words);
  return { code, output: output.text, errors: errors.text };
}

class Kept implements Output {
  text = "";
  readonly isTerminal = false;
  readonly write = (more: string | Uint8Array): void => {
    this.text += typeof more === "string" ? more : new TextDecoder().decode(more);
  };
  readonly size = (): undefined => undefined;
  readonly onResize = (): Disposable => ({ [Symbol.dispose]: () => {} });
}

/** A pipe with this text in it. */
export const inputOf = (text: string): Shell["input"] => ({
  isTerminal: false,
  chunks: async function* () {
    yield new TextEncoder().encode(text);
  },
  raw: () => ({ [Symbol.dispose]: () => {} }),
});
