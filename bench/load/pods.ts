/**
 * Starts pods and says how long it took until they were Ready, in milliseconds, as JSON.
 *
 *   node bench/load/pods.ts SERVER CERTIFICATE KEY IMAGE COUNT
 */
import { readFileSync } from "node:fs";
import https from "node:https";

const [server = "", certificate = "", key = "", image = "", count = "1"] = process.argv.slice(2);
const agent = new https.Agent({
  keepAlive: true,
  cert: readFileSync(certificate),
  key: readFileSync(key),
  rejectUnauthorized: false,
});
const pods = "/api/v1/namespaces/default/pods";
const names = Array.from({ length: Number(count) }, (_, i) => `bench-${process.pid}-${i}`);

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const podNamed = (name: string): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { bench: "yes" } },
  spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "main", image }] },
});

function call(method: string, path: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const request = https.request(`${server}${path}`, { method, agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        if ((response.statusCode ?? 0) < 300) resolve(text);
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
      });
    });
    request.on("error", reject);
    request.end(body ? JSON.stringify(body) : undefined);
  });
}

const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(
    (condition) => condition.type === "Ready" && condition.status === "True",
  ) ?? false;

/** Resolves when all of them are ready; `watching` is called when changes are being told. */
function allReady(watching: () => void): Promise<void> {
  const waiting = new Set(names);
  return new Promise((resolve, reject) => {
    const query = "watch=true&labelSelector=bench%3Dyes";
    const request = https.get(`${server}${pods}?${query}`, { agent }, (response) => {
      watching();
      // Also when we have seen enough; then nobody listens any more.
      response.on("error", reject);
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines) {
          const { object } = JSON.parse(line) as { object: Pod };
          if (isReady(object)) waiting.delete(object.metadata.name);
        }
        if (waiting.size > 0) return;
        request.destroy();
        resolve();
      });
    });
    request.on("error", reject);
  });
}

const watching = Promise.withResolvers<void>();
const ready = allReady(watching.resolve);
await watching.promise;
const startedMs = performance.now();
await Promise.all(names.map((name) => call("POST", pods, podNamed(name))));
await ready;
console.log(JSON.stringify({ ms: performance.now() - startedMs }));
await Promise.all(names.map((name) => call("DELETE", `${pods}/${name}`)));
process.exit();
