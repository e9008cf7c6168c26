import type { ExtendedDecider } from "../extenders/extended-decider.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { Decider } from "./decide.ts";
import type { Framework } from "./framework.ts";
import type { Trace } from "./trace.ts";

/** A profile with all that its pods need. */
export interface Lane {
  readonly framework: Framework;
  readonly decider: Decider;
  readonly trace: Trace;
  /** Those outside who take part in its decisions. */
  readonly extended?: ExtendedDecider | undefined;
}

/** What an attempt carries with it. */
export interface Course {
  readonly queued: QueuedPod;
  readonly lane: Lane;
  readonly startedMs: number;
}

/** What goes on beside the next attempts: a binding, making room. */
export interface Following {
  readonly end: Promise<void> | undefined;
}
