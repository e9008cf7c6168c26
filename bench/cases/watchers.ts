/** What 1,000 watchers cost a write that concerns none of them. */
import type { IncomingMessage } from "node:http";
import type { Bench, BenchOptions } from "../case.ts";
import { open } from "../load/https.ts";
import { wrk } from "../load/wrk.ts";
import { type ServerProcess, startServer } from "../servers/process.ts";

interface ControlPlane {
  readonly url: string;
  readonly token: string;
  readonly namespace: string;
}

const watchersMax = 1_000;
const openedAtOnce = 50;
/** They may cost a fifth of the rate. */
const leastShare = 0.8;
const connections = 64;

export const watchers: Bench = {
  name: "watchers",
  summary: "create of ConfigMaps beside 1,000 watchers, each on a field selector of its own",
  async *run(options) {
    await using server = await startServer<ControlPlane>("control-plane");
    await create(server, { ...options, seconds: 2 });
    const alone = await create(server, options);
    await using _open = await openWatches(server.told);
    const beside = await create(server, options);
    // The machine may have other things to do now and then: once more without would need other watches.
    yield {
      measure: "create, nobody watches",
      value: alone.perSecond,
      unit: "requests/s",
      detail: costOf(alone),
    };
    yield {
      measure: "create, 1,000 watchers",
      value: beside.perSecond,
      unit: "requests/s",
      goal: { least: alone.perSecond * leastShare },
      detail: `${costOf(beside)}, ${((100 * beside.perSecond) / alone.perSecond).toFixed(0)} % of the rate without`,
    };
  },
};

interface Created {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const costOf = ({ cpuMicros }: Created): string => `CPU ${cpuMicros.toFixed(0)} µs each`;

let runs = 0;

async function create(
  { told: { url, token, namespace }, ask }: ServerProcess<ControlPlane>,
  { seconds }: Pick<BenchOptions, "seconds">,
): Promise<Created> {
  const env = { TOKEN: token, NS: namespace, RUN: `w${++runs}` };
  const before = await ask({ ask: "usage" });
  const { requests, perSecond } = await wrk({ script: "create", url, connections, seconds, env });
  const after = await ask({ ask: "usage" });
  return { perSecond, cpuMicros: (after.cpuMicros - before.cpuMicros) / requests };
}

async function openWatches({ url, token, namespace }: ControlPlane): Promise<AsyncDisposable> {
  const path = (i: number): string =>
    `/api/v1/namespaces/${namespace}/configmaps?watch=true&fieldSelector=metadata.name%3Dwatched-${i}`;
  const answers: IncomingMessage[] = [];
  for (let i = 0; i < watchersMax; i += openedAtOnce) {
    const some = Array.from({ length: openedAtOnce }, (_, j) => open({ url, token }, path(i + j)));
    answers.push(...(await Promise.all(some)));
  }
  for (const answer of answers) answer.on("error", () => {}).resume();
  return {
    async [Symbol.asyncDispose]() {
      for (const answer of answers) answer.destroy();
    },
  };
}
