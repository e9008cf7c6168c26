/** `k8ts proxy` over real sockets, before a real API server with its real security. */
import { deepEqual, equal, match } from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { SecureServer } from "#apiserver/subresources/testing.ts";
import type { HttpAnswer, HttpCall, HttpServerOptions } from "#base/http.ts";
import { seededRandom } from "#base/random.ts";
import { credentialed, https } from "#client/transports/https.ts";
import { createClient } from "#client/typed.ts";
import { httpClient } from "#host/http-client.ts";
import { serveHttp } from "#host/http-server.ts";
import {
  kubeletOf,
  type Ran,
  run,
  type RemoteEnd,
  serverWith,
  type Terminal,
} from "../stream/testing.ts";
import { runRemoteCommand } from "../stream/remote-command.ts";

interface Proxied extends AsyncDisposable {
  readonly server: SecureServer;
  readonly folder: string;
  /** What it printed when it began. */
  readonly greeting: string;
  readonly origin: string;
  readonly call: (path: string, call?: Partial<HttpCall>) => Promise<HttpAnswer>;
  /** Its status, and what it says. */
  readonly get: (path: string, call?: Partial<HttpCall>) => Promise<string>;
  readonly client: ReturnType<typeof httpClient>;
  readonly stop: () => Promise<Ran>;
}

const core = "/api/v1/namespaces/default";

/** Somebody who may do everything, by a token. */
async function tokenOf(server: SecureServer): Promise<string> {
  const metadata = { name: "boss" };
  await server.ask("POST", `${core}/serviceaccounts`, { body: { metadata } });
  await server.ask("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    body: {
      metadata,
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ kind: "ServiceAccount", name: "boss", namespace: "default" }],
    },
  });
  const { status } = await server.ask("POST", `${core}/serviceaccounts/boss/token`, {
    body: { spec: {} },
  });
  return status.token;
}

/** Says what it was given, and what it hears. */
async function echo({ streams }: RemoteEnd): Promise<void> {
  for await (const chunk of streams.get("stdin")?.incoming ?? [])
    await streams.get("stdout")?.write(chunk);
  await streams.get("error")?.write(Buffer.from('{"metadata":{},"status":"Success"}'));
  for (const stream of streams.values()) await stream.end();
}

/** The command under way, and the port that it took. */
function listening(flags: readonly string[], terminal: Terminal) {
  const opened = Promise.withResolvers<number>();
  const stop = new AbortController();
  const running = run(undefined, ["proxy", ...flags], {
    ...terminal,
    signal: stop.signal,
    serveHttp: async (options: HttpServerOptions) => {
      const server = await serveHttp(options);
      opened.resolve(server.port);
      return server;
    },
  });
  return { port: opened.promise, running, stop };
}

async function proxied(...flags: readonly string[]): Promise<Proxied> {
  const server = await serverWith(kubeletOf({ serve: echo }), { name: "web" });
  const token = await tokenOf(server);
  const folder = await mkdtemp(join(tmpdir(), "k8ts-proxy-"));
  const behind = await serveHttp({ address: "127.0.0.1", port: 0, handler: server.server.http });
  const client = httpClient();
  const url = `http://127.0.0.1:${behind.port}`;
  const http = credentialed(client, { url, credentials: () => ({ token }) });
  const { port: opened, running, stop } = listening(flags, { url, folder, http });
  const port = await Promise.race([opened, running.then(({ errors }) => errors)]);
  const socket = flags.find((flag) => flag.startsWith("--unix-socket="))?.slice(14);
  const origin = socket
    ? `http+unix://${encodeURIComponent(join(folder, socket))}`
    : `http://127.0.0.1:${port}`;
  const call: Proxied["call"] = (path, more) =>
    client.call({ method: "GET", url: origin + path, ...more });
  const end = async (): Promise<Ran> => {
    stop.abort();
    return running;
  };
  return {
    server,
    folder,
    greeting: `Starting to serve on ${socket ?? `127.0.0.1:${port}`}\n`,
    origin,
    call,
    get: async (path, more) => {
      const { status, body } = await call(path, more);
      return `${status} ${Buffer.concat(await Array.fromAsync(body)).toString()}`;
    },
    client,
    stop: end,
    [Symbol.asyncDispose]: async () => {
      await end();
      client[Symbol.dispose]();
      await behind[Symbol.asyncDispose]();
      await server.server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test("a free port is taken and told, and the API is there without credentials", async () => {
  await using proxy = await proxied("--port=0");
  match(await proxy.get("/api"), /^200 .*"APIVersions"/s);
  const { kind, items } = JSON.parse((await proxy.get("/api/v1/pods")).slice(4));
  deepEqual([kind, items.length], ["PodList", 1]);
  const made = await proxy.get(`${core}/configmaps`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ metadata: { name: "a" }, data: { x: "1" } })),
  });
  match(made, /^201 .*"uid"/s);
  deepEqual((await proxy.server.ask("GET", `${core}/configmaps/a`)).data, { x: "1" });
  deepEqual(await proxy.stop(), { code: 0, output: proxy.greeting, errors: "" });
});

