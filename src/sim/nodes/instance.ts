/** What the rules decide about one instance of a container, drawn when it is created. */
import { bytesOf, cpuMilli } from "#base/quantity.ts";
import type { Random } from "#base/random.ts";
import { type Behaviour, type Behaviours, exitCodeOf, type Traits } from "./behaviour.ts";
import { drawSpan } from "./span.ts";
import { drawAmount, type UsageOf } from "./usage.ts";

export interface Instance {
  readonly traits: Traits;
  readonly startMs: number;
  readonly startError: string | undefined;
  readonly runsForMs: number;
  readonly exitCode: number;
  readonly stopsAfterMs: number;
  readonly readyAfterMs: number;
  readonly unhealthyAfterMs: number;
  /** Of each: all the time that it runs. */
  readonly usage: UsageOf;
  /** Undefined while it does not run. */
  readonly runsSinceMs: number | undefined;
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
      memoryBytes: drawAmount(behaviour.memory, bytesOf, random),
    },
    runsSinceMs: undefined,
  };
}

/** Undefined while it does not run. */
export function ageMs({ runsSinceMs = Infinity, runsForMs }: Instance, nowMs: number) {
  const age = nowMs - runsSinceMs;
  return age >= 0 && age < runsForMs ? age : undefined;
}

/** Rules about readiness may come and go, so they are asked each time. */
export function isWell(instance: Instance, behaviours: Behaviours, nowMs: number): boolean {
  const { traits, readyAfterMs, unhealthyAfterMs } = instance;
  const age = ageMs(instance, nowMs);
  const { ready = true } = behaviours.of(traits);
  return ready && age !== undefined && age >= readyAfterMs && age < unhealthyAfterMs;
}
