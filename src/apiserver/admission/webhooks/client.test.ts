import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { HttpHandler, HttpServer, TlsIdentity } from "#base/http.ts";
import { httpClient } from "#host/http-client.ts";
import { serveHttp } from "#host/http-server.ts";
import { type TestAuthority, testAuthority } from "#host/testing.ts";
import { startSecureServer } from "#apiserver/subresources/testing.ts";
import { httpWebhooks, type Question } from "./client.ts";
import { configMap, configMaps, configurations, waysOf } from "./testing.ts";

const loopback = "127.0.0.1";
let authority: TestAuthority;
let stranger: TestAuthority;
let identity: TlsIdentity;
const http = httpClient();

before(async () => {
  authority = await testAuthority("webhooks");
  stranger = await testAuthority("stranger");
  identity = await authority.issue("CN=webhook", [loopback, "hook.tools.svc"]);
});
after(() => http[Symbol.dispose]());

interface Asked {
  readonly target: string;
  readonly host: string | undefined;
  readonly type: string | undefined;
}

/** A webhook that notes how it was asked, and adds a key, or answers as told. */
function serveHook(asked: Asked[], answer?: { status: number; text: string }): Promise<HttpServer> {
  const handler: HttpHandler = async (call) => {
    const { target, headers } = call;
    const { request } = JSON.parse(Buffer.from(await call.body(1_000_000)).toString());
    asked.push({ target, host: headers["host"], type: headers["content-type"] });
    const patch = Buffer.from('[{"op":"add","path":"/data","value":{"hooked":"yes"}}]');
    const response = {
      uid: request.uid,
      allowed: true,
      patchType: "JSONPatch",
      patch: patch.toString("base64"),
    };
    const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response };
    return {
      status: answer?.status ?? 200,
      headers: { "content-type": "application/json" },
      body: Buffer.from(answer?.text ?? JSON.stringify(review)),
    };
  };
  const tls = { identity: () => identity, clientCas: () => authority.certificate };
  return serveHttp({ address: loopback, port: 0, tls, handler });
}

const bundle = ({ certificate }: TestAuthority) => Buffer.from(certificate).toString("base64");

async function startCalling(origin = "") {
  const server = await startSecureServer({
    http,
    ...(origin ? { serviceUrl: () => origin } : {}),
  });
  return { ...server, ...waysOf(server) };
}

test("a webhook is called over HTTPS, at the URL that is configured", async () => {
  const asked: Asked[] = [];
  await using hook = await serveHook(asked);
  const { configure, ask } = await startCalling();
  const url = `https://${loopback}:${hook.port}/pods`;
  await configure("mutating", "h", { clientConfig: { url, caBundle: bundle(authority) } });
  deepEqual((await ask("POST", configMaps, configMap("a"))).data, { hooked: "yes" });
  const host = `${loopback}:${hook.port}`;
  deepEqual(asked, [{ target: "/pods?timeout=10s", host, type: "application/json" }]);
});

test("a webhook behind a Service must prove to be that Service", async () => {
  const asked: Asked[] = [];
  await using hook = await serveHook(asked);
  const { configure, ask, refused } = await startCalling(`https://${loopback}:${hook.port}`);
  const behind = (name: string) => ({
    clientConfig: {
      service: { namespace: "tools", name, path: "/x", port: 8443 },
      caBundle: bundle(authority),
    },
  });
  await configure("mutating", "h", behind("hook"));
  deepEqual((await ask("POST", configMaps, configMap("a"))).data, { hooked: "yes" });
  deepEqual(
    asked.map(({ target, host }) => [target, host]),
    [["/x?timeout=10s", "hook.tools.svc:8443"]],
  );
  await ask("DELETE", configurations("mutating"));
  await configure("mutating", "h", behind("other"));
  match(
    (await refused("POST", configMaps, configMap("b"))).message,
    /Post "https:\/\/other\.tools\.svc:8443\/x\?timeout=10s": tls: failed to verify certificate: x509: certificate is valid for hook\.tools\.svc, not other\.tools\.svc$/,
  );
});

