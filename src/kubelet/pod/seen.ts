/** The pod as the API has it by now: what its containers can see of it follows. */
import type { Pod } from "#api/core/pod.ts";
import { isSame } from "#client/canonical.ts";
import { beginEnd, deletionDeadlineMs } from "./life.ts";
import { noticeResize } from "./resizing.ts";
import { without } from "./state.ts";
import type { Turn } from "./turn.ts";

/** From a watch, or as the answer to a write of our own: that may be the first to show a change. */
export function seePod(turn: Turn, seen: Pod): void {
  const before = turn.state.pod;
  const pod = newer(before, seen);
  const isRelabelled =
    !isSame(before?.metadata.labels, pod.metadata.labels) ||
    !isSame(before?.metadata.annotations, pod.metadata.annotations);
  if (pod.metadata.deletionTimestamp) beginEnd(turn, deletionDeadlineMs(turn, pod));
  turn.set({ pod });
  if (isRelabelled) staleVolumes(turn);
  noticeResize(turn, before, pod);
}

/** Our own write may be newer than what we have watched so far. */
const newer = (a: Pod | undefined, b: Pod): Pod =>
  Number(a?.metadata.resourceVersion ?? 0) > Number(b.metadata.resourceVersion ?? 0) && a ? a : b;

export function staleVolumes(turn: Turn): void {
  const { volumes } = turn.state;
  // What it lacked may be there now.
  if (volumes.at === "missing") turn.set({ volumes: without(volumes, "retry") });
  else turn.set({ volumes: { ...volumes, isStale: true } });
}
