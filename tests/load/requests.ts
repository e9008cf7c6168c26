/**
 * Asks for a page again and again, each time over a new connection, until it was asked for COUNT
 * times and standard input is closed. Prints what went wrong, as JSON.
 *
 *   node tests/load/requests.ts URL COUNT CONCURRENCY
 */
import http from "node:http";
import https from "node:https";

const [url = "", count = "1", concurrency = "1"] = process.argv.slice(2);
const { get } = url.startsWith("https:") ? https : http;
const failures = new Map<string, Failure>();
let sent = 0;
const load = { isAsked: true };
process.stdin.on("end", () => (load.isAsked = false)).resume();

interface Failure {
  readonly count: number;
  readonly first: string;
  readonly last: string;
}

function note(failure: string): void {
  const last = new Date().toISOString();
  const before = failures.get(failure) ?? { count: 0, first: last };
  failures.set(failure, { ...before, count: before.count + 1, last });
}

async function ask(): Promise<void> {
  while (sent < Number(count) || load.isAsked) {
    sent++;
    const failure = await failureOf();
    if (failure !== undefined) note(failure);
  }
}

function failureOf(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { agent: false as const, rejectUnauthorized: false, timeout: 10_000 };
    const request = get(url, options, (response) => {
      response.resume();
      response.on("end", () =>
        resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`),
      );
      response.on("error", (error) => resolve(error.message));
    });
    request.on("timeout", () => request.destroy(new Error("no answer for ten seconds")));
    request.on("error", (error) => resolve(error.message));
  });
}

await Promise.all(Array.from({ length: Number(concurrency) }, ask));
console.log(JSON.stringify({ sent, failures: Object.fromEntries(failures) }));
