/** Keeps the API informed: the status when it changed, and at the very end the deletion. */
import type { Pod } from "#api/core/pod.ts";
import { isSame } from "#client/canonical.ts";
import { nextRetry } from "./backoff.ts";
import type { Did } from "./effects.ts";
import { seePod } from "./seen.ts";
import { statusOf } from "./status.ts";
import type { Turn } from "./turn.ts";

export function report(turn: Turn): void {
  const { pod, report: now, isForgotten, runtime, life } = turn.state;
  const isKnown = runtime !== undefined || life.at === "ended";
  if (!pod || isForgotten || now.isWriting || !isKnown) return;
  const status = statusOf(turn.state, pod, turn.atMs);
  if (isSame(status, pod.status)) {
    askForDeletion(turn, pod);
    return;
  }
  if (!turn.isDue(now.retry)) return;
  turn.set({ report: { ...now, isWriting: true } });
  turn.perform({ do: "writeStatus", pod, status });
}

/** Only a pod that has ended, and whose end is known, may vanish. */
function askForDeletion(turn: Turn, pod: Pod): void {
  const { life } = turn.state;
  if (life.at !== "ended" || life.deletion || !pod.metadata.deletionTimestamp) return;
  if (!turn.isDue(life.retry)) return;
  turn.set({ life: { ...life, deletion: "asked" } });
  turn.perform({ do: "deletePod", pod });
}

export function statusWritten(turn: Turn, { outcome }: Did<"writeStatus">): void {
  if (outcome.ok) {
    turn.set({ report: { isWriting: false } });
    seePod(turn, outcome.pod);
    return;
  }
  const retry = nextRetry(turn.state.report.retry, turn.atMs);
  turn.set({ report: { isWriting: false, retry } });
}

export function deletionAsked(turn: Turn, { outcome }: Did<"deletePod">): void {
  const { life } = turn.state;
  if (life.at !== "ended") return;
  // With finalizers the pod stays for a while: asking again would not help.
  if (outcome.ok) turn.set({ life: { ...life, deletion: "done" } });
  else turn.set({ life: { at: "ended", retry: nextRetry(life.retry, turn.atMs) } });
}
