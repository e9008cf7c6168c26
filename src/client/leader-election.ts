/**
 * Of several replicas of a component, one leads: the one that holds the Lease and keeps renewing
 * it. A replica that cannot renew in time stops leading before anybody else may start.
 * upstream: staging/src/k8s.io/client-go/tools/leaderelection/leaderelection.go
 */
import { Lease } from "#api/coordination/lease.ts";
import { type Clock, formatMicroTime, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Client, ObjectName } from "./client.ts";
import { find } from "./find.ts";

export interface ElectionOptions {
  readonly client: Client;
  readonly lease: ObjectName & { readonly namespace: string };
  /** Of this replica; no other one has it. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Upstream's when absent. */
  readonly timing?: ElectionTiming;
  /** Runs while this replica leads; its signal aborts when it no longer does. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
}

export interface ElectionTiming {
  /** Whole seconds: so long nobody else may lead. */
  readonly leaseMs: number;
  /** A leader that could not renew for so long stops; shorter than the lease. */
  readonly renewDeadlineMs: number;
  /** How often the lease is renewed, and looked at by those who wait. */
  readonly retryMs: number;
}

const usual: ElectionTiming = {
  leaseMs: seconds(15),
  renewDeadlineMs: seconds(10),
  retryMs: seconds(2),
};
const jitter = 1.2;

/** Waits for its turn, leads, waits again; until `signal` aborts. */
export async function takeTurnsLeading(
  options: ElectionOptions,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, timing: { retryMs } = usual } = options;
  const candidate = new Candidate(options);
  while (!signal.aborted) {
    if (await candidate.tries(signal)) await leads(candidate, options, signal);
    else {
      const patienceMs = retryMs * (1 + jitter * random.next());
      // A little later than it runs out, and not all who wait at once.
      const freeInMs = candidate.expiresInMs + (retryMs / 10) * random.next();
      await sleep(clock, Math.min(patienceMs, Math.max(freeInMs, retryMs / 10)), signal);
    }
  }
}

async function leads(
  candidate: Candidate,
  { clock, log, lead, identity, timing: { renewDeadlineMs, retryMs } = usual }: ElectionOptions,
  signal: AbortSignal,
): Promise<void> {
  const term = new AbortController();
  const ending = AbortSignal.any([signal, term.signal]);
  const work = lead(ending);
  const over = (): void => term.abort();
  work.then(over, over);
  log.info("started leading", { identity });
  // Runs out on time even when a request hangs.
  let deadline = clock.after(renewDeadlineMs, () => term.abort());
  while (!ending.aborted) {
    await sleep(clock, retryMs, ending);
    if (ending.aborted) break;
    if (await candidate.tries(ending)) {
      deadline[Symbol.dispose]();
      deadline = clock.after(renewDeadlineMs, () => term.abort());
    } else if (candidate.isBeaten) term.abort();
  }
  deadline[Symbol.dispose]();
  term.abort();
  try {
    await work;
  } finally {
    log.info("stopped leading", { identity });
    await candidate.resigns();
  }
}

class Candidate {
  readonly #options: ElectionOptions;
  readonly #leaseMs: number;
  #seen: Lease | undefined;
  /** When the lease was last seen to change, by our own clock: theirs may differ. */
  #seenAtMs = 0;

  constructor(options: ElectionOptions) {
    this.#options = options;
    this.#leaseMs = (options.timing ?? usual).leaseMs;
  }

  /** When nobody renews it. */
  get expiresInMs(): number {
    const heldMs = seconds(this.#seen?.spec.leaseDurationSeconds ?? 0) || this.#leaseMs;
    return this.#seenAtMs + heldMs - this.#options.clock.monotonic();
  }

  /** Somebody else holds the lease. */
  get isBeaten(): boolean {
    const holder = this.#seen?.spec.holderIdentity;
    return holder !== undefined && holder !== "" && holder !== this.#options.identity;
  }

  /** Takes or renews the lease; false when it is somebody else's, or the attempt failed. */
  async tries(signal: AbortSignal): Promise<boolean> {
    const { client, lease, log } = this.#options;
    try {
      const found = await find(Lease, lease, { client, signal });
      if (found === undefined) return await this.#creates(signal);
      this.#sees(found);
      if (this.isBeaten && this.expiresInMs > 0) return false;
      this.#sees(await this.#takes(found, signal));
      return true;
    } catch (cause) {
      log.debug("leader election failed", { cause: String(cause) });
      return false;
    }
  }

  async #creates(signal: AbortSignal): Promise<boolean> {
    const { client, lease } = this.#options;
    const spec = { ...this.#claim(), acquireTime: this.#now(), leaseTransitions: 0 };
    this.#sees(await client.create(Lease, { metadata: lease, spec }, { signal }));
    return true;
  }

  #takes(found: Lease, signal: AbortSignal): Promise<Lease> {
    const { client, identity } = this.#options;
    const isOurs = found.spec.holderIdentity === identity;
    const taken = isOurs
      ? {}
      : { acquireTime: this.#now(), leaseTransitions: (found.spec.leaseTransitions ?? 0) + 1 };
    const spec = { ...found.spec, ...this.#claim(), ...taken };
    return client.update(Lease, { ...found, spec }, { signal });
  }

  /** Lets the next one start at once instead of waiting for the lease to run out. */
  async resigns(): Promise<void> {
    const { client, identity, log } = this.#options;
    const seen = this.#seen;
    if (seen?.spec.holderIdentity !== identity) return;
    const now = this.#now();
    const spec = {
      ...seen.spec,
      holderIdentity: "",
      leaseDurationSeconds: 1,
      renewTime: now,
      acquireTime: now,
    };
    try {
      this.#sees(await client.update(Lease, { ...seen, spec }));
    } catch (cause) {
      // The lease runs out by itself.
      log.info("could not give up the lease", { cause: String(cause) });
    }
  }

  #sees(lease: Lease): void {
    if (lease.metadata.resourceVersion === this.#seen?.metadata.resourceVersion) return;
    this.#seen = lease;
    this.#seenAtMs = this.#options.clock.monotonic();
  }

  #now(): string {
    return formatMicroTime(this.#options.clock.now());
  }

  #claim() {
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: this.#leaseMs / seconds(1),
      renewTime: this.#now(),
    };
  }
}
