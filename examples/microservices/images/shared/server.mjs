// What every service of the example does alike: serve, tell its health on a port of its own
// (and fail on request, to show what probes do), and leave without dropping a request.
import { createServer } from "node:http";

const drainMs = Number(process.env.DRAIN_MS ?? 3000);

/** Answers with JSON. */
export function reply(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(value)}\n`);
}

/**
 * Serves `routes` ("GET /path" to a function of request and response) until SIGTERM. Then it says
 * "not ready", goes on serving while the cluster takes it out of its services, and ends.
 */
export function serve(server, { port, routes, log = true }) {
  server.on("request", async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const route = routes[`${request.method} ${pathname}`] ?? routes["*"];
    try {
      if (route) await route(request, response);
      else reply(response, 404, { error: `no such page: ${pathname}` });
    } catch (error) {
      console.error(error);
      if (!response.headersSent) reply(response, 500, { error: "internal error" });
    }
    if (log) console.log(`${request.method} ${request.url} ${response.statusCode}`);
  });
  const health = healthServer();
  server.listen(port, () => console.log(`listening on ${port}`));
  process.on("SIGTERM", () => {
    console.log(`SIGTERM: leaving in ${drainMs} ms`);
    health.state.ready = false;
    setTimeout(() => {
      server.close(() => process.exit(0));
      server.closeIdleConnections();
    }, drainMs);
  });
}

/**
 * /healthz and /readiness answer 200 or 503; a request to /healthz/status or /readiness/status
 * turns the answer over.
 */
function healthServer() {
  const state = { healthy: true, ready: true };
  const answer = (response, good) => reply(response, good ? 200 : 503, { ok: good });
  createServer((request, response) => {
    if (request.url === "/healthz") return answer(response, state.healthy);
    if (request.url === "/readiness") return answer(response, state.ready);
    if (request.url === "/healthz/status") state.healthy = !state.healthy;
    else if (request.url === "/readiness/status") state.ready = !state.ready;
    else return reply(response, 404, { error: "no such page" });
    return reply(response, 200, state);
  }).listen(Number(process.env.HEALTH_PORT ?? 81));
  return { state };
}
