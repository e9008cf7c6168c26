import type { Queued } from "../plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

export type Place =
  /** To be tried as soon as possible. */
  | "active"
  /** To be tried when its delay is over, or when there is nothing else to do. */
  | "backoff"
  /** As `backoff`, after an error: never earlier. */
  | "errorBackoff"
  /** Refused: waits for something to change. */
  | "unschedulable"
  /** Kept out by a plugin. */
  | "gated"
  /** Being tried. */
  | "inFlight"
  /** Deleted, or on its way from one place to another. */
  | "gone";

/** A pod that waits for a node, and what became of it so far. Changed by the queue only. */
export class QueuedPod implements Queued {
  pod: PodInfo;
  place: Place = "active";
  sinceMs: number;
  attempts = 0;
  /** Attempts that ended in a refusal, and errors since the last one that did not. */
  refusals = 0;
  errors = 0;
  /** The plugins that refused it last. */
  refusedBy: ReadonlySet<string> = none;
  /** The plugin that keeps it out. */
  gatedBy: string | undefined;
  /** The plugin that makes room for it: it is not tried before that is done. */
  heldBy: string | undefined;
  backoffUntilMs = 0;
  firstAttemptMs: number | undefined;
  /** Settles ties: who came first. */
  readonly number: number;

  constructor(pod: PodInfo, sinceMs: number, number: number) {
    this.pod = pod;
    this.sinceMs = sinceMs;
    this.number = number;
  }
}

const none: ReadonlySet<string> = new Set();
