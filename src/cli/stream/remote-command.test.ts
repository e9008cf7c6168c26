/** exec and attach against the real API server, whose kubelet does as the test says. */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { connectionPair, textOf } from "#base/streaming/testing.ts";
import { acceptOf, type WebSocket, webSocketOver } from "#base/streaming/websocket.ts";
import type { Client } from "#client/client.ts";
import { runRemoteCommand } from "./remote-command.ts";
import { kubeletOf, type RemoteEnd, run, serverWith } from "./testing.ts";

const success = Buffer.from('{"metadata":{},"status":"Success"}');
const failed = (code: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      status: "Failure",
      reason: "NonZeroExitCode",
      message: `command terminated with non-zero exit code: exit status ${code}`,
      details: { causes: [{ reason: "ExitCode", message: String(code) }] },
    }),
  );

/** Ends the streams, with a status. */
async function end({ streams }: RemoteEnd, status: Uint8Array): Promise<void> {
  await streams.get("error")?.write(status);
  for (const stream of streams.values()) await stream.end();
}

const say = (name: "stdout" | "stderr", text: string, { streams }: RemoteEnd) =>
  streams.get(name)?.write(Buffer.from(text));

test("a command's output comes on two channels, and its success is ours", async () => {
  const kubelet = kubeletOf({
    serve: async (remote) => {
      await say("stdout", "out\n", remote);
      await say("stderr", "err\n", remote);
      await end(remote, success);
    },
  });
  const server = await serverWith(kubelet, { name: "web" });
  deepEqual(await run(server, ["exec", "web", "--", "ls", "-l", "a b"]), {
    code: 0,
    output: "out\n",
    errors: "err\n",
  });
  deepEqual(kubelet.asked, [
    "/exec/default/web/app?output=1&error=1&command=ls&command=-l&command=a+b",
  ]);
});

test("its exit code becomes ours", async () => {
  const server = await serverWith(kubeletOf({ serve: (remote) => end(remote, failed(3)) }), {
    name: "web",
  });
  deepEqual(await run(server, ["exec", "web", "--", "false"]), {
    code: 3,
    output: "",
    errors: "command terminated with exit code 3\n",
  });
});

test("why it could not run is told", async () => {
  const status = Buffer.from(JSON.stringify({ status: "Failure", message: "no such program" }));
  const server = await serverWith(kubeletOf({ serve: (remote) => end(remote, status) }), {
    name: "web",
  });
  deepEqual(await run(server, ["exec", "web", "--", "nope"]), {
    code: 1,
    output: "",
    errors: "error: no such program\n",
  });
});

test("input reaches the command, and so does its end", async () => {
  const kubelet = kubeletOf({
    serve: async (remote) => {
      const heard = await textOf(remote.streams.get("stdin")?.incoming ?? unheard());
      await say("stdout", heard.toUpperCase(), remote);
      await end(remote, success);
    },
  });
  const server = await serverWith(kubelet, { name: "web" });
  const { output } = await run(server, ["exec", "-i", "web", "--", "tr"], { input: "hello" });
  equal(output, "HELLO");
});

async function* unheard(): AsyncGenerator<Uint8Array> {}

test("a terminal has one output, and the command learns its size", async () => {
  const kubelet = kubeletOf({
    serve: async (remote) => {
      const sizes = remote.streams.get("resize")?.incoming ?? unheard();
      for await (const size of sizes) {
        await say("stdout", Buffer.from(size).toString(), remote);
        break;
      }
      await end(remote, success);
    },
  });
  const server = await serverWith(kubelet, { name: "web" });
  const size = { columns: 101, rows: 33 };
  const ran = await run(server, ["exec", "-it", "web", "--", "sh"], { size });
  deepEqual(ran, { code: 0, output: '{"Width":101,"Height":33}\n', errors: "" });
  match(kubelet.asked[0] ?? "", /input=1&output=1&tty=1&command=sh/);
});

test("without a terminal there is no raw mode, and that is said", async () => {
  const kubelet = kubeletOf({ serve: (remote) => end(remote, success) });
  const server = await serverWith(kubelet, { name: "web" });
  const { errors } = await run(server, ["exec", "-it", "web", "--", "sh"]);
  equal(errors, "Unable to use a TTY - input is not a terminal or the right kind of file\n");
});

/** A server that speaks one version only, and does with the socket as the test says. */
function clientOf(protocol: string, serve: (socket: WebSocket) => Promise<void>): Client {
  const connect: Client["connect"] = async ({ headers = {} }) => {
    const [near, far] = connectionPair();
    const socket = webSocketOver(far, { protocol });
    void serve(socket).finally(far.end);
    const accept = acceptOf(headers["sec-websocket-key"] ?? "");
    const answer = { "sec-websocket-accept": accept, "sec-websocket-protocol": protocol };
    return { stream: near, response: { status: 101, headers: answer, body: { is: "upgraded" } } };
  };
  return { connect } as Client;
}

const dialling = (client: Client) => ({
  client,
  random: seededRandom(1),
  signal: new AbortController().signal,
});
const web = { path: "/exec", container: "app", command: ["cat"], stdout: () => {} };

