/** The API server under load, next to a raw Node HTTPS server that only answers. */
import type { Bench, BenchOptions, Row } from "../case.ts";
import { type LoadResult, wrk } from "../load/wrk.ts";
import { type ServerProcess, startServer } from "../servers/process.ts";

interface Raw {
  readonly url: string;
}

interface ControlPlane extends Raw {
  readonly token: string;
  readonly namespace: string;
}

interface Step {
  readonly measure: string;
  readonly script: "create" | "get";
  readonly connections: number;
  /** What is asked for, below the ConfigMaps of the namespace. */
  readonly path: string;
  readonly least?: number;
}

const steps: readonly Step[] = [
  { measure: "create, 1 connection", script: "create", connections: 1, path: "" },
  { measure: "create", script: "create", connections: 64, path: "", least: 10_000 },
  { measure: "get", script: "get", connections: 64, path: "/one", least: 35_000 },
  { measure: "list of 500", script: "get", connections: 4, path: "?limit=500", least: 2_000 },
];

const mebibyte = 2 ** 20;
const residentMiBMax = 140;

export const apiserver: Bench = {
  name: "apiserver",
  summary: "create, get and list of ConfigMaps of 1 KiB, durable, with TLS, token, RBAC, admission",
  async *run(options) {
    await using raw = await startServer<Raw>("raw");
    await using server = await startServer<ControlPlane>("control-plane");
    yield { measure: "control plane before it", ...(await memory(server)) };
    yield* measured({ raw, server }, options);
    const goal = { most: residentMiBMax };
    yield { measure: "control plane after it", ...(await memory(server)), goal };
  },
};

interface Servers {
  readonly raw: ServerProcess<Raw>;
  readonly server: ServerProcess<ControlPlane>;
}

/** Between two measurements of the raw server, so that a busy machine slows down both. */
async function* measured(servers: Servers, options: BenchOptions): AsyncIterable<Row> {
  let before = await loadRaw(servers.raw, options);
  yield { measure: "raw Node HTTPS, 1 KiB", ...rateOf(before), detail: detailOf(before) };
  for (const step of steps) {
    const after = await loadServer(servers.server, step, options);
    const next = await loadRaw(servers.raw, options);
    const { least } = step;
    yield {
      measure: step.measure,
      ...rateOf(after),
      ofRaw: (2 * after.perSecond) / (before.perSecond + next.perSecond),
      ...(least === undefined ? {} : { goal: { least } }),
      detail: detailOf(after),
    };
    before = next;
  }
}

interface Measured extends LoadResult {
  readonly cpuMicros: number;
}

const rateOf = ({ perSecond }: Measured): Pick<Row, "value" | "unit"> => ({
  value: perSecond,
  unit: "requests/s",
});

function detailOf({ p50Ms, p99Ms, failed, cpuMicros, requests }: Measured): string {
  const failures = failed > 0 ? `, ${failed} FAILED` : "";
  const cpu = (cpuMicros / requests).toFixed(0);
  return `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, CPU ${cpu} µs each${failures}`;
}

async function loadRaw(raw: ServerProcess<Raw>, { seconds }: BenchOptions): Promise<Measured> {
  const { url } = raw.told;
  const env = { TOKEN: "x".repeat(900), URLPATH: "/" };
  const load = {
    script: "get",
    url,
    connections: 64,
    seconds: Math.ceil(seconds / 2),
    env,
  } as const;
  return timed(raw, () => wrk(load));
}

let runs = 0;
let created = 0;

async function loadServer(
  server: ServerProcess<ControlPlane>,
  { script, connections, path, measure }: Step,
  { seconds, profile }: BenchOptions,
): Promise<Measured> {
  const { url, token, namespace } = server.told;
  const collection = `/api/v1/namespaces/${namespace}/configmaps`;
  const load = async (lasting: number): Promise<LoadResult> => {
    const env = { TOKEN: token, NS: namespace, RUN: `b${++runs}`, URLPATH: collection + path };
    const result = await wrk({ script, url, connections, seconds: lasting, env });
    if (script === "create") created += result.requests - result.failed;
    return result;
  };
  // Once for the optimizing compiler.
  await load(Math.min(seconds, 2));
  const isProfiled = profile === measure;
  if (isProfiled) await server.ask({ ask: "start profile" });
  const result = await timed(server, () => load(seconds));
  const file = `${measure.replaceAll(/\W+/g, "-")}.cpuprofile`;
  if (isProfiled) await server.ask({ ask: "end profile", file });
  return result;
}

async function timed(
  server: ServerProcess<unknown>,
  load: () => Promise<LoadResult>,
): Promise<Measured> {
  const before = await server.ask({ ask: "usage" });
  const result = await load();
  const after = await server.ask({ ask: "usage" });
  return { ...result, cpuMicros: after.cpuMicros - before.cpuMicros };
}

async function memory({
  ask,
}: ServerProcess<ControlPlane>): Promise<Pick<Row, "value" | "unit" | "detail">> {
  const { residentBytes } = await ask({ ask: "usage" });
  const detail = `${created.toLocaleString("en-US")} ConfigMaps created`;
  return { value: residentBytes / mebibyte, unit: "MiB", detail };
}
