/** Kept connections: one pool for plain calls, and one for each set of TLS options. */
import { Agent as PlainAgent, type AgentOptions } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import type { HttpCallTls } from "#base/http.ts";

/** For answers to be told apart: kept ones may be stale, fresh ones may be given away. */
type Use = "kept" | "fresh";

/** Pools are few: a component has one identity, and a new one now and then. */
const poolsMax = 64;

const kept = { keepAlive: true, scheduling: "lifo" } as const;
/** What leaves HTTP may close each direction on its own. */
const fresh = { keepAlive: false, allowHalfOpen: true } as const;

interface Pool {
  readonly kept: PlainAgent;
  readonly fresh: PlainAgent;
}

export class Agents {
  readonly #plain: Pool = { kept: new PlainAgent(kept), fresh: new PlainAgent(fresh) };
  readonly #pools = new Map<string, Pool>();
  /** Callers mostly pass the same object: then no certificate has to be compared. */
  readonly #known = new WeakMap<HttpCallTls, Pool>();

  plain(use: Use): PlainAgent {
    return this.#plain[use];
  }

  secure(tls: HttpCallTls = usual, use: Use): PlainAgent {
    const pool = this.#known.get(tls) ?? this.#find(tls);
    this.#known.set(tls, pool);
    return pool[use];
  }

  close(): void {
    for (const pool of [this.#plain, ...this.#pools.values()]) destroy(pool);
    this.#pools.clear();
  }

  #find(tls: HttpCallTls): Pool {
    const { ca, identity, serverName, insecure } = tls;
    const key = JSON.stringify([ca, identity?.key, identity?.certificate, serverName, insecure]);
    const before = this.#pools.get(key);
    if (before) return before;
    const pool = { kept: new OneIdentity(tls, kept), fresh: new OneIdentity(tls, fresh) };
    this.#pools.set(key, pool);
    this.#dropOldest();
    return pool;
  }

  /** Its idle connections close; calls under way on it end as they would. */
  #dropOldest(): void {
    const [oldest] = this.#pools;
    if (this.#pools.size <= poolsMax || !oldest) return;
    this.#pools.delete(oldest[0]);
  }
}

const usual: HttpCallTls = {};

function destroy(pool: Pool): void {
  pool.kept.destroy();
  pool.fresh.destroy();
}

/** An agent whose connections all have the same TLS options, so that only the address tells them apart. */
class OneIdentity extends SecureAgent {
  constructor({ ca, identity, serverName, insecure }: HttpCallTls, options: AgentOptions) {
    super({
      ...options,
      secureContext: contextOf(ca, identity),
      rejectUnauthorized: insecure !== true,
      ALPNProtocols: ["http/1.1"],
      ...(serverName !== undefined && { servername: serverName }),
    });
  }

  override getName({ host = "", port = 0 }: { host?: string; port?: number } = {}): string {
    return `${host}:${port}`;
  }
}

function contextOf(ca: string | undefined, identity: HttpCallTls["identity"]): SecureContext {
  return createSecureContext({
    ca: ca ?? systemRoots(),
    minVersion: "TLSv1.2",
    ...(identity && { key: identity.key, cert: identity.certificate }),
  });
}

/** What this machine trusts; Node's own list where it has none. */
function systemRoots(): string[] {
  const system = getCACertificates("system");
  return system.length > 0 ? system : getCACertificates("bundled");
}
