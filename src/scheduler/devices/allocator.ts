/**
 * Finds devices for claims on one node: an exhaustive search, claim by claim, request by request,
 * device by device; the first solution is taken. Devices of one request are interchangeable, so they
 * are tried in their order only.
 * upstream: staging/src/k8s.io/dynamic-resource-allocation/structured/internal/stable/allocator_stable.go
 */
import type { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { Constraint } from "./constraints.ts";
import { Counters } from "./counters.ts";
import type { KnownDevice } from "./device-index.ts";
import { suitableAmong, untolerated, type Wanted } from "./wanted-devices.ts";

/** A claim with its requests, and the alternatives of each. */
export interface ClaimTask {
  readonly claim: ResourceClaim;
  readonly requests: readonly (readonly Wanted[])[];
}

export interface Pick {
  readonly wanted: Wanted;
  readonly known: KnownDevice;
}

export interface Search {
  readonly tasks: readonly ClaimTask[];
  /** What the node can reach. */
  readonly devices: readonly KnownDevice[];
  /** Somebody else has it. */
  readonly isInUse: (id: string) => boolean;
}

/** It cannot be said whether there are devices: something is wrong with a claim, a class or a pool. */
export class AllocationError extends Error {
  override readonly name = "AllocationError";
}

/** The search takes too long: there are very many ways to combine the devices. */
export class AllocationTimeout extends Error {
  override readonly name = "AllocationTimeout";
}

/** exact: resource.k8s.io, AllocationResultsMaxSize */
const devicesPerClaimMax = 32;
/** Devices that are tried before the search is given up. */
const stepsMax = 100_000;

/** Picks for each claim; undefined when the node has not got them. */
export function allocate(search: Search): readonly (readonly Pick[])[] | undefined {
  const allocation = new Allocation(search);
  return allocation.meetFrom({ claim: 0, request: 0 }) ? allocation.picks : undefined;
}

interface At {
  readonly claim: number;
  readonly request: number;
}

class Allocation {
  readonly picks: Pick[][];
  readonly #search: Search;
  readonly #constraints: readonly (readonly Constraint[])[];
  readonly #counters: Counters;
  /** By device: the claims that it is picked for. */
  readonly #picked = new Map<string, Set<number>>();
  readonly #suitable = new Map<Wanted, readonly KnownDevice[]>();
  #steps = 0;

  constructor(search: Search) {
    this.#search = search;
    this.picks = search.tasks.map(() => []);
    this.#constraints = search.tasks.map(({ claim }) =>
      (claim.spec.devices?.constraints ?? []).map((constraint) => new Constraint(constraint)),
    );
    this.#counters = new Counters(search.isInUse);
    for (const { requests } of search.tasks)
      for (const wanted of requests.flat()) this.#suitable.set(wanted, this.#suitableFor(wanted));
  }

  /** The request and all that come after it. */
  meetFrom(at: At): boolean {
    const task = this.#search.tasks[at.claim];
    if (!task) return true;
    const alternatives = task.requests[at.request];
    if (!alternatives) return this.meetFrom({ claim: at.claim + 1, request: 0 });
    return alternatives.some((wanted) => this.#meet(at, wanted));
  }

  #meet(at: At, wanted: Wanted): boolean {
    const suitable = this.#suitable.get(wanted) ?? [];
    const count = wanted.wantsAll ? suitable.length : wanted.count;
    const room = devicesPerClaimMax - (this.picks[at.claim]?.length ?? 0);
    if (count > room || count === 0 || count > suitable.length) return false;
    return this.#take(at, { wanted, suitable, count }, 0);
  }

  /** From here on in the order of the devices, until there are enough. */
  #take(at: At, { wanted, suitable, count }: Taking, from: number): boolean {
    if (count === 0) return this.meetFrom({ ...at, request: at.request + 1 });
    const last = suitable.length - count;
    for (let i = from; i <= last; i++) {
      const known = suitable[i];
      if (!known || !this.#pick(at, wanted, known)) {
        if (wanted.wantsAll) return false;
        continue;
      }
      if (this.#take(at, { wanted, suitable, count: count - 1 }, i + 1)) return true;
      this.#unpick(at, wanted, known);
      if (wanted.wantsAll) return false;
    }
    return false;
  }

  #pick(at: At, wanted: Wanted, known: KnownDevice): boolean {
    if (++this.#steps > stepsMax)
      throw new AllocationTimeout("timed out trying to allocate devices");
    const claims = this.#picked.get(known.id) ?? new Set();
    const isTaken = wanted.adminAccess
      ? claims.has(at.claim)
      : claims.size > 0 || this.#search.isInUse(known.id);
    if (isTaken || untolerated(wanted, known) || !this.#counters.take(known)) return false;
    if (!this.#constrain(at, wanted, known)) {
      this.#counters.giveBack(known);
      return false;
    }
    this.#picked.set(known.id, claims.add(at.claim));
    this.picks[at.claim]?.push({ wanted, known });
    return true;
  }

  #unpick(at: At, wanted: Wanted, known: KnownDevice): void {
    for (const constraint of this.#constraints[at.claim] ?? []) constraint.undo(wanted);
    this.#counters.giveBack(known);
    this.#picked.get(known.id)?.delete(at.claim);
    this.picks[at.claim]?.pop();
  }

  #constrain({ claim }: At, wanted: Wanted, known: KnownDevice): boolean {
    const constraints = this.#constraints[claim] ?? [];
    const broken = constraints.findIndex((constraint) => !constraint.add(wanted, known));
    if (broken < 0) return true;
    for (const constraint of constraints.slice(0, broken)) constraint.undo(wanted);
    // exact: kube-scheduler
    if (wanted.wantsAll)
      throw new AllocationError(
        `${nameOf(wanted)}: cannot add device ${known.id} because a claim constraint would not be satisfied`,
      );
    return false;
  }

  /** For all of them every pool has to be in order; for some, those that are not do not count. */
  #suitableFor(wanted: Wanted): readonly KnownDevice[] {
    const { devices } = this.#search;
    const broken = devices.find(({ pool }) => pool.isIncomplete || pool.isInvalid)?.pool;
    if (wanted.wantsAll && broken) {
      const state = broken.isIncomplete ? "being updated" : "invalid";
      // exact: kube-scheduler
      throw new AllocationError(
        `${nameOf(wanted)}: asks for all devices, but resource pool ${broken.id} is currently ${state}`,
      );
    }
    if (!broken) return suitableAmong(devices, wanted);
    const whole = devices.filter(({ pool }) => !pool.isIncomplete && !pool.isInvalid);
    return suitableAmong(whole, wanted);
  }
}

interface Taking {
  readonly wanted: Wanted;
  readonly suitable: readonly KnownDevice[];
  /** How many more. */
  readonly count: number;
}

function nameOf({ claim, name }: Wanted): string {
  const { namespace, name: claimName } = claim.metadata;
  return `claim ${namespace}/${claimName}, request ${name}`;
}
