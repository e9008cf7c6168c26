/**
 * Hooks at the start and the end of a container, and probes: asking the container, or a server in
 * it, for something.
 * upstream: pkg/kubelet/lifecycle/handlers.go, pkg/probe
 */
import type { Container } from "#api/core/container.ts";
import type { HTTPGetAction, LifecycleHandler, ProbeHandler } from "#api/core/probe.ts";
import { seconds, sleep } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import { hostPort } from "#base/ip.ts";
import { findContainer } from "../pod/pod-containers.ts";
import { probeOf } from "../pod/probing.ts";
import { isRuntimeError } from "../runtime.ts";
import { done, type Job, type Performer } from "./job.ts";

interface Target {
  readonly container: Container | undefined;
  readonly id: string;
}

/** What was asked, and how it went. */
interface Answer {
  readonly isHealthy: boolean;
  readonly output: string;
}

export const postStart: Performer<"postStart"> = async (job, { container, id }) => {
  const found = job.state.pod && findContainer(job.state.pod, container)?.container;
  const handler = found?.lifecycle?.postStart;
  return handler ? runHook(job, handler, { container: found, id }) : done;
};

export const preStop: Performer<"preStop"> = async (job, { container, id, handler }) => {
  const found = job.state.pod && findContainer(job.state.pod, container)?.container;
  return runHook(job, handler, { container: found, id });
};

async function runHook(job: Job, handler: LifecycleHandler, target: Target) {
  try {
    await hook(job, handler, target);
    return done;
  } catch (error) {
    return { ok: false, message: messageOf(error) } as const;
  }
}

async function hook(job: Job, handler: LifecycleHandler, { container, id }: Target): Promise<void> {
  const { runtime, clock } = job.workshop;
  if (handler.sleep) return sleep(clock, seconds(handler.sleep.seconds), job.signal);
  if (handler.exec) {
    const { command = [] } = handler.exec;
    const { exitCode, errors } = await runtime.execSync({ id, command, timeoutSeconds: 0 });
    if (exitCode === 0) return;
    const said = new TextDecoder().decode(errors).trim();
    throw new Error(
      `Exec lifecycle hook ([${command.join(" ")}]) for Container ${JSON.stringify(container?.name)} failed - error: command '${command.join(" ")}' exited with ${exitCode}: ${said}`,
    );
  }
  if (!handler.httpGet) return;
  // Whatever the server answers, it was told.
  const answer = await get(job, handler.httpGet, { container, signal: job.signal });
  for await (const _ of answer.body) break;
}

export const probe: Performer<"probe"> = async (job, { container, id, probe: type }) => {
  const found = job.state.pod && findContainer(job.state.pod, container)?.container;
  const asked = found && probeOf(found, type);
  if (!asked) return { ok: false, message: "the probe is gone" };
  try {
    const timeoutMs = seconds(asked.timeoutSeconds || 1);
    return { ok: true, ...(await ask(job, asked, { container: found, id, timeoutMs })) };
  } catch (error) {
    return { ok: false, message: messageOf(error) };
  }
};

interface Asked extends Target {
  readonly timeoutMs: number;
}

function ask(job: Job, handler: ProbeHandler, asked: Asked): Promise<Answer> {
  if (handler.exec) return askCommand(job, handler.exec.command ?? [], asked);
  if (handler.httpGet) return askHttp(job, handler.httpGet, asked);
  if (handler.grpc) return askGrpc(job, handler.grpc, asked);
  if (handler.tcpSocket) return askTcp(job, handler.tcpSocket, asked);
  throw new Error("missing probe handler");
}

const outputBytesMax = 10 * 1_024;

async function askCommand(
  { workshop }: Job,
  command: readonly string[],
  { id, timeoutMs }: Asked,
): Promise<Answer> {
  const timeoutSeconds = timeoutMs / 1_000;
  try {
    const { exitCode, output, errors } = await workshop.runtime.execSync({
      id,
      command,
      timeoutSeconds,
    });
    const said = Buffer.concat([output, errors]).subarray(0, outputBytesMax);
    return { isHealthy: exitCode === 0, output: said.toString() };
  } catch (error) {
    if (!isRuntimeError(error, "DeadlineExceeded")) throw error;
    // exact: kubelet
    const text = `command timed out: ${JSON.stringify(command.join(" "))} timed out after ${timeoutSeconds}s`;
    return { isHealthy: false, output: text };
  }
}

