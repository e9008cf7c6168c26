/** `k8ts`: the command line, and, through its hidden `serve` commands, every process of a cluster. */
import * as cliCommands from "#cli/commands/catalog.ts";
import type { AnyCommand } from "#cli/command.ts";
import { runProgram } from "#cli/program.ts";
import * as clusterCommands from "./commands/catalog.ts";
import { terminalShell } from "./shell.ts";
import { realWorld } from "./world.ts";

const commands = Object.values({ ...cliCommands, ...clusterCommands } as Record<
  string,
  AnyCommand
>);

async function main(argv: readonly string[]): Promise<number> {
  const stop = new AbortController();
  let asked = 0;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    // Whoever asks twice does not want to wait.
    process.on(name, () => (++asked > 1 ? process.exit(130) : stop.abort()));
  }
  const shell = terminalShell(realWorld(), stop.signal);
  const program = {
    name: "k8ts",
    summary:
      "k8ts runs Kubernetes, written in TypeScript, on this machine, and talks to any other.",
    commands,
  };
  // `k8ts kubectl get pods` is `k8ts get pods`, for hands that have it in their fingers.
  return runProgram(program, shell, argv[0] === "kubectl" ? argv.slice(1) : argv);
}

// A pipe that nobody reads any more (`k8ts get pods | head -1`) is no failure.
process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
  if (cause.code === "EPIPE") process.exit(0);
  throw cause;
});

process.exitCode = await main(process.argv.slice(2));
// Keep-alive connections would hold the process for minutes.
if (process.stdout.writableLength === 0) process.exit();
else process.stdout.once("drain", () => process.exit());
