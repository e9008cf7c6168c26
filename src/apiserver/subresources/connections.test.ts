/** Logs, exec, attach, port-forward and proxies: through the server to a kubelet, or to an address. */
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { ApiResponse, User } from "#api/request.ts";
import type { HttpAnswer, HttpCall, HttpClient } from "#base/http.ts";
import type { ByteStream } from "#base/stream.ts";
import { spdyConnection, type SpdyStream } from "#base/streaming/spdy.ts";
import { connectionPair, textOf } from "#base/streaming/testing.ts";
import { readFrames } from "#base/streaming/websocket-frames.ts";
import type { KubeletDialer } from "./kubelet-dialer.ts";
import { type Call, type SecureServer, startSecureServer } from "./testing.ts";

const web = "/api/v1/namespaces/default/pods/web";

/** Can be read more than once. */
const chunks = (text: string): AsyncIterable<Uint8Array> => ({
  async *[Symbol.asyncIterator]() {
    yield Buffer.from(text);
  },
});
const answerOf = (status: number, text = "", headers = {}): HttpAnswer => ({
  status,
  headers,
  body: chunks(text),
});

interface Asked {
  readonly node: string;
  readonly path: string;
  readonly protocol?: string | undefined;
}

/** Answers calls with a text, and upgrades with what `run` does on the connection. */
function kubeletOf(
  run: (stream: ByteStream) => void,
  answer: HttpAnswer = answerOf(200, "hello\n"),
): KubeletDialer & { readonly asked: Asked[] } {
  const asked: Asked[] = [];
  return {
    asked,
    call: async (node, path) => {
      asked.push({ node: node.metadata.name ?? "", path });
      return answer;
    },
    upgrade: async (node, path, call) => {
      const protocol = call?.headers?.["x-stream-protocol-version"];
      asked.push({ node: node.metadata.name ?? "", path, protocol });
      if (answer.status !== 200) return { answer };
      const [near, far] = connectionPair();
      run(far);
      const headers = { "x-stream-protocol-version": protocol ?? "" };
      return { answer: { ...answerOf(101), headers }, stream: near };
    },
  };
}

async function withPod(kubelets: KubeletDialer, more: object = {}): Promise<SecureServer> {
  const server = await startSecureServer({ kubelets });
  await server.ask("POST", "/api/v1/nodes", { body: { metadata: { name: "n1" } } });
  await server.ask("POST", "/api/v1/namespaces/default/pods", {
    body: {
      metadata: { name: "web" },
      spec: {
        nodeName: "n1",
        containers: [
          { name: "app", image: "i" },
          { name: "side", image: "i" },
        ],
        ...more,
      },
    },
  });
  return server;
}

const streamed = ({ body }: ApiResponse): Promise<string> =>
  body.is === "stream" ? textOf(body.chunks) : Promise.reject(new Error(`no stream: ${body.is}`));

test("logs come from the kubelet as they are, with the options that it knows", async () => {
  const kubelet = kubeletOf(() => {});
  const server = await withPod(kubelet);
  const query =
    "container=side&follow=true&tailLines=5&timestamps=1&previous=false&pretty=true&stream=Stdout";
  equal(await streamed(await server.send("GET", `${web}/log?${query}`)), "hello\n");
  deepEqual(kubelet.asked, [
    { node: "n1", path: "/containerLogs/default/web/side?follow=true&timestamps=true&tailLines=5" },
  ]);
});

const logRefusals = [
  ["", /a container name must be specified for pod web, choose one of: \[app side\]/],
  ["?container=none", /container none is not valid for pod web/],
  ["?container=app&tailLines=-1", /PodLogOptions "web" is invalid: tailLines: Invalid value: -1/],
  ["?container=app&sinceTime=yesterday", /parsing time "yesterday" as "2006-01-02T15:04:05Z07:00"/],
  ["?container=app&tailLines=x", /strconv\.ParseInt: parsing "x": invalid syntax/],
] as const;
for (const [query, why] of logRefusals) {
  test(`logs${query} are refused`, async () => {
    const server = await withPod(kubeletOf(() => {}));
    await rejects(server.ask("GET", `${web}/log${query}`), why);
  });
}

