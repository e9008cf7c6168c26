/** What conformance asks of the proxies: each method, path, query and body reaches what is behind them. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Method } from "#api/request.ts";
import type { HttpAnswer, HttpCall, HttpClient } from "#base/http.ts";
import type { ByteStream } from "#base/stream.ts";
import { connectionPair, textOf } from "#base/streaming/testing.ts";
import { type SecureServer, startSecureServer } from "../subresources/testing.ts";

const core = "/api/v1/namespaces/default";
const podAddress = "http://10.244.0.7:8080";
const serviceAddress = "http://10.244.0.8:9090";

interface Backend extends HttpClient {
  /** What reached it, as `POST http://… body`. */
  readonly heard: string[];
}

/** Tells what it heard; who leaves HTTP is greeted. */
function backend(): Backend {
  const heard: string[] = [];
  const hear = async ({ method, url, body }: HttpCall): Promise<HttpAnswer> => {
    const sent = body === undefined ? "" : await bytesOf(body);
    heard.push(`${method} ${url} ${sent}`.trim());
    return { status: 200, headers: {}, body: chunks(`hello ${method}`) };
  };
  return {
    heard,
    call: hear,
    upgrade: async (call) => {
      await hear(call);
      const [near, far] = connectionPair();
      await far.write(Buffer.from(`joined by ${call.headers?.["upgrade"]}`));
      far.end();
      const headers = { upgrade: call.headers?.["upgrade"] };
      return { answer: { status: 101, headers, body: chunks("") }, stream: near };
    },
  };
}

const chunks = (text: string): AsyncIterable<Uint8Array> => ({
  async *[Symbol.asyncIterator]() {
    yield Buffer.from(text);
  },
});

async function bytesOf(body: NonNullable<HttpCall["body"]>): Promise<string> {
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

async function start(http: Backend): Promise<SecureServer> {
  const kubelets = {
    call: (_node: unknown, path: string, call: object = {}) =>
      http.call({ ...call, url: `https://kubelet${path}` } as HttpCall),
    upgrade: (_node: unknown, path: string, call: object = {}) =>
      http.upgrade({ ...call, url: `https://kubelet${path}` } as HttpCall),
  };
  const server = await startSecureServer({ http, kubelets });
  const { ask } = server;
  await ask("POST", "/api/v1/nodes", { body: { metadata: { name: "n1" } } });
  const ports = [{ name: "web", containerPort: 8080 }];
  const body = {
    metadata: { name: "p" },
    spec: { containers: [{ name: "c", image: "i", ports }] },
  };
  const pod = await ask("POST", `${core}/pods`, { body });
  pod.status = { ...pod.status, podIP: "10.244.0.7", podIPs: [{ ip: "10.244.0.7" }] };
  await ask("PUT", `${core}/pods/p/status`, { body: pod });
  const spec = { ports: [{ name: "http", port: 80 }] };
  await ask("POST", `${core}/services`, { body: { metadata: { name: "s" }, spec } });
  await ask("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    body: {
      metadata: { name: "s-1", labels: { "kubernetes.io/service-name": "s" } },
      addressType: "IPv4",
      endpoints: [{ addresses: ["10.244.0.8"], conditions: { ready: true } }],
      ports: [{ name: "http", port: 9090 }],
    },
  });
  return server;
}

const places = [
  ["a pod", `${core}/pods/p/proxy`, podAddress],
  ["a service", `${core}/services/s/proxy`, serviceAddress],
  ["a node", "/api/v1/nodes/n1/proxy", "https://kubelet"],
] as const;

async function answered(server: SecureServer, method: Method, target: string): Promise<string> {
  const hasBody = ["POST", "PUT", "PATCH"].includes(method);
  const { body } = await server.send(method, target, hasBody ? { body: { a: 1 } } : {});
  if (body.is !== "stream") return JSON.stringify(body);
  return Buffer.concat(await Array.fromAsync(body.chunks)).toString();
}

for (const [name, path, behind] of places) {
  test(`${name} gets every method, with path, query and body, and its answer comes back`, async () => {
    const http = backend();
    const server = await start(http);
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const) {
      const sent = ["POST", "PUT", "PATCH"].includes(method) ? ' {"a":1}' : "";
      for (const rest of ["/", "/some/path%20here?method=x&y=1"]) {
        equal(await answered(server, method, path + rest), `hello ${method}`);
        equal(http.heard.pop(), `${method} ${behind}${rest}${sent}`);
      }
    }
    await server.send("HEAD", `${path}/head`);
    equal(http.heard.pop(), `HEAD ${behind}/head`);
  });

  test(`${name} is joined with who leaves HTTP`, async () => {
    const http = backend();
    const server = await start(http);
    const [near, far]: readonly [ByteStream, ByteStream] = connectionPair();
    const headers = { connection: "Upgrade", upgrade: "websocket" };
    const done = server.send("GET", `${path}/ws?q=1`, { upgrade: far, headers });
    near.end();
    equal(await textOf(near.incoming), "joined by websocket");
    deepEqual([(await done).status, server.accepted[0]?.["upgrade"]], [101, "websocket"]);
    deepEqual(http.heard, [`GET ${behind}/ws?q=1`]);
  });
}

test("ports are found by number, by name, and behind a scheme", async () => {
  const http = backend();
  const server = await start(http);
  for (const name of ["p:8080", "http:p:8080", "p"]) {
    await answered(server, "GET", `${core}/pods/${name}/proxy/x`);
    equal(http.heard.pop(), `GET ${podAddress}/x`, name);
  }
  for (const name of ["s:80", "s:http", "http:s:http", "s"]) {
    await answered(server, "GET", `${core}/services/${name}/proxy/x`);
    equal(http.heard.pop(), `GET ${serviceAddress}/x`, name);
  }
  await answered(server, "GET", `${core}/services/https:s:http/proxy/x`);
  equal(http.heard.pop(), `GET ${serviceAddress.replace("http", "https")}/x`);
});
