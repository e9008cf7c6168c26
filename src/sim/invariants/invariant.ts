/** What an invariant is: something that holds whatever goes wrong. One file each. */
import type { Clock } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Gateway } from "../gateway.ts";
import type { NodeHandle } from "../nodes/nodes.ts";
import type { Seen, View } from "./view.ts";

export interface InvariantWorld {
  readonly view: View;
  readonly gateway: Gateway;
  readonly nodes: readonly NodeHandle[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Ends with the cluster. */
  readonly signal: AbortSignal;
  /** It does not hold, and why: ends the run. */
  readonly violated: (why: string) => void;
}

/** Each says what is wrong, if anything is. */
export interface Checks {
  /** After each change, in the order of the store. */
  readonly changed?: (seen: Seen) => string | undefined;
  /** After each step of time. */
  readonly stepped?: () => string | undefined;
  /** When nothing goes wrong any more and the cluster is idle. */
  readonly rested?: () => string | undefined;
}

export interface Invariant {
  /** As in `no pod on two nodes`. */
  readonly says: string;
  readonly check: (world: InvariantWorld) => Checks;
}

export const defineInvariant = (invariant: Invariant): Invariant => invariant;
