/** A server in a process of its own, as in a cluster: its CPU time and its memory are its alone. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { allocatorEnv } from "#cluster/processes.ts";

export interface Usage {
  readonly cpuMicros: number;
  readonly residentBytes: number;
  /** Of it, pages of files: the kernel has them once for all who read them. */
  readonly fileBytes: number;
}

export interface Question {
  readonly ask: "usage" | "start profile" | "end profile";
  /** Where the profile goes. */
  readonly file?: string;
}

export interface ServerProcess<Told> extends AsyncDisposable {
  /** What the server says of itself. */
  readonly told: Told;
  readonly ask: (question: Question) => Promise<Usage>;
}

/** As the supervisor runs them: see src/cluster/processes.ts. */
const nodeFlags = [
  "--max-semi-space-size=16",
  "--expose-gc",
  "--disable-warning=ExperimentalWarning",
];

export async function startServer<Told>(
  name: string,
  args: readonly string[] = [],
): Promise<ServerProcess<Told>> {
  const child = fork(`${import.meta.dirname}/${name}.ts`, args, {
    execArgv: nodeFlags,
    env: { ...process.env, ...allocatorEnv },
  });
  const heard = async <T>(): Promise<T> => {
    const over = new AbortController();
    const message = once(child, "message", over) as Promise<[T]>;
    const ended = once(child, "exit", over).then(([code]): never => {
      throw new Error(`the ${name} server ended with ${code}`);
    });
    try {
      const [told] = await Promise.race([message, ended]);
      return told;
    } finally {
      over.abort();
    }
  };
  const told = await heard<Told>();
  const ask = (question: Question): Promise<Usage> => {
    child.send(question);
    return heard();
  };
  return {
    told,
    ask,
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}