test("a connection that breaks off is no success, one that ends in order is", async () => {
  const breaks = clientOf("v5.channel.k8s.io", async () => {});
  await rejects(runRemoteCommand(dialling(breaks), web), /close 1006 \(abnormal closure\)/);
  const ends = clientOf("v5.channel.k8s.io", (socket) => socket.close(1000));
  await runRemoteCommand(dialling(ends), web);
});

for (const [protocol, heard] of [
  ["v5.channel.k8s.io", "0:hi 255:\0"],
  ["v4.channel.k8s.io", "0:hi"],
] as const) {
  test(`input to a server of ${protocol}: ${JSON.stringify(heard)}`, async () => {
    const got: string[] = [];
    const client = clientOf(protocol, async (socket) => {
      for await (const { data } of socket.messages) {
        got.push(`${data[0]}:${data.toString("utf8", 1)}`);
        if (got.join(" ") === heard) await socket.send(Uint8Array.of(3), success);
        if (got.join(" ") === heard) await socket.close(1000);
      }
    });
    const stdin = ReadableStream.from([Buffer.from("hi")]);
    await runRemoteCommand(dialling(client), { ...web, stdin });
    equal(got.join(" "), heard);
  });
}

test("a server that agrees to something else is not spoken to", async () => {
  const client = clientOf("chat", async () => {});
  await rejects(runRemoteCommand(dialling(client), web), /the server agreed to "chat"/);
});

test("input that cannot be read is the failure that is told", async () => {
  const client = clientOf("v5.channel.k8s.io", async (socket) => {
    for await (const _ of socket.messages);
  });
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("some");
    throw new Error("the disk is on fire");
  }
  await rejects(runRemoteCommand(dialling(client), { ...web, stdin: broken() }), /disk is on fire/);
});

test("Ctrl-C ends the command here with 130, without words", async () => {
  const stop = new AbortController();
  const kubelet = kubeletOf({
    serve: async ({ streams }) => {
      stop.abort();
      await textOf(streams.get("stdout")?.incoming ?? unheard());
    },
  });
  const server = await serverWith(kubelet, { name: "web" });
  const ran = await run(server, ["exec", "web", "--", "sleep"], { signal: stop.signal });
  deepEqual(ran, { code: 130, output: "", errors: "" });
});

const refusals = [
  [["exec"], "error: pod, type/name or --filename must be specified\n"],
  [["exec", "web"], "error: you must specify at least one command for the container\n"],
  [["exec", "nope", "--", "ls"], 'Error from server (NotFound): pods "nope" not found\n'],
  [
    ["exec", "web", "-c", "x", "--", "ls"],
    "Error from server (BadRequest): container x is not valid for pod web\n",
  ],
  [
    ["exec", "node/n1", "--", "ls"],
    "error: cannot attach to *v1.Node: selector for *v1.Node not implemented\n",
  ],
  [
    ["exec", "done", "--", "ls"],
    "error: cannot exec into a container in a completed pod; current phase is Succeeded\n",
  ],
  [["attach"], "error: at least 1 argument is required for attach\n"],
] as const;
for (const [line, why] of refusals) {
  test(`${line.join(" ")}: ${why.trim()}`, async () => {
    const server = await serverWith(
      kubeletOf({}),
      { name: "web" },
      { name: "done", status: { phase: "Succeeded" } },
    );
    deepEqual(await run(server, line), { code: 1, output: "", errors: why });
  });
}

const several = {
  containers: [
    { name: "app", image: "i" },
    { name: "side", image: "i" },
  ],
};

test("of several containers the first is taken and told, or the one that is marked", async () => {
  const kubelet = kubeletOf({ serve: (remote) => end(remote, success) });
  const server = await serverWith(
    kubelet,
    { name: "two", spec: several },
    {
      name: "marked",
      spec: several,
      annotations: { "kubectl.kubernetes.io/default-container": "side" },
    },
  );
  equal(
    (await run(server, ["exec", "two", "--", "ls"])).errors,
    'Defaulted container "app" out of: app, side\n',
  );
  equal((await run(server, ["exec", "marked", "--", "ls"])).errors, "");
  match(kubelet.asked[1] ?? "", /^\/exec\/default\/marked\/side/);
});

test("attach shows what the container says, and where it goes", async () => {
  const kubelet = kubeletOf({
    serve: async (remote) => {
      await say("stdout", "tick\n", remote);
      await end(remote, success);
    },
  });
  const server = await serverWith(kubelet, { name: "web" });
  const ran = await run(server, ["attach", "pod", "web"]);
  equal(ran.output, "tick\n");
  match(ran.errors, /^All commands and output .*\nIf you don't see a command prompt, try/);
  equal((await run(server, ["attach", "-q", "pod/web"])).errors, "");
  deepEqual(kubelet.asked[0], "/attach/default/web/app?output=1&error=1");
});

test("who sat in a container's terminal learns how to come back", async () => {
  const kubelet = kubeletOf({ serve: (remote) => end(remote, success) });
  const spec = { containers: [{ name: "sh", image: "i", tty: true, stdin: true }] };
  const server = await serverWith(kubelet, { name: "web", spec });
  const { output } = await run(server, ["attach", "-it", "web"], { size: { columns: 9, rows: 9 } });
  equal(output, "Session ended, resume using 'k8ts attach web -c sh -n default -i -t' command\n");
});
