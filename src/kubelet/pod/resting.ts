/**
 * Probes of a pod at rest. Where it is known until when a container is well, as in a simulation,
 * asking it every few seconds would find nothing: probes that succeed are put off, by whole periods.
 */
import type { Container } from "#api/core/container.ts";
import { seconds } from "#base/clock.ts";
import type { ProbeType } from "./effects.ts";
import { findContainer } from "./pod-containers.ts";
import { probeOf } from "./probing.ts";
import { type PodState, type ProbeState, type Probes, withTrack } from "./state.ts";

/** Until when the probes of an instance succeed; -Infinity when nobody can tell. */
export type WellUntil = (container: Container, id: string) => number;

export function restProbes(state: PodState, wellUntil: WellUntil): PodState {
  let rested = state;
  for (const [name, { probes }] of Object.entries(state.tracks)) {
    const container = state.pod && findContainer(state.pod, name)?.container;
    if (!probes || !container) continue;
    const put = putOff(probes, container, wellUntil(container, probes.id));
    if (put !== probes) rested = withTrack(rested, name, (track) => ({ ...track, probes: put }));
  }
  return rested;
}

/** Whatever was put off is due at once: somebody changed what the answers will be. */
export function wakeProbes(state: PodState, atMs: number): PodState {
  let woken = state;
  for (const [name, { probes }] of Object.entries(state.tracks)) {
    if (!probes) continue;
    const due = ([type, probe]: [string, ProbeState]): [string, ProbeState] => [
      type,
      { ...probe, dueAtMs: Math.min(probe.dueAtMs, atMs) },
    ];
    const states = Object.fromEntries(Object.entries(probes.states).map(due));
    woken = withTrack(woken, name, (track) => ({ ...track, probes: { ...probes, states } }));
  }
  return woken;
}

function putOff(probes: Probes, container: Container, untilMs: number): Probes {
  const states: Partial<Record<ProbeType, ProbeState>> = { ...probes.states };
  let isChanged = false;
  for (const type of ["readiness", "liveness"] as const) {
    const state = states[type];
    if (!state || !isSettled(state) || state.dueAtMs >= untilMs) continue;
    const periodMs = seconds(probeOf(container, type)?.periodSeconds || 10);
    const missed = Math.ceil((untilMs - state.dueAtMs) / periodMs);
    states[type] = { ...state, dueAtMs: state.dueAtMs + missed * periodMs };
    isChanged = true;
  }
  return isChanged ? { ...probes, states } : probes;
}

/** One more success would change nothing. */
const isSettled = ({ result, lastWasHealthy, isBusy, isOnHold }: ProbeState): boolean =>
  result === "success" && lastWasHealthy === true && !isBusy && !isOnHold;
