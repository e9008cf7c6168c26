/** Instances and sandboxes that are of no use any more. */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { nextRetry } from "./backoff.ts";
import type { Did } from "./effects.ts";
import { type Removing, without } from "./state.ts";
import type { Turn } from "./turn.ts";

interface Removal {
  readonly do: "removeContainer" | "removeSandbox";
  readonly id: string;
}

/** Unless it is under way, or has just failed. */
export function removeSoon(turn: Turn, removal: Removal): void {
  const before = turn.state.removing[removal.id];
  if (before?.isBusy || !turn.isDue(before?.retry)) return;
  setRemoving(turn, removal.id, { ...before, isBusy: true });
  turn.perform(removal);
}

/** Containers of a pod that is over, and known to be, are kept for their logs only. */
export function removeEnded(turn: Turn): void {
  const { life, runtime, pod } = turn.state;
  if (life.at !== "ended" || !pod || !isPodTerminal(pod)) return;
  for (const { id, state } of runtime?.containers ?? [])
    if (state === "exited") removeSoon(turn, { do: "removeContainer", id });
}

const setRemoving = (turn: Turn, id: string, removing: Removing): void =>
  turn.set({ removing: { ...turn.state.removing, [id]: removing } });

export function removed(
  turn: Turn,
  { task, outcome }: Did<"removeContainer"> | Did<"removeSandbox">,
): void {
  const { removing } = turn.state;
  const retry = nextRetry(removing[task.id]?.retry, turn.atMs);
  if (outcome.ok) turn.set({ removing: without(removing, task.id) });
  else setRemoving(turn, task.id, { isBusy: false, retry });
}
