/** Network namespaces of a test's own: made, and removed, by it. The machine's own is never touched. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { systemProcesses } from "#host/processes.ts";
import { runOrThrow } from "#base/processes.ts";

const programs = ["ip", "nft", "conntrack"];

/** Why the kernel's tables cannot be tested here; undefined when they can. */
export async function unavailable(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "only root may make network namespaces";
  for (const program of programs) {
    const { code } = await systemProcesses.run({ program, args: ["-V"] });
    if (code === 127) return `${program} is not installed`;
  }
  const name = `k8ts-${process.pid}-try`;
  const { code, errors } = await systemProcesses.run({
    program: "ip",
    args: ["netns", "add", name],
  });
  if (code !== 0) return `no network namespaces here: ${errors.trim()}`;
  const tables = { program: "ip", args: ["netns", "exec", name, "nft", "list", "tables"] };
  const outcome = await systemProcesses.run(tables);
  await systemProcesses.run({ program: "ip", args: ["netns", "delete", name] });
  return outcome.code === 0 ? undefined : `no nf_tables in this kernel: ${outcome.errors.trim()}`;
}

export interface Namespace extends AsyncDisposable {
  readonly name: string;
  /** The words that run a program in it. */
  readonly command: (program: string) => readonly string[];
  /** Its output. Throws when it fails. */
  readonly run: (program: string, ...args: readonly string[]) => Promise<string>;
}

let count = 0;

export async function makeNamespace(purpose: string): Promise<Namespace> {
  const name = `k8ts-${process.pid}-${purpose}-${++count}`;
  const ip = (...args: readonly string[]): Promise<string> =>
    runOrThrow(systemProcesses, { program: "ip", args });
  await ip("netns", "add", name);
  await ip("-n", name, "link", "set", "lo", "up");
  return {
    name,
    command: (program) => ["ip", "netns", "exec", name, program],
    run: (program, ...args) => ip("netns", "exec", name, program, ...args),
    [Symbol.asyncDispose]: async () => void (await ip("netns", "delete", name)),
  };
}

/** What a server says to whoever comes: its name, and whom it sees. */
export type Answer = `${string} sees ${string}` | `failed: ${string}`;

export interface Question {
  readonly protocol: "tcp" | "udp";
  readonly host: string;
  readonly port: number;
  /** How often; once when absent. */
  readonly times?: number;
  readonly pauseMs?: number;
  /** The same port every time, so that it is one flow. */
  readonly fromPort?: number;
}

export interface Place extends Namespace {
  /** Answers TCP and UDP on the port, under the place's name. */
  readonly serve: (port: number) => Promise<void>;
  readonly ask: (question: Question) => Promise<readonly Answer[]>;
  /** A connection of TCP that stays open. */
  readonly converse: (host: string, port: number) => Conversation;
}

export interface Conversation extends AsyncDisposable {
  /** What the other end says to that; an empty text when it hung up. */
  readonly say: () => Promise<string>;
}

/**
 * A node with a bridge for pods, and the world outside:
 *
 *   pods 10.244.0.x ── bridge 10.244.0.1 [node] 192.168.77.1 ── 192.168.77.2 outside
 */
export interface Network extends AsyncDisposable {
  readonly node: Place;
  readonly outside: Place;
  readonly pod: (name: string, address: string) => Promise<Place>;
}