test("a unix socket serves its owner only, also where an old one was left", async () => {
  await using proxy = await proxied("--unix-socket=api.sock");
  match(await proxy.get("/api"), /^200 .*"APIVersions"/s);
  const { mode } = await stat(join(proxy.folder, "api.sock"));
  equal((mode & 0o777).toString(8), "700");
  // Who comes second takes the place over.
  const path = join(proxy.folder, "api.sock");
  const handler = () => ({ status: 202, headers: {} });
  await using _second = await serveHttp({ address: "", port: 0, unixSocket: path, handler });
  proxy.client[Symbol.dispose]();
  equal(await proxy.get("/api"), "202 ");
  equal((await proxy.stop()).output, "Starting to serve on api.sock\n");
});

test("a watch comes event by event", async () => {
  await using proxy = await proxied("--port=0");
  const { body } = await proxy.call(`${core}/configmaps?watch=true`);
  const chunks = body[Symbol.asyncIterator]();
  for (const name of ["one", "two"]) {
    await proxy.server.ask("POST", `${core}/configmaps`, { body: { metadata: { name } } });
    const { value } = await chunks.next();
    equal(JSON.parse(Buffer.from(value).toString()).object.metadata.name, name);
  }
  await chunks.return?.();
});

test("connections leave HTTP: exec through the proxy", async () => {
  await using proxy = await proxied("--port=0", "--reject-paths=^$", "--keepalive=30s");
  const client = createClient(https(proxy.client, { url: proxy.origin, credentials: () => ({}) }));
  let heard = "";
  const signal = new AbortController().signal;
  await runRemoteCommand(
    { client, random: seededRandom(1), signal },
    {
      path: `${core}/pods/web/exec`,
      container: "app",
      command: ["cat"],
      stdin: (async function* () {
        yield Buffer.from("hello");
      })(),
      stdout: (chunk) => void (heard += Buffer.from(chunk).toString()),
    },
  );
  equal(heard, "hello");
});

