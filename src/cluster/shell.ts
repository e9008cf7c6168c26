/** The terminal that k8ts was started in, as commands see it. */
import { spawn } from "node:child_process";
import {
  type ClusterAccess,
  globalFlags,
  type GlobalValues,
  type Input,
  type Output,
  type Shell,
} from "#cli/command.ts";
import type { Command as ProgramCall } from "#base/processes.ts";
import { connect } from "#cli/connect.ts";
import { serveHttp } from "#host/http-server.ts";
import { listen } from "#host/tcp.ts";
import { gitVersion } from "./version.ts";
import type { World } from "./world.ts";

export function terminalShell(world: World, signal: AbortSignal): Shell {
  let access: Promise<ClusterAccess> | undefined;
  const { env } = process;
  const userAgent = `k8ts/${gitVersion}`;
  return {
    ...world,
    listen,
    serveHttp,
    foreground,
    output: outputTo(process.stdout),
    errors: outputTo(process.stderr),
    input: inputFrom(process.stdin),
    env,
    folder: process.cwd(),
    signal,
    cluster: (globals = noGlobals) => (access ??= connect({ ...world, env, userAgent }, globals)),
  };
}

/** With the terminal to itself. */
function foreground({ program, args, env, folder }: ProgramCall): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const cwd = folder === undefined ? {} : { cwd: folder };
  const child = spawn(program, args, {
    stdio: "inherit",
    env: { ...process.env, ...env },
    ...cwd,
  });
  child.on("error", reject);
  child.on("exit", (code) => resolve(code ?? 1));
  return promise;
}

/** What the global flags mean when none is given. */
const noGlobals = Object.fromEntries(
  Object.entries(globalFlags).map(([name, { fallback }]) => [name, fallback]),
) as unknown as GlobalValues;

function outputTo(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY,
    size: () => (stream.isTTY ? { columns: stream.columns, rows: stream.rows } : undefined),
    onResize: (changed) => {
      stream.on("resize", changed);
      return { [Symbol.dispose]: () => void stream.off("resize", changed) };
    },
  };
}

function inputFrom(stream: NodeJS.ReadStream): Input {
  return {
    isTerminal: stream.isTTY,
    chunks: () => stream as AsyncIterable<Uint8Array>,
    raw: () => {
      if (stream.isTTY) stream.setRawMode(true);
      return {
        [Symbol.dispose]: () => {
          if (stream.isTTY) stream.setRawMode(false);
        },
      };
    },
  };
}
