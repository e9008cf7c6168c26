// The way in: ends TLS and passes requests on to the services that /etc/frontend names.
import { readFileSync } from "node:fs";
import { request as call } from "node:http";
import { createServer } from "node:https";
import { reply, serve } from "../shared/server.mjs";

const { routes } = JSON.parse(readFileSync("/etc/frontend/routes.json"));

/** The route with the longest path that the request begins with. */
const upstreamOf = (path) =>
  Object.entries(routes)
    .filter(([prefix]) => path.startsWith(prefix))
    .sort(([a], [b]) => b.length - a.length)[0]?.[1];

/** A request without a body that never reached anyone may be asked again. */
const attempts = 3;

function forward(request, response, attempt = 1) {
  const { pathname } = new URL(request.url, "http://localhost");
  const upstream = upstreamOf(pathname);
  if (!upstream) return reply(response, 404, { error: `no such page: ${pathname}` });
  const { promise, resolve } = Promise.withResolvers();
  const onward = call(
    new URL(request.url, upstream),
    { method: request.method, headers: { ...request.headers, connection: "close" }, agent: false },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response).on("close", resolve);
    },
  );
  onward.on("error", (error) => {
    if (response.headersSent) response.destroy();
    else if (request.method === "GET" && attempt < attempts)
      return resolve(forward(request, response, attempt + 1));
    else reply(response, 502, { error: `${upstream}: ${error.code}` });
    return resolve();
  });
  request.pipe(onward);
  return promise;
}

const tls = { cert: readFileSync("/etc/tls/cert.pem"), key: readFileSync("/etc/tls/key.pem") };
serve(createServer(tls), { port: Number(process.env.PORT ?? 443), routes: { "*": forward } });
