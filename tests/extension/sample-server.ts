/**
 * An extension server as somebody else would write it, with nothing of ours: it believes the front
 * proxy that the cluster's own ConfigMap names, keeps flunders in memory, and notes who asked.
 * `sample-server.ts PORT CONFIGMAP.json KEY CERTIFICATE`
 */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { TLSSocket } from "node:tls";

const [port = "", configFile = "", keyFile = "", certificateFile = ""] = process.argv.slice(2);
const { data } = JSON.parse(readFileSync(configFile, "utf8")) as { data: Record<string, string> };
const allowedNames = JSON.parse(data["requestheader-allowed-names"] ?? "[]") as string[];
const [userHeader = ""] = JSON.parse(data["requestheader-username-headers"] ?? "[]") as string[];
const [groupHeader = ""] = JSON.parse(data["requestheader-group-headers"] ?? "[]") as string[];

interface Flunder {
  metadata: Record<string, unknown>;
  [field: string]: unknown;
}

const home = "/apis/wardle.example.com/v1alpha1";
const type = { apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder" };
const flunders = new Map<string, Flunder>();
const watchers = new Set<ServerResponse>();
let revision = 0;

const resources = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: type.apiVersion,
  resources: [
    {
      name: "flunders",
      singularName: "flunder",
      namespaced: true,
      kind: "Flunder",
      verbs: ["create", "delete", "get", "list", "watch"],
      shortNames: ["fl"],
    },
  ],
};

/** The user that the front proxy names; undefined for everybody else. */
function userOf(request: IncomingMessage): string | undefined {
  const socket = request.socket as TLSSocket;
  const { raw } = socket.getPeerCertificate();
  if (!socket.authorized || !raw) return undefined;
  const [, name = ""] = /^CN=(.*)$/m.exec(new X509Certificate(raw).subject) ?? [];
  if (!allowedNames.includes(name)) return undefined;
  const said = (header: string): string => String(request.headers[header.toLowerCase()]);
  return `${said(userHeader)} of ${said(groupHeader)}`;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const failure = (code: number, reason: string): object => ({
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  reason,
  message: reason,
  code,
});

async function bodyOf(request: IncomingMessage): Promise<Flunder> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return JSON.parse(text) as Flunder;
}

function tell(type_: string, object: object): void {
  for (const watcher of watchers) watcher.write(`${JSON.stringify({ type: type_, object })}\n`);
}

async function create(request: IncomingMessage, namespace: string, user: string): Promise<Flunder> {
  const sent = await bodyOf(request);
  const name = String(sent.metadata["name"]);
  const annotations = { "example.com/made-by": user };
  const metadata = {
    ...sent.metadata,
    namespace,
    annotations,
    uid: name,
    resourceVersion: `${++revision}`,
  };
  const made: Flunder = { ...type, ...sent, metadata };
  flunders.set(name, made);
  tell("ADDED", made);
  return made;
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const user = userOf(request);
  if (user === undefined) return answer(response, 401, failure(401, "Unauthorized"));
  const url = new URL(request.url ?? "/", "https://localhost");
  if (url.pathname === home) return answer(response, 200, resources);
  const [, namespace = "", name] =
    /^\/apis\/wardle.example.com\/v1alpha1\/namespaces\/([^/]+)\/flunders(?:\/([^/]+))?$/.exec(
      url.pathname,
    ) ?? [];
  if (namespace === "") return answer(response, 404, failure(404, "NotFound"));
  if (request.method === "POST")
    return answer(response, 201, await create(request, namespace, user));
  if (url.searchParams.get("watch")) {
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    watchers.add(response);
    response.once("close", () => watchers.delete(response));
    return undefined;
  }
  if (name === undefined) {
    const metadata = { resourceVersion: `${revision}` };
    const list = { ...type, kind: "FlunderList", metadata, items: [...flunders.values()] };
    return answer(response, 200, list);
  }
  const found = flunders.get(name);
  if (!found) return answer(response, 404, failure(404, "NotFound"));
  if (request.method === "DELETE") {
    flunders.delete(name);
    tell("DELETED", found);
  }
  return answer(response, 200, found);
}

createServer(
  {
    key: readFileSync(keyFile),
    cert: readFileSync(certificateFile),
    ca: data["requestheader-client-ca-file"],
    requestCert: true,
    rejectUnauthorized: false,
  },
  (request, response) => {
    serve(request, response).catch((cause: unknown) =>
      answer(response, 500, failure(500, String(cause))),
    );
  },
).listen(Number(port), () => console.log("listening"));