async function askHttp(job: Job, action: HTTPGetAction, asked: Asked): Promise<Answer> {
  using limit = timeLimit(job, asked.timeoutMs);
  const url = urlOf(job, action, asked.container);
  try {
    const answer = await get(job, action, { container: asked.container, signal: limit.signal });
    await drain(answer.body);
    const isHealthy = answer.status >= 200 && answer.status < 400;
    const output = isHealthy ? "" : `HTTP probe failed with statuscode: ${answer.status}`; // exact: kubelet
    return { isHealthy, output };
  } catch (error) {
    const why = limit.signal.aborted
      ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
      : goError(error, url.host);
    return { isHealthy: false, output: `Get ${JSON.stringify(url.href)}: ${why}` };
  }
}

/** Answers are read, within reason, so that the server does not see a broken connection. */
async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > outputBytesMax) return;
  }
}

interface GetOptions {
  readonly container: Container | undefined;
  readonly signal: AbortSignal;
}

const redirectsMax = 10;

async function get(job: Job, action: HTTPGetAction, { container, signal }: GetOptions) {
  let url = urlOf(job, action, container);
  const headers = headersOf(action);
  for (let redirects = 0; ; redirects++) {
    const answer = await job.workshop.http.call({
      method: "GET",
      url: url.href,
      headers,
      signal,
      tls: { insecure: true },
    });
    const { location } = answer.headers;
    const isRedirect = answer.status >= 300 && answer.status < 400 && location !== undefined;
    const next = isRedirect ? new URL(location, url) : undefined;
    // Another host is none of our business: that there is an answer is answer enough.
    if (next?.hostname !== url.hostname || redirects >= redirectsMax) return answer;
    await drain(answer.body);
    url = next;
  }
}

function headersOf({ httpHeaders = [] }: HTTPGetAction): Readonly<Record<string, string>> {
  const own = httpHeaders.map(({ name, value }) => [name.toLowerCase(), value]);
  return { "user-agent": "kube-probe/1.36", accept: "*/*", ...Object.fromEntries(own) };
}

function urlOf(job: Job, action: HTTPGetAction, container: Container | undefined): URL {
  const { scheme = "HTTP", path = "", port } = action;
  const host = action.host || podIpOf(job);
  const at = hostPort(host, portOf(container, port));
  const start = path.startsWith("/") ? path : `/${path}`;
  return new URL(`${scheme.toLowerCase()}://${at}${start}`);
}

const podIpOf = ({ state, workshop }: Job): string =>
  (state.pod?.spec.hostNetwork
    ? workshop.node.hostIps()[0]
    : state.runtime?.sandboxes[0]?.ips[0]) ?? "";

/** A number, or the name of one of the container's ports. */
function portOf(container: Container | undefined, port: number | string): number {
  const named = container?.ports?.find(({ name }) => name === port)?.containerPort;
  const number = named ?? Number(port);
  // exact: kubelet
  if (!Number.isInteger(number))
    throw new Error(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`);
  return number;
}

async function askTcp(
  job: Job,
  { host, port }: NonNullable<ProbeHandler["tcpSocket"]>,
  { container, timeoutMs }: Asked,
): Promise<Answer> {
  using limit = timeLimit(job, timeoutMs);
  const address = { host: host || podIpOf(job), port: portOf(container, port) };
  try {
    const stream = await job.workshop.connect(address, limit.signal);
    stream.destroy();
    return { isHealthy: true, output: "" };
  } catch (error) {
    const at = hostPort(address.host, address.port);
    const why = limit.signal.aborted ? `dial tcp ${at}: i/o timeout` : goError(error, at);
    return { isHealthy: false, output: why };
  }
}

async function askGrpc(
  { workshop, ...job }: Job,
  { port, service }: NonNullable<ProbeHandler["grpc"]>,
  { timeoutMs }: Asked,
): Promise<Answer> {
  const host = podIpOf({ workshop, ...job });
  try {
    const check = { host, port, service: service ?? "", timeoutMs };
    const status = await workshop.grpcHealth(check);
    // exact: kubelet
    if (status === "SERVING") return { isHealthy: true, output: "" };
    return {
      isHealthy: false,
      output: `service unhealthy (responded with ${JSON.stringify(status)})`,
    };
  } catch (error) {
    return { isHealthy: false, output: messageOf(error) };
  }
}

/** Connection failures in the words of Go's net package, which people search for. */
function goError(error: unknown, address: string): string {
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  const texts: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    EHOSTUNREACH: "no route to host",
    ENETUNREACH: "network is unreachable",
    ETIMEDOUT: "connection timed out",
  };
  const text = texts[code];
  if (text) return `dial tcp ${address}: connect: ${text}`;
  return code === "ECONNRESET" ? "EOF" : message;
}

interface Limit extends Disposable {
  readonly signal: AbortSignal;
}

/** Aborts when the time is over, or the job is. */
function timeLimit({ workshop, signal }: Job, timeoutMs: number): Limit {
  const over = new AbortController();
  const timer = workshop.clock.after(timeoutMs, () => over.abort());
  return {
    signal: AbortSignal.any([over.signal, signal]),
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}