export async function makeNetwork(): Promise<Network> {
  await using made = new AsyncDisposableStack();
  const place = async (name: string): Promise<Place> =>
    made.use(placeIn(name, await makeNamespace(name)));
  const node = await place("node");
  const outside = await place("outside");
  const settings = ["net/ipv4/ip_forward", "net/ipv4/conf/all/route_localnet"];
  for (const setting of [...settings, "net/bridge/bridge-nf-call-iptables"]) {
    await node.run("sh", "-c", `echo 1 > /proc/sys/${setting}`);
  }
  await node.run("ip", "link", "add", "cni0", "type", "bridge");
  await node.run("ip", "address", "add", "10.244.0.1/24", "dev", "cni0");
  await node.run("ip", "link", "set", "cni0", "up");
  await wire(node, outside, "world");
  await node.run("ip", "address", "add", "192.168.77.1/24", "dev", "world");
  await node.run("ip", "route", "add", "default", "via", "192.168.77.2");
  await outside.run("ip", "address", "add", "192.168.77.2/24", "dev", "eth0");
  const kept = made.move();
  return {
    node,
    outside,
    async pod(name, address) {
      const pod = kept.use(placeIn(name, await makeNamespace(name)));
      await wire(node, pod, name);
      await node.run("ip", "link", "set", name, "master", "cni0");
      await node.run("bridge", "link", "set", "dev", name, "hairpin", "on");
      await pod.run("ip", "address", "add", `${address}/24`, "dev", "eth0");
      await pod.run("ip", "route", "add", "default", "via", "10.244.0.1");
      return pod;
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}

/** A cable: `device` at the node, eth0 at the other end. */
async function wire(node: Namespace, other: Namespace, device: string): Promise<void> {
  const end = ["peer", "name", "eth0", "netns", other.name];
  await node.run("ip", "link", "add", device, "type", "veth", ...end);
  await node.run("ip", "link", "set", device, "up");
  await other.run("ip", "link", "set", "eth0", "up");
}

function placeIn(name: string, namespace: Namespace): Place {
  const servers: ChildProcess[] = [];
  const start = (script: (options: never) => unknown, options: object): ChildProcess => {
    const [program = "", ...args] = namespace.command(process.execPath);
    const source = `(${script.toString()})(${JSON.stringify(options)})`;
    return spawn(program, [...args, "-e", source], { stdio: ["pipe", "pipe", "inherit"] });
  };
  return {
    ...namespace,
    async serve(port) {
      const child = start(answerAll, { name, port });
      servers.push(child);
      await once(child.stdout as Readable, "data");
    },
    async ask(question) {
      const child = start(askAll, question);
      const lines = await text(child.stdout as Readable);
      return lines.split("\n").filter((line) => line !== "") as Answer[];
    },
    converse: (host, port) => conversationOf(start(talk, { host, port })),
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map(kill));
      await namespace[Symbol.asyncDispose]();
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** Each line that goes in has one that comes out. */
function conversationOf(child: ChildProcess): Conversation {
  const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
  return {
    async say() {
      child.stdin?.write("?\n");
      const { value } = await lines.next();
      return value ?? "";
    },
    [Symbol.asyncDispose]: () => kill(child),
  };
}

/** Runs in a process of its own, from its text: it may use nothing from around here. */
function answerAll({ name, port }: { name: string; port: number }): void {
  const net = process.getBuiltinModule("node:net");
  const dgram = process.getBuiltinModule("node:dgram");
  const udp = dgram.createSocket("udp4");
  udp.on("message", (_, from) => udp.send(`${name} sees ${from.address}`, from.port, from.address));
  const tcp = net.createServer({ allowHalfOpen: true }, (socket) => {
    const answer = `${name} sees ${socket.remoteAddress}`;
    socket.on("error", () => socket.destroy());
    socket.on("data", () => socket.write(answer));
    socket.on("end", () => socket.end(answer));
  });
  udp.bind(port, () => tcp.listen(port, "0.0.0.0", () => process.stdout.write("ready\n")));
}

/** Likewise. */
async function askAll({ protocol, host, port, times, pauseMs, fromPort }: Question): Promise<void> {
  const net = process.getBuiltinModule("node:net");
  const dgram = process.getBuiltinModule("node:dgram");
  const waitMs = 800;
  const overTcp = (): Promise<string> =>
    new Promise((resolve) => {
      let heard = "";
      const socket = net.connect({ host, port, timeout: waitMs });
      socket.on("connect", () => socket.end());
      socket.on("data", (chunk) => (heard += String(chunk)));
      socket.on("end", () => resolve(heard));
      socket.on("error", ({ message }) => resolve(`failed: ${message}`));
      socket.on("timeout", () => {
        resolve("failed: timeout");
        socket.destroy();
      });
    });
  const overUdp = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = dgram.createSocket("udp4");
      const end = (answer: string): void => {
        clearTimeout(timer);
        resolve(answer);
        socket.close();
      };
      // oxlint-disable-next-line no-restricted-globals -- a program of its own, in real time.
      const timer = setTimeout(() => end("failed: timeout"), waitMs);
      socket.on("message", (chunk) => end(String(chunk)));
      socket.on("error", ({ message }) => end(`failed: ${message}`));
      // Connected, it hears when nobody is there.
      socket.bind(fromPort ?? 0, () => socket.connect(port, host, () => socket.send("?")));
    });
  for (let i = 0; i < (times ?? 1); i++) {
    process.stdout.write(`${await (protocol === "tcp" ? overTcp() : overUdp())}\n`);
    // oxlint-disable-next-line no-restricted-globals -- likewise.
    await new Promise((resolve) => setTimeout(resolve, pauseMs ?? 0));
  }
}

/** Likewise. */
function talk({ host, port }: { host: string; port: number }): void {
  const net = process.getBuiltinModule("node:net");
  const socket = net.connect({ host, port });
  socket.on("data", (chunk) => process.stdout.write(`${String(chunk)}\n`));
  socket.on("end", () => process.stdout.write("\n"));
  socket.on("error", () => process.stdout.write("\n"));
  process.stdin.on("data", (chunk) => socket.write(chunk));
}
