/** Sends requests drawn from a seed and looks at what they do to the server. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { seconds } from "../../src/base/clock.ts";
import { type Fuzzed, startFuzzed, token } from "./fuzzed.ts";
import { Requests } from "./requests.ts";
import { type Answer, type Sent, Wire } from "./wire.ts";

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  /** Told of every thousandth. */
  readonly onProgress?: (sent: number, statuses: ReadonlyMap<number, number>) => void;
  /** Told what was found; the run goes on when it does not throw. */
  readonly onFound: (found: Found) => void;
}

export interface Found {
  readonly seed: number;
  readonly round: number;
  readonly problem: string;
  readonly sent: Sent;
}

/** Between two looks at what is left behind. */
const roundsPerEpoch = 20_000;
const answerLimitMs = 10_000;
/** So long nothing came: it waits for time to pass. */
const patienceMs = 20;
const streamsMax = 20;
const turnsMax = 300;
/** What may be allocated more than after the first epoch: caches fill, code is compiled. */
const growthBytesMax = 96 * 2 ** 20;

export async function fuzz(options: FuzzOptions): Promise<ReadonlyMap<number, number>> {
  await using server = await startFuzzed();
  const run = new Run(server, options);
  await run.all();
  return run.statuses;
}

class Run {
  readonly statuses = new Map<number, number>();
  readonly #server: Fuzzed;
  readonly #options: FuzzOptions;
  readonly #requests: Requests;
  readonly #streams: Wire[] = [];
  #wire: Wire | undefined;
  #round = 0;
  #sent: Sent = { bytes: Buffer.alloc(0), method: "", streams: false, isLast: true };
  #heapBytes: number | undefined;
  /** The server's own watches. */
  #usual: ReadonlySet<string> = new Set();

  constructor(server: Fuzzed, options: FuzzOptions) {
    this.#server = server;
    this.#options = options;
    this.#requests = new Requests(options.seed, server.offers, token);
  }

  async all(): Promise<void> {
    const stray = (cause: unknown): void =>
      this.#found(`stray: ${String((cause as Error).stack ?? cause)}`);
    const events = ["uncaughtException", "unhandledRejection", "warning"] as const;
    for (const event of events) process.on(event, stray);
    this.#usual = new Set(await busy(this.#server));
    try {
      for (this.#round = 0; this.#round < this.#options.requests; this.#round++) await this.#one();
      await this.#lookBehind();
    } finally {
      for (const event of events) process.off(event, stray);
    }
  }

  async #one(): Promise<void> {
    const round = this.#round;
    if (round % 1_000 === 0) {
      await this.#server.refill();
      this.#options.onProgress?.(round, this.statuses);
    }
    if (round > 0 && round % roundsPerEpoch === 0) await this.#lookBehind();
    if (round % 50 === 0) this.#server.clock.advance(seconds(1));
    this.#sent = this.#requests.next();
    const answer = await this.#answered(this.#sent);
    if (answer) this.#judge(answer);
    for (const error of this.#server.errors.splice(0)) this.#found(show(error));
  }

  async #answered(sent: Sent): Promise<Answer | undefined> {
    const wire = this.#wire && !this.#wire.isClosed ? this.#wire : await Wire.to(this.#server.port);
    this.#wire = wire;
    const answer = (await wire.ask(sent, patienceMs)) ?? (await this.#waited(wire, sent));
    this.#settle(wire, answer);
    return answer;
  }

  /** Some wait for time to pass, and what is broken for what never comes. */
  async #waited(wire: Wire, sent: Sent): Promise<Answer | undefined> {
    for (let waited = 0; waited < answerLimitMs; waited += patienceMs) {
      this.#server.clock.advance(seconds(5));
      if (sent.isLast) return undefined;
      const answer = await wire.wait(sent, patienceMs);
      if (answer) return answer;
    }
    this.#found("never answered");
    return undefined;
  }

  #settle(wire: Wire, answer: Answer | undefined): void {
    if (answer && !answer.isLast) return;
    this.#wire = undefined;
    if (answer?.isStream) this.#keep(wire);
    else wire.destroy();
  }

  /** Streams stay open for a while, as watches do. */
  #keep(wire: Wire): void {
    this.#streams.push(wire);
    if (this.#streams.length > streamsMax) this.#streams.shift()?.destroy();
  }

  #judge({ status, body }: Answer): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 0 && !this.#sent.isLast) this.#found("closed without an answer");
    if (status < 500 || status === 504) return;
    // An answer to HEAD does not say why: only somebody else can be out of reach.
    const isAway = status === 503 && this.#sent.method === "HEAD";
    if (!isAway && !isAllowed.test(body)) this.#found(`${status} ${body.slice(0, 500)}`);
  }

  /** With nobody connected and everything removed the server must be as it was. */
  async #lookBehind(): Promise<void> {
    for (const wire of [...this.#streams.splice(0), this.#wire]) wire?.destroy();
    this.#wire = undefined;
    const left = await this.#left();
    if (left.length > 0) this.#found(`left behind: ${left.join(", ")}`);
    try {
      await this.#server.wipe();
    } catch (cause) {
      this.#found(String(cause));
    }
    const bytes = heapBytes();
    this.#heapBytes ??= bytes;
    const growth = bytes - this.#heapBytes;
    if (growth > growthBytesMax)
      this.#found(`${Math.round(growth / 2 ** 20)} MiB more than at first`);
    await this.#server.refill();
  }

  /** What is over may take some turns to be seen to be. */
  async #left(): Promise<readonly string[]> {
    for (let turn = 0; ; turn++) {
      const left = (await busy(this.#server)).filter((line) => !this.#usual.has(line));
      if (left.length === 0 || turn === turnsMax) return left;
      await new Promise((resolve) => setTimeout(resolve, 10));
      this.#server.clock.advance(seconds(1));
    }
  }

  #found(problem: string): void {
    const { seed } = this.#options;
    this.#options.onFound({ seed, round: this.#round, problem, sent: this.#sent });
  }
}

/** Somebody else's fault, or told as upstream tells it: what is not there cannot be reached. 504 is a revision that is yet to come. */
const isAllowed = new RegExp(
  [
    "failed calling webhook",
    "no endpoints available for service",
    "server is currently unable to handle the request",
    "no scheduler is at work in this control plane",
    "failed to allocate a serviceIP: range is full",
  ].join("|"),
);

function show(error: unknown): string {
  const [message, fields] = Array.isArray(error)
    ? (error as [unknown, { cause?: unknown }?])
    : [error];
  const cause = fields?.cause ?? message;
  return `${String(message)}: ${String((cause as Error).stack ?? cause)}`;
}

/** Watches, requests and connections that are not over. */
async function busy({ metrics }: Fuzzed): Promise<readonly string[]> {
  const lines = (await metrics.text()).split("\n");
  const counted = /^apiserver_(longrunning_requests|current_inflight_requests)\{.* [1-9]\d*$/;
  const sockets = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap");
  return [...lines.filter((line) => counted.test(line)), ...sockets];
}

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
