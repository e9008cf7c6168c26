/** The server's side of `process.ts`: says that it is ready, and answers what it is asked. */
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import type { Question, Usage } from "./process.ts";

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
    return { cpuMicros: user + system, residentBytes: process.memoryUsage.rss() };
  };
  process.on("message", (question: Question) => {
    void answer(question).then((usage) => process.send?.(usage));
  });
  // Nobody is left to measure it.
  process.on("disconnect", () => process.exit());
  process.send?.(told);
}
