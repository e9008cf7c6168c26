/** port-forward against the real API server; the sockets and the pod are made of memory. */
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { ByteStream } from "#base/stream.ts";
import { connectionPair, textOf } from "#base/streaming/testing.ts";
import type { Listen } from "#base/tcp.ts";
import type { SpdyStream } from "#base/streaming/spdy.ts";
import { kubeletOf, run, serverWith } from "./testing.ts";

interface Sockets {
  readonly listen: Listen;
  /** A connection to the port, once something listens there. */
  readonly connect: (address: string) => Promise<ByteStream>;
}

function sockets(taken: readonly string[] = []): Sockets {
  const waiting = new Map<string, PromiseWithResolvers<Parameters<Listen>[0]["connected"]>>();
  const at = (address: string) => {
    const found = waiting.get(address) ?? Promise.withResolvers();
    waiting.set(address, found);
    return found;
  };
  return {
    listen: async ({ address, port, connected }) => {
      const bound = port === 0 ? 40_000 : port;
      if (taken.includes(address)) throw Object.assign(new Error("listen"), { code: "EADDRINUSE" });
      at(`${address}:${bound}`).resolve(connected);
      return { port: bound, [Symbol.asyncDispose]: async () => {} };
    },
    connect: async (address) => {
      const [near, far] = connectionPair();
      (await at(address).promise)(far, { address: "127.0.0.1" });
      return near;
    },
  };
}

/** Says its port and what it hears, and ends when that ends. */
async function echo(stream: SpdyStream): Promise<void> {
  if (stream.headers["streamtype"] === "error") return stream.end();
  await stream.write(Buffer.from(`${stream.headers["port"]}: `));
  for await (const chunk of stream.incoming) await stream.write(chunk);
  await stream.end();
}

test("connections to local ports reach the pod's, each on its own", async () => {
  const server = await serverWith(kubeletOf({ forward: (stream) => void echo(stream) }), {
    name: "web",
  });
  const stop = new AbortController();
  const { listen, connect } = sockets();
  const line = ["port-forward", "web", "8080:80", ":81"];
  const running = run(server, line, { listen, signal: stop.signal });
  const talks = await Promise.all(
    ["127.0.0.1:8080", "[::1]:8080", "127.0.0.1:40000"].map(async (address) => {
      const socket = await connect(address.replace("[::1]", "::1"));
      await socket.write(Buffer.from("hello"));
      socket.end();
      return textOf(socket.incoming);
    }),
  );
  deepEqual(talks, ["80: hello", "80: hello", "81: hello"]);
  stop.abort();
  const { code, output, errors } = await running;
  deepEqual([code, errors], [0, ""]);
  deepEqual(output.match(/^Forwarding.*$/gm), [
    "Forwarding from 127.0.0.1:8080 -> 80",
    "Forwarding from [::1]:8080 -> 80",
    "Forwarding from 127.0.0.1:40000 -> 81",
    "Forwarding from [::1]:40000 -> 81",
  ]);
  equal(output.match(/Handling connection for (8080|40000)\n/g)?.length, 3);
});

test("what the pod refuses is told, and ends the forwarding", async () => {
  const refuse = async (stream: SpdyStream): Promise<void> => {
    if (stream.headers["streamtype"] === "error")
      await stream.write(Buffer.from("connection refused"));
    await stream.end();
  };
  const server = await serverWith(kubeletOf({ forward: (stream) => void refuse(stream) }), {
    name: "web",
  });
  const { listen, connect } = sockets();
  const running = run(server, ["port-forward", "web", "80"], { listen });
  const socket = await connect("127.0.0.1:80");
  equal(await textOf(socket.incoming), "");
  const { code, errors } = await running;
  equal(code, 1);
  match(errors, /forwarding 80 -> 80: connection refused\nerror: lost connection to pod\n$/);
});

test("one family is enough for localhost; none is too little", async () => {
  const server = await serverWith(kubeletOf({ forward: () => {} }), { name: "web" });
  const stop = new AbortController();
  const half = sockets(["::1"]);
  const running = run(server, ["port-forward", "web", "80"], {
    listen: half.listen,
    signal: stop.signal,
  });
  await half.connect("127.0.0.1:80");
  stop.abort();
  equal((await running).code, 0);
  const none = sockets(["::1", "127.0.0.1"]);
  const ran = await run(server, ["port-forward", "web", "80"], { listen: none.listen });
  equal(
    ran.errors,
    `Unable to listen on port 80: Listeners failed to create with the following errors: [${[
      "unable to create listener: Error listen tcp4 127.0.0.1:80: bind: address already in use",
      "unable to create listener: Error listen tcp6 [::1]:80: bind: address already in use",
    ].join(" ")}]\nerror: unable to listen on any of the requested ports: [{80 80}]\n`,
  );
});

test("a pod that does not run has no ports", async () => {
  const server = await serverWith(kubeletOf({}), { name: "web", status: { phase: "Pending" } });
  equal(
    (await run(server, ["port-forward", "web", "80"])).errors,
    "error: unable to forward port because pod is not running. Current status=Pending\n",
  );
});
