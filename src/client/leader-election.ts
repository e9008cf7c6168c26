/**
 * Of several replicas of a component, one leads: the one that holds the Lease and keeps renewing
 * it. A replica that cannot renew in time stops leading before anybody else may start.
 * upstream: staging/src/k8s.io/client-go/tools/leaderelection/leaderelection.go
 */
import { isReason } from "#api/errors.ts";
import { Lease } from "#api/coordination/lease.ts";
import { type Clock, formatMicroTime, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Client, ObjectName } from "./client.ts";

export interface ElectionOptions {
  readonly client: Client;
  readonly lease: ObjectName & { readonly namespace: string };
  /** Of this replica; no other one has it. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Runs while this replica leads; its signal aborts when it no longer does. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
}

const leaseMs = seconds(15);
const renewDeadlineMs = seconds(10);
const retryMs = seconds(2);
const jitter = 1.2;

/** Waits for its turn, leads, waits again; until `signal` aborts. */
export async function takeTurnsLeading(
  options: ElectionOptions,
  signal: AbortSignal,
): Promise<void> {
  const candidate = new Candidate(options);
  while (!signal.aborted) {
    if (await candidate.tries(signal)) await leads(candidate, options, signal);
    else await sleep(options.clock, retryMs * (1 + jitter * options.random.next()), signal);
  }
}

async function leads(
  candidate: Candidate,
  { clock, log, lead, identity }: ElectionOptions,
  signal: AbortSignal,
): Promise<void> {
  const term = new AbortController();
  const ending = AbortSignal.any([signal, term.signal]);
  const work = lead(ending);
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
  await work;
  log.info("stopped leading", { identity });
  await candidate.resigns();
}

class Candidate {
  readonly #options: ElectionOptions;
  #seen: Lease | undefined;
  /** When the lease was last seen to change, by our own clock: theirs may differ. */
  #seenAtMs = 0;

  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** Somebody else holds the lease. */
  get isBeaten(): boolean {
    const holder = this.#seen?.spec.holderIdentity;
    return holder !== undefined && holder !== "" && holder !== this.#options.identity;
  }

  /** Takes or renews the lease; false when it is somebody else's, or the attempt failed. */
  async tries(signal: AbortSignal): Promise<boolean> {
    try {
      const found = await this.#read(signal);
      if (found === undefined) return await this.#creates(signal);
      this.#sees(found);
      if (this.isBeaten && !this.#isExpired(found)) return false;
      this.#sees(await this.#takes(found, signal));
      return true;
    } catch (cause) {
      this.#options.log.debug("leader election failed", { cause: String(cause) });
      return false;
    }
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#options.client.get(Lease, this.#options.lease, { signal });
    } catch (cause) {
      if (isReason(cause, "NotFound")) return undefined;
      throw cause;
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

  #isExpired({ spec }: Lease): boolean {
    const heldMs = seconds(spec.leaseDurationSeconds ?? leaseMs / seconds(1));
    return this.#options.clock.monotonic() - this.#seenAtMs >= heldMs;
  }

  #now(): string {
    return formatMicroTime(this.#options.clock.now());
  }

  #claim() {
    return {
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: leaseMs / seconds(1),
      renewTime: this.#now(),
    };
  }
}
