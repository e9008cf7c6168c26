/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/proxy/proxy.go */
import { hostPort } from "#base/ip.ts";
import { aborted } from "#base/signal.ts";
import type { HttpHandler, HttpServer } from "#base/http.ts";
import { type Call, type ClusterAccess, defineCommand, type Shell } from "../command.ts";
import { flag } from "../flags.ts";
import { fileAnswer } from "../proxy/files.ts";
import { defaultRules, filterOf } from "../proxy/filter.ts";
import { forwarding } from "../proxy/forwarding.ts";
import { routed } from "../proxy/routes.ts";
import { absolute } from "../resources/files.ts";
import { bindProblem } from "../stream/bind-problem.ts";

const usualPort = 8001;
const pattern = (help: string, fallback: string) => flag.text(help, { value: "REGEXPS", fallback });

const flags = {
  port: flag.int("the port to listen on; 0 picks a free one", { short: "p", fallback: usualPort }),
  address: flag.text("the address to listen on", { value: "ADDRESS", fallback: "127.0.0.1" }),
  "unix-socket": flag.text("a socket to listen on instead of a port", {
    short: "u",
    value: "PATH",
    fallback: "",
  }),
  www: flag.text("also serve the files of this folder", {
    short: "w",
    value: "FOLDER",
    fallback: "",
  }),
  "www-prefix": flag.text("the path of the files", {
    short: "P",
    value: "PATH",
    fallback: "/static/",
  }),
  "api-prefix": flag.text("the path of the API", { value: "PATH", fallback: "/" }),
  "accept-hosts": pattern("let requests to such hosts through", defaultRules.acceptHosts),
  "accept-paths": pattern("let requests for such paths through", defaultRules.acceptPaths),
  "reject-paths": pattern("refuse requests for such paths all the same", defaultRules.rejectPaths),
  "reject-methods": pattern("refuse requests with such methods", defaultRules.rejectMethods),
  "disable-filter": flag.switch("let every request through, also those that web pages make"),
  keepalive: flag.duration("feel for the server when a joined connection is silent for so long", {
    fallback: 0,
  }),
  "append-server-path": flag.switch("put the path of the server's address before every request's"),
} as const;

type ProxyCall = Call<typeof flags>;

export const proxy = defineCommand({
  name: "proxy",
  usage: "[--port=PORT] [--www=FOLDER] [--www-prefix=PATH] [--api-prefix=PATH]",
  summary: "Make the API a port of this machine, for programs without credentials",
  details:
    "Whoever reaches the port may do what you may do: requests are filtered for that reason.",
  examples: [
    "k8ts proxy                                    # then: curl localhost:8001/api/v1/pods",
    "k8ts proxy --port=0                           # any free port, which is printed",
    "k8ts proxy --unix-socket=/tmp/k8ts.sock",
    "k8ts proxy --www=./page --api-prefix=/api/    # a page of yours at /static/",
  ],
  group: "debug",
  flags,

  async run(shell, { flags: given }) {
    // exact: kubectl
    if (given["unix-socket"] !== "" && given.port !== usualPort)
      throw new Error("cannot set --unix-socket and --port at the same time");
    await checkFolder(shell, given.www);
    const handler = handlerOf(shell, await shell.cluster(), given);
    const { server, place } = await listening(shell, given, handler);
    await using _server = server;
    shell.output.write(`Starting to serve on ${place}\n`);
    await aborted(shell.signal);
  },
});

/** It may come into being later. */
async function checkFolder(shell: Shell, www: string): Promise<void> {
  if (www === "") return;
  const { disk, errors } = shell;
  const path = absolute(shell, www);
  if (await disk.list(path)) return;
  // exact: kubectl
  if (await disk.facts(path))
    errors.write(`Warning: Static file directory ${www} is not a directory\n`);
  else
    errors.write(
      `Warning: Failed to stat static file directory ${www}: stat ${www}: no such file or directory\n`,
    );
}

function handlerOf(
  shell: Shell,
  { http, server }: ClusterAccess,
  given: ProxyCall["flags"],
): HttpHandler {
  const complain = (text: string): void => shell.errors.write(`${text}\n`);
  const isOpen = given["disable-filter"];
  if (isOpen && given["unix-socket"] === "")
    complain(
      "Warning: Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious", // exact: kubectl
    );
  const { origin, pathname } = new URL(server);
  const base = origin + (given["append-server-path"] ? pathname.replace(/\/$/, "") : "");
  const folder = absolute(shell, given.www);
  return routed({
    apiPrefix: withSlash(given["api-prefix"]),
    api: forwarding({ http, base, keepAliveMs: given.keepalive, complain }),
    filter: isOpen ? undefined : filterOf(rulesOf(given)),
    ...(given.www === ""
      ? {}
      : {
          files: {
            prefix: withSlash(given["www-prefix"]),
            answer: (path: string) => fileAnswer(shell.disk, folder, path),
          },
        }),
  });
}

const withSlash = (path: string): string => (path.endsWith("/") ? path : `${path}/`);

const rulesOf = (given: ProxyCall["flags"]) => ({
  acceptPaths: given["accept-paths"],
  rejectPaths: given["reject-paths"],
  acceptHosts: given["accept-hosts"],
  rejectMethods: given["reject-methods"],
});

interface Listening {
  readonly server: HttpServer;
  /** Where, in words. */
  readonly place: string;
}

async function listening(
  shell: Shell,
  { "unix-socket": socket, address, port }: ProxyCall["flags"],
  handler: HttpHandler,
): Promise<Listening> {
  const { serveHttp } = shell;
  if (!serveHttp) throw new Error("there is no network to listen on here");
  const unixSocket = socket === "" ? undefined : absolute(shell, socket);
  try {
    const server = await serveHttp({ address, port, unixSocket, handler });
    return { server, place: unixSocket === undefined ? hostPort(address, server.port) : socket };
  } catch (cause) {
    const where = socket === "" ? `tcp ${hostPort(address, port)}` : `unix ${socket}`;
    throw new Error(`listen ${where}: ${bindProblem(cause)}`, { cause }); // exact: kubectl
  }
}
