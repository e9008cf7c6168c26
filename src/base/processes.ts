/** Programs, as a dependency. Arguments are never parsed by a shell. */
export interface Processes {
  /** Runs a program to its end. Does not throw on a non-zero exit code. */
  readonly run: (command: Command) => Promise<Outcome>;
  /** Starts a program that outlives us unless stopped; its output goes to `logFile`. */
  readonly start: (command: Command & { readonly logFile?: string }) => Promise<number>;
  readonly isAlive: (pid: number) => boolean;
  /** False when there is no such process. */
  readonly signal: (pid: number, signal: "SIGTERM" | "SIGKILL" | "SIGHUP") => boolean;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Added to our own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

export interface Outcome {
  /** The exit code; 128 + n after signal n; 127 when the program does not exist. */
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program that must succeed; the error carries what it printed. */
export async function runOrThrow(processes: Processes, command: Command): Promise<string> {
  const { code, output, errors } = await processes.run(command);
  if (code === 0) return output;
  const said = (errors || output).trim().slice(0, 2_000);
  throw new Error(`${command.program} ${command.args.join(" ")}: exit code ${code}: ${said}`);
}
