/** The terminal that k8ts was started in, as commands see it. */
import { homedir } from "node:os";
import { KubeconfigError, loadKubeconfig, resolveContext } from "#client/kubeconfig.ts";
import { https } from "#client/transports/https.ts";
import { createClient } from "#client/typed.ts";
import {
  type ClusterAccess,
  globalFlags,
  type Input,
  type Output,
  type Shell,
} from "#cli/command.ts";

import { gitVersion } from "./version.ts";
import type { World } from "./world.ts";

export function terminalShell(world: World, argv: readonly string[], signal: AbortSignal): Shell {
  let access: Promise<ClusterAccess> | undefined;
  return {
    ...world,
    output: outputTo(process.stdout),
    errors: outputTo(process.stderr),
    input: inputFrom(process.stdin),
    env: process.env,
    folder: process.cwd(),
    signal,
    cluster: () => (access ??= connect(world, argv)),
  };
}

/** The files that kubectl reads: --kubeconfig, else $KUBECONFIG, else ~/.kube/config. */
export function kubeconfigPaths(given: string | undefined): readonly string[] {
  if (given !== undefined) return [given];
  const listed = (process.env["KUBECONFIG"] ?? "").split(":").filter((path) => path !== "");
  return listed.length > 0 ? listed : [`${homedir()}/.kube/config`];
}

async function connect(world: World, argv: readonly string[]): Promise<ClusterAccess> {
  const { kubeconfig, context, namespace, server } = globalsOf(argv);
  const config = await loadKubeconfig(world.disk, kubeconfigPaths(kubeconfig));
  if (config.contexts.length === 0 && server === undefined)
    throw new KubeconfigError("there is no cluster yet: start one with `k8ts up`");
  const resolved = await resolveContext(config, { disk: world.disk, context });
  const location = { ...resolved.location, ...(server === undefined ? {} : { url: server }) };
  const client = createClient(https(world.http, location), {
    fieldManager: "k8ts",
    userAgent: `k8ts/${gitVersion}`,
  });
  return { client, namespace: namespace ?? resolved.namespace, server: location.url };
}

/** The global flags, wherever they stand: the command's own flags are not known here. */
function globalsOf(argv: readonly string[]): {
  readonly [name in "kubeconfig" | "context" | "namespace" | "server"]?: string;
} {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  const found: Record<string, string> = {};
  for (const name of ["kubeconfig", "context", "namespace", "server"] as const) {
    const { short } = globalFlags[name];
    const value = lastValue(words, `--${name}`, short === undefined ? undefined : `-${short}`);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function lastValue(
  words: readonly string[],
  long: string,
  short: string | undefined,
): string | undefined {
  let value: string | undefined;
  for (const [at, word] of words.entries()) {
    if (word === long || word === short) value = words[at + 1];
    else if (word.startsWith(`${long}=`)) value = word.slice(long.length + 1);
    else if (short && word.startsWith(short) && !word.startsWith("--"))
      value = word.slice(short.length).replace(/^=/, "");
  }
  return value;
}

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
