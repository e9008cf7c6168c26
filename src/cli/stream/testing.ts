/** For tests: a shell that keeps what is said, and an API server with a kubelet that does as told. */
import { inProcess } from "#client/transports/in-process.ts";
import { createClient } from "#client/typed.ts";
import { spdyConnection, type SpdyStream } from "#base/streaming/spdy.ts";
import type { KubeletDialer } from "#apiserver/subresources/kubelet-dialer.ts";
import { admin, type SecureServer, startSecureServer } from "#apiserver/subresources/testing.ts";
import { connectionPair } from "#base/streaming/testing.ts";
import { seededRandom } from "#base/random.ts";
import type { ByteStream } from "#base/stream.ts";
import type { HttpAnswer, HttpClient } from "#base/http.ts";
import type { Listen } from "#base/tcp.ts";
import { systemDisk } from "#host/disk.ts";
import { VirtualClock } from "#sim/clock.ts";
import * as commands from "../commands/catalog.ts";
import type { AnyCommand, Shell } from "../command.ts";
import { runProgram } from "../program.ts";

export interface Ran {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export interface Terminal {
  readonly input?: string;
  /** Keys come raw, and the command runs in a screen of this size. */
  readonly size?: { readonly columns: number; readonly rows: number };
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly listen?: Listen;
  readonly serveHttp?: NonNullable<Shell["serveHttp"]>;
  readonly http?: HttpClient;
  /** The address of the API server, where it has one. */
  readonly url?: string;
}

/** Runs a command line, as the program does. */
export async function run(
  server: SecureServer | undefined,
  line: readonly string[],
  terminal: Terminal = {},
): Promise<Ran> {
  const said = { output: "", errors: "" };
  const shell = shellOf(server, said, terminal);
  const all = Object.values(commands as Record<string, AnyCommand>);
  const code = await runProgram({ name: "k8ts", summary: "", commands: all }, shell, line);
  return { code, ...said };
}

const unused = (): never => {
  throw new Error("not part of this test");
};

const noHttp: HttpClient = { call: unused, upgrade: unused };

function shellOf(
  server: SecureServer | undefined,
  said: { output: string; errors: string },
  { input, size, folder = "/", env = {}, http = noHttp, ...given }: Terminal,
): Shell {
  const decode = (text: string | Uint8Array): string =>
    typeof text === "string" ? text : Buffer.from(text).toString();
  const outputTo = (name: "output" | "errors") => ({
    write: (text: string | Uint8Array) => void (said[name] += decode(text)),
    isTerminal: size !== undefined,
    size: () => size,
    onResize: () => ({ [Symbol.dispose]: () => {} }),
  });
  return {
    output: outputTo("output"),
    errors: outputTo("errors"),
    input: {
      isTerminal: size !== undefined,
      chunks: () => chunksOf(input ?? ""),
      raw: () => ({ [Symbol.dispose]: () => {} }),
    },
    env,
    folder,
    clock: new VirtualClock(),
    random: seededRandom(7),
    disk: systemDisk,
    processes: { run: unused, start: unused, isAlive: unused, signal: unused },
    http,
    ...(given.listen ? { listen: given.listen } : {}),
    ...(given.serveHttp ? { serveHttp: given.serveHttp } : {}),
    signal: given.signal ?? new AbortController().signal,
    cluster: async (globals) => ({
      http,
      client: createClient(inProcess(server?.server.handle ?? unused, admin)),
      namespace: globals?.namespace ?? "default",
      server: given.url ?? "https://server",
    }),
  };
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  if (text !== "") yield Buffer.from(text);
}

export const answerOf = (status: number, text = ""): HttpAnswer => ({
  status,
  headers: {},
  body: chunksOf(text),
});

/** What the kubelet was asked, and the streams that it was given. */
export interface RemoteEnd {
  readonly path: string;
  readonly streams: ReadonlyMap<string, SpdyStream>;
}

export interface TestKubelet extends KubeletDialer {
  readonly asked: string[];
}

/**
 * `serve` gets each connection when all of its streams are there; `log` answers everything else.
 */
export function kubeletOf({
  serve = unused,
  forward = unused,
  log = () => "",
}: {
  readonly serve?: (end: RemoteEnd) => Promise<void>;
  readonly forward?: (stream: SpdyStream) => void;
  readonly log?: (path: string) => string | number;
}): TestKubelet {
  const asked: string[] = [];
  return {
    asked,
    call: async (_node, path) => {
      asked.push(path);
      const said = log(path);
      return typeof said === "number" ? answerOf(said, "broken") : answerOf(200, said);
    },
    upgrade: async (_node, path, call) => {
      asked.push(path);
      const [near, far] = connectionPair();
      if (path.startsWith("/portForward"))
        spdyConnection(far, { side: "server", onStream: forward });
      else serveCommand(far, path, serve);
      const version = call?.headers?.["x-stream-protocol-version"] ?? "";
      const headers = { "x-stream-protocol-version": version };
      return { answer: { ...answerOf(101), headers }, stream: near };
    },
  };
}

function serveCommand(
  far: ByteStream,
  path: string,
  serve: (end: RemoteEnd) => Promise<void>,
): void {
  const query = new URL(path, "http://kubelet").searchParams;
  const wanted = ["input", "output", "error", "tty"].filter((name) => query.get(name) === "1");
  const streams = new Map<string, SpdyStream>();
  const connection = spdyConnection(far, {
    side: "server",
    onStream: (stream) => {
      streams.set(stream.headers["streamtype"] ?? "", stream);
      if (streams.size === wanted.length + 1)
        void serve({ path, streams }).finally(connection.destroy);
    },
  });
}

export const running = { phase: "Running" };

/** A server with a node, and pods that run on it. */
export async function serverWith(
  kubelets: KubeletDialer,
  ...pods: readonly { readonly name: string; readonly [field: string]: unknown }[]
): Promise<SecureServer> {
  const server = await startSecureServer({ kubelets });
  await server.ask("POST", "/api/v1/nodes", { body: { metadata: { name: "n1" } } });
  for (const { name, labels, annotations, spec, status = running } of pods) {
    const body = {
      metadata: { name, labels, annotations },
      spec: { nodeName: "n1", containers: [{ name: "app", image: "i" }], ...(spec as object) },
    };
    const pod = await server.ask("POST", "/api/v1/namespaces/default/pods", { body });
    const path = `/api/v1/namespaces/default/pods/${name}/status`;
    await server.ask("PUT", path, {
      body: { ...pod, status: { ...pod.status, ...(status as object) } },
    });
  }
  return server;
}