describe("what web pages could ask for in the user's name is refused", () => {
  const refused = "403 Forbidden\n";

  test("unless it is for this machine, and not to run commands", async () => {
    await using proxy = await proxied("--port=0", "--reject-methods=^PUT$,^DELETE$");
    const port = new URL(proxy.origin).port;
    const asking = (host: string) => proxy.get("/version", { headers: { host } });
    for (const host of ["localhost", `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      match(await asking(host), /^200 /);
    for (const host of ["evil.example", `localhost.evil.example:${port}`])
      equal(await asking(host), refused);
    const exec = `${core}/pods/web/exec?command=ls&stdout=true`;
    for (const path of [exec, exec.replace("exec", "%65xec")])
      equal(await proxy.get(path, { method: "POST" }), refused);
    equal(await proxy.get("/version", { method: "DELETE" }), refused);
    match(await proxy.get("/version", { method: "POST" }), /^405 /);
  });

  test("and no other spelling of a path gets around it", async () => {
    await using proxy = await proxied("--port=0", "--accept-paths=^/version$");
    equal(await proxy.get("/api"), refused);
    for (const target of ["/version/x\\..\\..\\api", "/api#/version"])
      match(await sayTo(proxy.origin, target), /^HTTP\/1.1 400 /);
    match(await sayTo(proxy.origin, "/version/%2e%2e/api"), /^HTTP\/1.1 301 .*location: \/api\r/s);
  });

  test("and everything goes where nobody filters", async () => {
    await using proxy = await proxied("--port=0", "--disable-filter");
    match(await proxy.get("/version", { headers: { host: "evil.example" } }), /^200 /);
    match((await proxy.stop()).errors, /your proxy is vulnerable to XSRF attacks/);
  });
});

/** As a program that does not put addresses in order. */
async function sayTo(origin: string, target: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.write(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  return Buffer.concat(await Array.fromAsync(socket as AsyncIterable<Buffer>)).toString();
}

test("files stand beside the API, each at its path", async () => {
  await using proxy = await proxied("--port=0", "--www=page", "--api-prefix=/k8s");
  equal(await proxy.get("/static/a.txt"), "404 404 page not found\n");
  await mkdir(join(proxy.folder, "page", "deep"), { recursive: true });
  await writeFile(join(proxy.folder, "secret"), "secret");
  await writeFile(join(proxy.folder, "page", "a.txt"), "text");
  await writeFile(join(proxy.folder, "page", "deep", "index.html"), "<p>");
  equal(await proxy.get("/static/a.txt"), "200 text");
  equal((await proxy.call("/static/a.txt")).headers["content-type"], "text/plain; charset=utf-8");
  equal(await proxy.get("/static/deep/"), "200 <p>");
  equal((await proxy.call("/static/deep")).headers["location"], "deep/");
  match(await proxy.get("/static/"), /<a href="a.txt">a.txt<\/a>\n<a href="deep\/">deep\/<\/a>/);
  match(
    await sayTo(proxy.origin, "/static/../../secret"),
    /^HTTP\/1.1 301 .*location: \/secret\r/s,
  );
  match(await proxy.get("/k8s/api/v1/pods"), /^200 .*PodList/s);
  equal((await proxy.call("/k8s")).headers["location"], "/k8s/");
  equal(await proxy.get("/api"), "404 404 page not found\n");
  match((await proxy.stop()).errors, /^Warning: Failed to stat static file directory page/);
});

test("what cannot be is said", async () => {
  const both = await run(undefined, ["proxy", "--port=1", "--unix-socket=x"]);
  deepEqual(
    [both.code, both.errors],
    [1, "error: cannot set --unix-socket and --port at the same time\n"],
  );
  await using proxy = await proxied("--port=0");
  const port = new URL(proxy.origin).port;
  const second = await run(undefined, ["proxy", `--port=${port}`], {
    serveHttp,
    url: proxy.origin,
  });
  deepEqual(
    [second.code, second.errors],
    [1, `error: listen tcp 127.0.0.1:${port}: bind: address already in use\n`],
  );
  const odd = await run(undefined, ["proxy", "--accept-hosts=("], { serveHttp, url: proxy.origin });
  match(odd.errors, /^error: Error compiling re: /);
});

test("a server that is not there is told to whoever asks and to whoever runs the proxy", async () => {
  await using proxy = await proxied("--port=0");
  const gone = await serveHttp({ address: "127.0.0.1", port: 0, handler: () => undefined });
  await gone[Symbol.asyncDispose]();
  const url = `http://127.0.0.1:${gone.port}`;
  const { port, running, stop } = listening(["--port=0"], { url, http: proxy.client });
  const answer = await proxy.client.call({
    method: "GET",
    url: `http://127.0.0.1:${await port}/api`,
  });
  equal(answer.status, 500);
  match(Buffer.concat(await Array.fromAsync(answer.body)).toString(), /ECONNREFUSED/);
  stop.abort();
  match((await running).errors, /^Error while proxying request: .*ECONNREFUSED/);
});
