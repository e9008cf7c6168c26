/**
 * Creates ConfigMaps until standard input is closed, whatever happens to the server meanwhile.
 * Prints the names of those that the server acknowledged, as JSON.
 *
 *   node tests/load/writes.ts SERVER CERTIFICATE KEY CONCURRENCY
 */
import { readFileSync } from "node:fs";
import https from "node:https";
import { setTimeout as delay } from "node:timers/promises";

const [server = "", certificate = "", key = "", concurrency = "1"] = process.argv.slice(2);
const agent = new https.Agent({
  keepAlive: true,
  cert: readFileSync(certificate),
  key: readFileSync(key),
  rejectUnauthorized: false,
});
const acknowledged: string[] = [];
let count = 0;
const load = { isAsked: true };
process.stdin.on("end", () => (load.isAsked = false)).resume();

async function write(): Promise<void> {
  while (load.isAsked) {
    const name = `write-${++count}`;
    if (await create(name)) acknowledged.push(name);
    else await delay(20);
  }
}

function create(name: string): Promise<boolean> {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { name } };
  return new Promise((resolve) => {
    const headers = { "content-type": "application/json" };
    const path = "/api/v1/namespaces/default/configmaps";
    const options = { method: "POST", agent, headers, timeout: 10_000 };
    const request = https.request(`${server}${path}`, options, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 201));
      response.on("error", () => resolve(false));
    });
    request.on("timeout", () => request.destroy(new Error("no answer for ten seconds")));
    request.on("error", () => resolve(false));
    request.end(JSON.stringify(object));
  });
}

await Promise.all(Array.from({ length: Number(concurrency) }, write));
// Connections that are kept open go with the process; what it says must be out before.
process.stdout.write(`${JSON.stringify({ tried: count, acknowledged })}\n`, () => process.exit());