for (const protocol of ["binary.k8s.io", "base64.binary.k8s.io"]) {
  test(`logs come over a WebSocket, too, as ${protocol}`, async () => {
    const server = await withPod(kubeletOf(() => {}));
    const [near, far] = connectionPair();
    const headers = webSocketHeaders(protocol);
    const done = server.send("GET", `${web}/log?container=app`, { upgrade: far, headers });
    const heard: string[] = [];
    for await (const { opcode, payload } of readFrames(near.incoming, false)) {
      if (opcode === 8) break;
      heard.push(protocol.startsWith("base64") ? atob(payload.toString()) : payload.toString());
    }
    near.end();
    equal((await done).status, 101);
    deepEqual(heard, ["", "hello\n"]);
    equal(server.accepted[0]?.["sec-websocket-protocol"], protocol);
  });
}

test("what the kubelet refuses is told in its words", async () => {
  const waiting = 'container "app" in pod "web" is waiting to start: ContainerCreating';
  const server = await withPod(kubeletOf(() => {}, answerOf(400, waiting)));
  await rejects(server.ask("GET", `${web}/log?container=app`), {
    reason: "BadRequest",
    message: waiting,
  });
});

test("a pod on no node has written nothing, and runs no commands", async () => {
  const server = await withPod(
    kubeletOf(() => {}),
    { nodeName: "" },
  );
  equal(await server.ask("GET", `${web}/log?container=app`), "");
  const [, upgrade] = connectionPair();
  await rejects(
    server.ask("POST", `${web}/exec?container=app&command=ls`, { upgrade, headers: spdyHeaders }),
    { reason: "BadRequest", message: "pod web does not have a host assigned" },
  );
});

const spdyHeaders = {
  connection: "Upgrade",
  upgrade: "SPDY/3.1",
  "x-stream-protocol-version": "v4.channel.k8s.io, v3.channel.k8s.io",
};
const webSocketHeaders = (protocol: string) => ({
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-protocol": protocol,
});

/** A kubelet that runs `cat`: what comes in on stdin goes out on stdout, then all is well. */
function catKubelet(): KubeletDialer & { readonly asked: Asked[] } {
  return kubeletOf((stream) => {
    const streams = new Map<string, SpdyStream>();
    const server = spdyConnection(stream, {
      side: "server",
      onStream: (opened) => {
        streams.set(opened.headers["streamtype"] ?? "", opened);
        if (streams.size === 3) void cat();
      },
    });
    const cat = async (): Promise<void> => {
      const [stdin, stdout] = [streams.get("stdin"), streams.get("stdout")];
      for await (const chunk of stdin?.incoming ?? []) await stdout?.write(chunk);
      await streams.get("error")?.write(Buffer.from('{"status":"Success"}'));
      for (const one of streams.values()) await one.end();
      server.destroy();
    };
  });
}

test("a SPDY client is joined with the kubelet", async () => {
  const kubelet = catKubelet();
  const server = await withPod(kubelet);
  const [near, far] = connectionPair();
  const target = `${web}/exec?container=app&command=cat&command=a%20b&stdin=true&stdout=true`;
  const done = server.send("POST", target, { upgrade: far, headers: spdyHeaders });
  const client = spdyConnection(near, { side: "client" });
  const error = await client.open({ streamtype: "error" });
  const stdin = await client.open({ streamtype: "stdin" });
  const stdout = await client.open({ streamtype: "stdout" });
  await stdin.write(Buffer.from("round trip"));
  await stdin.end();
  equal(await textOf(stdout.incoming), "round trip");
  equal(await textOf(error.incoming), '{"status":"Success"}');
  client.destroy();
  equal((await done).body.is, "upgraded");
  deepEqual(kubelet.asked, [
    {
      node: "n1",
      path: "/exec/default/web/app?input=1&output=1&command=cat&command=a+b",
      protocol: "v4.channel.k8s.io, v3.channel.k8s.io",
    },
  ]);
  equal(server.accepted[0]?.["upgrade"], "SPDY/3.1");
});

/** A message of a client: masked with zeros, which leaves it as it is. */
const message = (...bytes: readonly (number | string)[]): Buffer => {
  const payload = Buffer.concat(
    bytes.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part))),
  );
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
};

