/** Load that runs beside a test, as programs on the test's machine. */
import type { TestCluster } from "../cluster.ts";
import type { Started } from "../machine.ts";

export interface Load<Report> extends AsyncDisposable {
  /** Lets what is under way come to its end. */
  readonly stop: () => Promise<Report>;
}

export interface Requests {
  readonly sent: number;
  /** By what went wrong. */
  readonly failures: Readonly<Record<string, { count: number; first: string; last: string }>>;
}

export interface RequestOptions {
  readonly url: string;
  /** At least so many, even when the test is over sooner. */
  readonly count: number;
  readonly concurrency?: number;
}

/** Each over a connection of its own. */
export const requests = (
  cluster: TestCluster,
  { url, count, concurrency = 16 }: RequestOptions,
): Load<Requests> => running(script(cluster, "requests", [url, count, concurrency]));

export interface Writes {
  readonly tried: number;
  /** The names of the ConfigMaps that the server said it had created. */
  readonly acknowledged: readonly string[];
}

export function writes(cluster: TestCluster, concurrency: number): Load<Writes> {
  const server = `https://${cluster.address}:6443`;
  const identity = ["crt", "key"].map((ending) => `${cluster.data}/pki/admin.${ending}`);
  return running(script(cluster, "writes", [server, ...identity, concurrency]));
}

const script = (
  { machine }: TestCluster,
  name: string,
  args: readonly (string | number)[],
): Started =>
  machine.start(process.execPath, [`${import.meta.dirname}/${name}.ts`, ...args.map(String)]);

const running = <Report>(program: Started): Load<Report> => ({
  async stop() {
    program.end();
    const code = await program.ended;
    if (code !== 0) throw new Error(`exit code ${code}: ${program.output()}`);
    return JSON.parse(program.output()) as Report;
  },
  [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
});
