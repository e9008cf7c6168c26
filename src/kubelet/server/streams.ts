/**
 * exec, attach and port-forward: the runtime has a server of its own for them; the caller's
 * request to leave HTTP is passed on to it, and then bytes both ways.
 * upstream: pkg/kubelet/server/server.go#getExec
 */
import type { HttpClient, HttpHeaders, HttpRequest, HttpResponse } from "#base/http.ts";
import { join } from "#base/stream.ts";
import type { ContainerRuntime } from "../runtime.ts";
import { Refusal } from "./answers.ts";

interface StreamingPorts {
  readonly runtime: Pick<ContainerRuntime, "exec" | "attach" | "portForward">;
  readonly http: HttpClient;
}

const isSet = (query: URLSearchParams, ...names: readonly string[]): boolean =>
  names.some((name) => ["1", "true"].includes(query.get(name) ?? ""));

function streamsOf(query: URLSearchParams) {
  const tty = isSet(query, "tty");
  const streams = {
    tty,
    stdin: isSet(query, "input", "stdin"),
    stdout: isSet(query, "output", "stdout"),
    // A terminal has one output only.
    stderr: isSet(query, "error", "stderr") && !tty,
  };
  if (!streams.stdin && !streams.stdout && !streams.stderr)
    throw new Refusal(400, "you must specify at least 1 of stdin, stdout, stderr"); // exact: kubelet
  return streams;
}

export async function exec(
  { runtime, http }: StreamingPorts,
  request: HttpRequest,
  { id, query }: { readonly id: string; readonly query: URLSearchParams },
): Promise<HttpResponse | undefined> {
  const command = query.getAll("command");
  return passOn(http, request, await runtime.exec({ id, command, ...streamsOf(query) }));
}

interface Attached {
  readonly id: string;
  readonly query: URLSearchParams;
  /** As the container was made, whatever the caller says. */
  readonly tty: boolean;
}

export async function attach(
  { runtime, http }: StreamingPorts,
  request: HttpRequest,
  { id, query, tty }: Attached,
): Promise<HttpResponse | undefined> {
  const streams = streamsOf(query);
  const url = await runtime.attach({ id, ...streams, tty, stderr: streams.stderr && !tty });
  return passOn(http, request, url);
}

export async function portForward(
  { runtime, http }: StreamingPorts,
  request: HttpRequest,
  { id, query }: { readonly id: string; readonly query: URLSearchParams },
): Promise<HttpResponse | undefined> {
  const ports = [...query.getAll("port"), ...query.getAll("ports")]
    .flatMap((list) => list.split(","))
    .map(Number)
    .filter((port) => port > 0);
  return passOn(http, request, await runtime.portForward(id, ports));
}

/** Headers of this connection, and who the caller is: not for the runtime. */
const withheld: ReadonlySet<string> = new Set([
  "host",
  "authorization",
  "content-length",
  "transfer-encoding",
]);

async function passOn(
  http: HttpClient,
  request: HttpRequest,
  url: string,
): Promise<HttpResponse | undefined> {
  if (!request.upgrade) throw new Refusal(400, "Upgrade request required"); // exact: kubelet
  const { answer, stream } = await http.upgrade({
    method: request.method,
    url,
    headers: passable(request.headers),
  });
  if (!stream) return answer;
  const caller = request.upgrade.accept(answer.headers);
  await join(caller, stream);
  return undefined;
}

const passable = (headers: HttpHeaders): HttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !withheld.has(name)));
