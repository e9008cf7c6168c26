import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "#api/core/container.ts";
import type { Probe } from "#api/core/probe.ts";
import type { HttpCall } from "#base/http.ts";
import { VirtualClock } from "#sim/clock.ts";
import { newPodState } from "../pod/state.ts";
import { containerWith, podWith } from "../pod/testing.ts";
import { type ExecResult, RuntimeError } from "../runtime.ts";
import { preStop, probe } from "./handlers.ts";
import type { Job, Workshop } from "./job.ts";

type Parts<T> = { readonly [K in keyof T]?: T[K] };

interface World {
  readonly exec?: () => Promise<Parts<ExecResult>>;
  readonly http?: (call: HttpCall) => Promise<{ status: number; location?: string }>;
  readonly connect?: (signal: AbortSignal) => Promise<unknown>;
  readonly health?: () => Promise<string>;
}

const never = (signal?: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) =>
    signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true }),
  );

const failing = (code: string): Promise<never> =>
  Promise.reject(Object.assign(new Error("no"), { code }));

function jobWith(world: World, container: Container) {
  const clock = new VirtualClock();
  const pod = podWith({ containers: [container] });
  const state = newPodState({ pod, node: { hostIps: [] }, atMs: 0 });
  const sandbox = { id: "s", ips: ["10.244.0.2"], isReady: true };
  const nothing = { output: new Uint8Array(), errors: new Uint8Array(), exitCode: 0 };
  const workshop = {
    clock,
    runtime: { execSync: async () => ({ ...nothing, ...(await world.exec?.()) }) },
    http: {
      call: async (call: HttpCall) => {
        const { status = 500, location } = (await world.http?.(call)) ?? {};
        const headers = location ? { location } : {};
        return { status, headers, body: (async function* () {})() };
      },
    },
    connect: async (_to: object, signal: AbortSignal) => {
      await world.connect?.(signal);
      return { destroy: () => undefined };
    },
    grpcHealth: async () => (await world.health?.()) ?? "SERVING",
  } as unknown as Workshop;
  const runtime = { sandboxes: [sandbox], containers: [] };
  const job = { workshop, state: { ...state, runtime }, volumes: { mounted: new Map() } };
  return { clock, job: { ...job, signal: new AbortController().signal } as unknown as Job };
}

async function probed(readinessProbe: Parts<Probe>, world: World): Promise<unknown> {
  const ports = [{ name: "web", containerPort: 8_080 }] as never;
  const { clock, job } = jobWith(world, containerWith("app", { readinessProbe, ports }));
  const answer = probe(job, { do: "probe", container: "app", id: "c", probe: "readiness" });
  await clock.advance(1_500);
  const { ok, ...rest } = await answer;
  return "isHealthy" in rest ? [rest.isHealthy, rest.output] : [ok, rest];
}

const get = { httpGet: { path: "/health", port: "web" } } as Parts<Probe>;
const tcp: Parts<Probe> = { tcpSocket: { port: 8_080 } };
const exec: Parts<Probe> = { exec: { command: ["check", "all"] } };
const grpc: Parts<Probe> = { grpc: { port: 9_000, service: "" } };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

for (const [what, asked, world, expected] of [
  ["a page that is there", get, { http: async () => ({ status: 204 }) }, [true, ""]],
  [
    "a page that is not there",
    get,
    { http: async () => ({ status: 404 }) },
    [false, "HTTP probe failed with statuscode: 404"],
  ],
  [
    "a page on another host",
    get,
    { http: async () => ({ status: 302, location: "http://elsewhere/" }) },
    [true, ""],
  ],
  [
    "nobody who listens",
    get,
    { http: () => failing("ECONNREFUSED") },
    [
      false,
      'Get "http://10.244.0.2:8080/health": dial tcp 10.244.0.2:8080: connect: connection refused',
    ],
  ],
  [
    "a page that takes too long",
    get,
    { http: ({ signal }: HttpCall) => never(signal) },
    [
      false,
      'Get "http://10.244.0.2:8080/health": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    ],
  ],
  ["a port that is open", tcp, {}, [true, ""]],
  [
    "a port that is closed",
    tcp,
    { connect: () => failing("ECONNREFUSED") },
    [false, "dial tcp 10.244.0.2:8080: connect: connection refused"],
  ],
  ["a silent port", tcp, { connect: never }, [false, "dial tcp 10.244.0.2:8080: i/o timeout"]],
  ["a command that likes it", exec, { exec: async () => ({ output: bytes("ok") }) }, [true, "ok"]],
  [
    "a command that does not",
    exec,
    { exec: async () => ({ exitCode: 2, output: bytes("a"), errors: bytes("b") }) },
    [false, "ab"],
  ],
  [
    "a command that takes too long",
    exec,
    { exec: () => Promise.reject(new RuntimeError("DeadlineExceeded", "late")) },
    [false, 'command timed out: "check all" timed out after 1s'],
  ],
  ["a healthy service", grpc, {}, [true, ""]],
  [
    "an unhealthy service",
    grpc,
    { health: async () => "NOT_SERVING" },
    [false, 'service unhealthy (responded with "NOT_SERVING")'],
  ],
] as const satisfies readonly (readonly [string, Parts<Probe>, World, readonly unknown[]])[])
  test(`a probe finds ${what}`, async () => {
    deepEqual(await probed({ ...asked, timeoutSeconds: 1 }, world), expected);
  });

test("a redirect on the same host is followed", async () => {
  const asked: string[] = [];
  const http = async ({ url }: HttpCall) => {
    asked.push(url);
    return url.endsWith("/health") ? { status: 301, location: "/there" } : { status: 200 };
  };
  deepEqual(await probed(get, { http }), [true, ""]);
  deepEqual(asked, ["http://10.244.0.2:8080/health", "http://10.244.0.2:8080/there"]);
});

test("a command that the runtime cannot run says nothing about health", async () => {
  const error = new RuntimeError("Unknown", "no such program");
  const [isHealthy] = (await probed(exec, { exec: () => Promise.reject(error) })) as unknown[];
  equal(isHealthy, false);
});

test("a hook of a web server is done whatever it answers; one that sleeps takes its time", async () => {
  const { clock, job } = jobWith({ http: async () => ({ status: 500 }) }, containerWith("app"));
  const hook = { do: "preStop", container: "app", id: "c", graceSeconds: 30 } as const;
  const told = await preStop(job, { ...hook, handler: { httpGet: { port: 8_080 } } });
  equal(told.ok, true);
  let isDone = false;
  const slept = preStop(job, { ...hook, handler: { sleep: { seconds: 5 } } }).then(
    () => (isDone = true),
  );
  await clock.advance(4_999);
  equal(isDone, false);
  await clock.advance(1);
  await slept;
});
