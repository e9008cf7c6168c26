/**
 * Tells load balancers whether this node has endpoints of a service that keeps traffic local: an
 * HTTP server on the service's `healthCheckNodePort`.
 * upstream: pkg/proxy/healthcheck/service_health.go
 */
import type { HttpHandler, HttpServer, HttpServerOptions } from "#base/http.ts";
import type { Log } from "#base/log.ts";

export type ServeHttp = (options: HttpServerOptions) => Promise<HttpServer>;

export interface HealthCheck {
  readonly port: number;
  readonly namespace: string;
  readonly name: string;
  readonly localEndpoints: number;
}

export interface HealthCheckOptions {
  readonly serveHttp: ServeHttp;
  readonly isHealthy: () => boolean;
  readonly log: Log;
}

export class HealthChecks implements AsyncDisposable {
  readonly #options: HealthCheckOptions;
  readonly #checks = new Map<string, HealthCheck>();
  readonly #servers = new Map<number, HttpServer>();
  /** One change of servers after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: HealthCheckOptions) {
    this.#options = options;
  }

  /** `undefined` ends it. */
  set(key: string, check: HealthCheck | undefined): void {
    const before = this.#checks.get(key)?.port;
    if (check) this.#checks.set(key, check);
    else this.#checks.delete(key);
    if (before !== check?.port) this.#work = this.#work.then(() => this.#arrange());
  }

  async #arrange(): Promise<void> {
    const wanted = new Set([...this.#checks.values()].map(({ port }) => port));
    for (const [port, server] of this.#servers) {
      if (wanted.has(port)) continue;
      this.#servers.delete(port);
      await server[Symbol.asyncDispose]();
    }
    for (const port of wanted) if (!this.#servers.has(port)) await this.#open(port);
  }

  async #open(port: number): Promise<void> {
    const { serveHttp, log } = this.#options;
    try {
      const handler = this.#handler(port);
      this.#servers.set(port, await serveHttp({ address: "0.0.0.0", port, handler }));
    } catch (cause) {
      // Somebody else has the port; traffic itself does not depend on it.
      log.warn("health check port could not be opened", { port, cause: String(cause) });
    }
  }

  readonly #handler =
    (port: number): HttpHandler =>
    async () => {
      const check = [...this.#checks.values()].find((one) => one.port === port);
      const { namespace = "", name = "", localEndpoints = 0 } = check ?? {};
      const serviceProxyHealthy = this.#options.isHealthy();
      const status = localEndpoints > 0 && serviceProxyHealthy ? 200 : 503;
      const body = { service: { namespace, name }, localEndpoints, serviceProxyHealthy };
      return {
        status,
        headers: {
          "content-type": "application/json",
          "x-content-type-options": "nosniff",
          "x-load-balancing-endpoint-weight": String(localEndpoints),
        },
        body: new TextEncoder().encode(JSON.stringify(body, null, "\t")),
      };
    };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#checks.clear();
    this.#work = this.#work.then(() => this.#arrange());
    await this.#work;
  }
}
