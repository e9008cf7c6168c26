import { systemClock } from "#host/clock.ts";
import { MemoryRuntime, type Program } from "./memory.ts";
import { type RuntimeWorld, runtimeSuite } from "./suite.ts";

/** A tiny shell: the words of a command say what it does. */
function programOf([verb = "", value = ""]: readonly string[]): Program {
  if (verb === "sleep") return {};
  if (verb === "stop") return { stopsWith: Number(value) };
  if (verb === "exit") return { endsAfterMs: 0, exitCode: Number(value) };
  return { startError: "no such file or directory" };
}

async function open(): Promise<RuntimeWorld> {
  const image = "busybox:1";
  const runtime = new MemoryRuntime({
    clock: systemClock,
    images: [image],
    programOf: ({ command }) => ({
      ...programOf(command),
      exec: ([verb = "", value = ""]) => {
        if (verb === "sleep") return { takesMs: 1_000_000 };
        return verb === "exit" ? { exitCode: Number(value) } : { output: value };
      },
    }),
  });
  return {
    runtime,
    image,
    logFolder: "/logs",
    commands: {
      sleeps: ["sleep"],
      stopsWith: (code) => ["stop", String(code)],
      exitsWith: (code) => ["exit", String(code)],
      says: (text) => ["echo", text],
      absent: ["/no/such/program"],
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

runtimeSuite("memory", open);
