/** Lines as a container runtime writes them into a log file, all at one moment. */
export function logLines(lines: readonly string[], atMs: number): string {
  const time = `${new Date(atMs).toISOString().slice(0, -1)}000000Z`;
  return lines.map((line) => `${time} stdout F ${line}\n`).join("");
}
