/** The server's side of `process.ts`: says that it is ready, and answers what it is asked. */
import { readFileSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import type { Question, Usage } from "./process.ts";

/** As the kernel counts it. */
function memoryNow(): Pick<Usage, "residentBytes" | "fileBytes"> {
  const status = readFileSync("/proc/self/status", "utf8");
  const bytesOf = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
  return { residentBytes: bytesOf("VmRSS"), fileBytes: bytesOf("RssFile") };
}

/** `told`: what the benchmark has to know to use the server. */
export function serving(told: object): void {
  const session = new Session();
  const answer = async ({ ask, file = "" }: Question): Promise<Usage> => {
    if (ask === "start profile") {
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.start");
    }
    if (ask === "end profile") {
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      writeFileSync(file, JSON.stringify(profile));
    }
    const { user, system } = process.cpuUsage();
    return { cpuMicros: user + system, ...memoryNow() };
  };
  process.on("message", (question: Question) => {
    void answer(question).then((usage) => process.send?.(usage));
  });
  // Nobody is left to measure it.
  process.on("disconnect", () => process.exit());
  process.send?.(told);
}