test("a WebSocket client is translated: input, its end, output, status", async () => {
  const kubelet = catKubelet();
  const server = await withPod(kubelet);
  const [near, far] = connectionPair();
  const target = `${web}/exec?container=app&command=cat&stdin&stdout`;
  const headers = webSocketHeaders("v5.channel.k8s.io,v4.channel.k8s.io");
  const done = server.send("GET", target, { upgrade: far, headers });
  await near.write(message(0, "round "));
  await near.write(message(0, "trip"));
  await near.write(message(255, 0));
  const heard: string[] = [];
  for await (const { opcode, payload } of readFrames(near.incoming, false)) {
    heard.push(
      opcode === 8
        ? `close ${payload.readUInt16BE()}`
        : `${payload[0]}:${payload.toString("utf8", 1)}`,
    );
    if (opcode === 8) break;
  }
  near.end();
  await done;
  equal(heard.join(" "), '1: 1:round  1:trip 3:{"status":"Success"} close 1000');
  deepEqual(
    [server.accepted[0]?.["sec-websocket-protocol"], kubelet.asked[0]?.protocol],
    ["v5.channel.k8s.io", "v4.channel.k8s.io"],
  );
});

test("reading a pod's exec is not enough to run a command over WebSocket", async () => {
  const server = await withPod(catKubelet());
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
  const rules = [{ verbs: ["get"], apiGroups: [""], resources: ["pods/exec"] }];
  await server.ask("POST", `${rbac}/roles`, { body: { metadata: { name: "r" }, rules } });
  await server.ask("POST", `${rbac}/rolebindings`, {
    body: {
      metadata: { name: "r" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r" },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "jane" }],
    },
  });
  const as: User = { name: "jane", groups: [] };
  const [, upgrade] = connectionPair();
  const call: Call = { as, upgrade, headers: webSocketHeaders("v5.channel.k8s.io") };
  await rejects(server.ask("GET", `${web}/exec?container=app&command=ls&stdout=1`, call), {
    reason: "Forbidden",
    message:
      'pods "web" is forbidden: User "jane" cannot create resource "pods/exec" in API group "" in the namespace "default"',
  });
});

test("who does not ask to leave HTTP, or in no way we know, is told so", async () => {
  const server = await withPod(catKubelet());
  const exec = `${web}/exec?container=app&command=ls&stdout=1`;
  await rejects(server.ask("POST", exec), {
    reason: "BadRequest",
    message: "Upgrade request required",
  });
  const [, upgrade] = connectionPair();
  await rejects(server.ask("GET", exec, { upgrade, headers: webSocketHeaders("chat") }), {
    reason: "BadRequest",
  });
});

test("a kubelet that refuses or cannot be reached leaves the connection in HTTP", async () => {
  const refusing = await withPod(kubeletOf(() => {}, answerOf(404, "container not found")));
  const [, upgrade] = connectionPair();
  const call = { upgrade, headers: spdyHeaders };
  await rejects(refusing.ask("POST", `${web}/exec?container=app&command=ls`, call), {
    reason: "NotFound",
  });
  deepEqual(refusing.accepted, []);
  const broken = await withPod({
    call: () => Promise.reject(new Error("connection refused")),
    upgrade: () => Promise.reject(new Error("connection refused")),
  });
  await rejects(broken.ask("POST", `${web}/exec?container=app&command=ls`, call), {
    code: 500,
    message: "Internal error occurred: error dialing backend: connection refused",
  });
});

test("a tunnel for port-forward carries the kubelet's SPDY as it is", async () => {
  const kubelet = kubeletOf((stream) => {
    void (async () => {
      for await (const chunk of stream.incoming) await stream.write(chunk);
      stream.end();
    })();
  });
  const server = await withPod(kubelet);
  const [near, far] = connectionPair();
  const headers = webSocketHeaders("SPDY/3.1+portforward.k8s.io");
  const done = server.send("GET", `${web}/portforward`, { upgrade: far, headers });
  await near.write(message("any bytes"));
  for await (const { payload } of readFrames(near.incoming, false)) {
    equal(payload.toString(), "any bytes");
    break;
  }
  near.end();
  await done;
  deepEqual(kubelet.asked, [
    { node: "n1", path: "/portForward/default/web", protocol: "portforward.k8s.io" },
  ]);
});

/** Answers by URL, and keeps what was asked. */
function httpOf(
  answers: Readonly<Record<string, HttpAnswer>>,
): HttpClient & { readonly calls: HttpCall[] } {
  const calls: HttpCall[] = [];
  const find = (call: HttpCall): HttpAnswer => {
    calls.push(call);
    const answer = answers[call.url];
    if (!answer) throw new Error("connection refused");
    return answer;
  };
  return {
    calls,
    call: async (call) => find(call),
    upgrade: async (call) => ({ answer: find(call) }),
  };
}

async function withAddress(http: HttpClient): Promise<SecureServer> {
  const server = await startSecureServer({ http, kubelets: kubeletOf(() => {}) });
  const pod = await server.ask("POST", "/api/v1/namespaces/default/pods", {
    body: {
      metadata: { name: "web" },
      spec: { containers: [{ name: "c", image: "i", ports: [{ containerPort: 8080 }] }] },
    },
  });
  pod.status.podIPs = [{ ip: "10.244.0.7" }];
  pod.status.podIP = "10.244.0.7";
  await server.ask("PUT", `${web}/status`, { body: pod });
  return server;
}

test("a pod is asked at its first port, without the caller's credentials", async () => {
  const http = httpOf({
    "http://10.244.0.7:8080/a/b?c=d": answerOf(418, "teapot", {
      "content-type": "text/tea",
      "x-own": "1",
    }),
  });
  const server = await withAddress(http);
  const secret = "base64url.bearer.authorization.k8s.io.c2VjcmV0";
  const call = {
    headers: {
      authorization: "Basic x",
      "x-mine": "1",
      "impersonate-user": "",
      "sec-websocket-protocol": `chat, ${secret}`,
    },
  };
  const response = await server.send("GET", `${web}/proxy/a/b?c=d`, call);
  deepEqual(
    [response.status, response.headers, await streamed(response)],
    [418, { "x-own": "1" }, "teapot"],
  );
  const { headers = {} } = http.calls[0] ?? {};
  equal(headers["sec-websocket-protocol"], "chat");
  deepEqual(
    [
      headers["authorization"],
      headers["impersonate-user"],
      headers["x-mine"],
      headers["x-forwarded-uri"],
    ],
    [undefined, undefined, "1", "/a/b"],
  );
});

test("redirects within the pod stay within the proxy, and so does its first page", async () => {
  const server = await withAddress(
    httpOf({
      "https://10.244.0.7:9443/": answerOf(302, "", { location: "/login" }),
      "https://10.244.0.7:9443/x": answerOf(302, "", { location: "https://10.244.0.7:9443/y" }),
      "https://10.244.0.7:9443/z": answerOf(302, "", { location: "https://example.com/" }),
    }),
  );
  const base = "/api/v1/namespaces/default/pods/https:web:9443/proxy";
  const location = async (path: string) =>
    (await server.send("GET", base + path)).headers?.["location"];
  deepEqual(
    [await location(""), await location("/"), await location("/x"), await location("/z")],
    [`${base}/`, `${base}/login`, `${base}/y`, "https://example.com/"],
  );
});

test("nobody gets at this machine through a pod that says it is here", async () => {
  const server = await withAddress(httpOf({}));
  const pod = await server.ask("GET", web);
  pod.status.podIPs = [{ ip: "127.0.0.1" }];
  pod.status.podIP = "127.0.0.1";
  await server.ask("PUT", `${web}/status`, { body: pod });
  await rejects(server.ask("GET", `${web}/proxy/`), { message: "address not allowed" });
});

test("a service is asked at one of its ready endpoints", async () => {
  const http = httpOf({ "http://10.244.0.8:8080/": answerOf(200, "ready one") });
  const server = await withAddress(http);
  const services = "/api/v1/namespaces/default/services";
  await server.ask("POST", services, {
    body: { metadata: { name: "web" }, spec: { ports: [{ name: "http", port: 80 }] } },
  });
  await rejects(server.ask("GET", `${services}/web:http/proxy/`), {
    reason: "ServiceUnavailable",
    message: 'no endpoints available for service "web"',
  });
  await server.ask("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    body: {
      metadata: { name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      endpoints: [
        { addresses: ["10.244.0.9"], conditions: { ready: false } },
        { addresses: ["10.244.0.8"], conditions: { ready: true } },
      ],
      ports: [{ name: "http", port: 8080 }],
    },
  });
  for (const name of ["web", "web:80", "web:http", "http:web:http"])
    equal(await streamed(await server.send("GET", `${services}/${name}/proxy/`)), "ready one");
  await rejects(server.ask("GET", `${services}/web:81/proxy/`), /no service port "81" found/);
});

test("a node is asked through its kubelet", async () => {
  const kubelet = kubeletOf(() => {}, answerOf(200, "metrics"));
  const server = await withPod(kubelet);
  const response = await server.send("GET", "/api/v1/nodes/n1/proxy/metrics");
  equal(await streamed(response), "metrics");
  ok(kubelet.asked.some(({ path }) => path === "/metrics"));
});
