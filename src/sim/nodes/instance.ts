/** What the rules decide about one instance of a container, drawn when it is created. */
import { bytesOf, cpuMilli } from "#base/quantity.ts";
import type { Random } from "#base/random.ts";
import { type Behaviour, type Behaviours, exitCodeOf, type Traits } from "./behaviour.ts";
import { drawSpan } from "./span.ts";
import { courseAt, drawAmount, drawCourse, type UsageOf } from "./usage.ts";

export interface Instance {
  readonly traits: Traits;
  readonly startMs: number;
  readonly startError: string | undefined;
  readonly runsForMs: number;
  readonly exitCode: number;
  readonly stopsAfterMs: number;
  readonly readyAfterMs: number;
  readonly unhealthyAfterMs: number;
  readonly usage: UsageOf;
  /** Undefined while it does not run. */
  readonly runsSinceMs: number | undefined;
  /** When it was ended, not when it ends by itself: what it had written by then. */
  readonly leftBytes: number;
}

export function drawInstance(
  traits: Traits,
  behaviour: Behaviour,
  { attempt, random }: { readonly attempt: number; readonly random: Random },
): Instance {
  return {
    traits,
    startMs: drawSpan(behaviour.startMs ?? 0, random),
    startError: behaviour.startError,
    runsForMs: drawSpan(behaviour.runsForMs ?? Infinity, random),
    exitCode: exitCodeOf(behaviour, attempt),
    stopsAfterMs: drawSpan(behaviour.stopsAfterMs ?? 0, random),
    readyAfterMs: drawSpan(behaviour.readyAfterMs ?? 0, random),
    unhealthyAfterMs: drawSpan(behaviour.unhealthyAfterMs ?? Infinity, random),
    usage: {
      cpuMilli: drawAmount(behaviour.cpu, cpuMilli, random),
      memory: drawCourse(behaviour.memory, bytesOf, random),
      disk: drawCourse(behaviour.disk, bytesOf, random),
      processes: drawCourse(behaviour.processes, bytesOf, random),
    },
    runsSinceMs: undefined,
    leftBytes: 0,
  };
}

/** Undefined while it does not run. */
export function ageMs(
  { runsSinceMs = Infinity, runsForMs }: Pick<Instance, "runsSinceMs" | "runsForMs">,
  nowMs: number,
): number | undefined {
  const age = nowMs - runsSinceMs;
  return age >= 0 && age < runsForMs ? age : undefined;
}

/** As it is from now on. */
export const started = <T extends Instance>(instance: T, nowMs: number): T => ({
  ...instance,
  runsSinceMs: nowMs,
});

export const stopped = <T extends Instance>(instance: T, nowMs: number): T => ({
  ...instance,
  runsSinceMs: undefined,
  leftBytes: writtenBytes(instance, nowMs),
});

/** On the node's disk; it stays there when the container has ended. */
export const writtenBytes = (instance: Instance, nowMs: number): number => {
  const { runsSinceMs, runsForMs, usage, leftBytes } = instance;
  if (runsSinceMs === undefined) return leftBytes;
  return courseAt(usage.disk, Math.min(nowMs - runsSinceMs, runsForMs));
};

/** Rules about readiness may come and go, so they are asked each time. */
export function isWell(instance: Instance, behaviours: Behaviours, nowMs: number): boolean {
  const { traits, readyAfterMs, unhealthyAfterMs } = instance;
  const age = ageMs(instance, nowMs);
  const { ready = true } = behaviours.of(traits);
  return ready && age !== undefined && age >= readyAfterMs && age < unhealthyAfterMs;
}