test("a Service is reached through its cluster IP, and has to be there", async () => {
  const { configure, ask, refused } = await startCalling();
  const service = { namespace: "default", name: "hook" };
  await configure("mutating", "h", { clientConfig: { service } });
  const problem = async () => {
    const { message } = await refused("POST", configMaps, configMap("a"));
    return message.replace(/^.*Post "https:\/\/hook\.default\.svc:443\/\?timeout=10s": /, "");
  };
  equal(await problem(), 'service "hook" not found');
  const made = { metadata: { name: "hook" }, spec: { ports: [{ port: 80 }] } };
  await ask("POST", "/api/v1/namespaces/default/services", { body: made });
  equal(await problem(), 'no service port 443 found for service "hook"');
});

test("a certificate of a strange authority is refused", async () => {
  await using hook = await serveHook([]);
  const { configure, refused } = await startCalling();
  const url = `https://${loopback}:${hook.port}/`;
  await configure("validating", "h", { clientConfig: { url, caBundle: bundle(stranger) } });
  equal(
    (await refused("POST", configMaps, configMap("a"))).message,
    `Internal error occurred: failed calling webhook "h.test.k8ts.io": failed to call webhook: Post "${url}?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  );
});

test("a webhook that is not there is a failed call", async () => {
  const hook = await serveHook([]);
  const { port } = hook;
  await hook[Symbol.asyncDispose]();
  const { configure, refused } = await startCalling();
  const url = `https://${loopback}:${port}/`;
  await configure("validating", "h", { clientConfig: { url, caBundle: bundle(authority) } });
  equal(
    (await refused("POST", configMaps, configMap("a"))).message,
    `Internal error occurred: failed calling webhook "h.test.k8ts.io": failed to call webhook: Post "${url}?timeout=10s": dial tcp ${loopback}:${port}: connect: connection refused`,
  );
});

test("an answer that is no success is told in the words of Kubernetes' clients", async () => {
  const status = JSON.stringify({ kind: "Status", message: "too busy" });
  const cases: readonly [status: number, text: string, problem: string][] = [
    [404, "nothing", "the server could not find the requested resource"],
    [500, "oh no\n", 'an error on the server ("oh no") has prevented the request from succeeding'],
    [302, "", "the server responded with the status code 302 but did not return more information"],
    [503, status, "too busy"],
    [
      200,
      "<html>",
      "couldn't get version/kind; json parse error: invalid character '<' looking for beginning of value",
    ],
  ];
  for (const [code, text, problem] of cases) {
    await using hook = await serveHook([], { status: code, text });
    const { configure, refused } = await startCalling();
    const url = `https://${loopback}:${hook.port}/`;
    await configure("validating", "h", { clientConfig: { url, caBundle: bundle(authority) } });
    const { message } = await refused("POST", configMaps, configMap("a"));
    const failed =
      'Internal error occurred: failed calling webhook "h.test.k8ts.io": failed to call webhook: ';
    equal(message.slice(0, (failed + problem).length), failed + problem);
  }
});

test("a connection that was closed just then is opened again, once", async () => {
  let calls = 0;
  const body = (async function* () {
    yield Buffer.from('{"answered":true}');
  })();
  const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  const failing = (times: number) =>
    httpWebhooks({
      serviceUrl: () => "",
      http: {
        ...http,
        call: async () => {
          if (++calls <= times) throw reset;
          return { status: 200, headers: {}, body };
        },
      },
    });
  const ask = (times: number) => {
    calls = 0;
    const call = { timeoutSeconds: 1, signal: new AbortController().signal };
    return failing(times).call({ url: "https://a.b/" }, {} as Question, call);
  };
  deepEqual(await ask(1), { answered: true });
  await rejects(ask(2), { message: 'Post "https://a.b/?timeout=1s": read ECONNRESET' });
  equal(calls, 2);
});
