/**
 * Prints what a page says, whatever its status; any certificate will do.
 *
 *   node tests/load/get.ts URL [NAME:VALUE]...
 */
import http from "node:http";
import https from "node:https";

const [url = "", ...lines] = process.argv.slice(2);
const headers = Object.fromEntries(
  lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
);
const { get } = url.startsWith("https:") ? https : http;
const request = get(url, { headers, rejectUnauthorized: false, timeout: 10_000 }, (response) =>
  response.pipe(process.stdout),
);
request.on("timeout", () => request.destroy(new Error("no answer for ten seconds")));
request.on("error", ({ message }) => {
  console.error(message);
  process.exitCode = 1;
});
