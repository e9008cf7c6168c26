/** Instances and sandboxes that are of no use any more. */
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
