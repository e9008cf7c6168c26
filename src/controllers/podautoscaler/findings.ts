/** What a look at an autoscaler found: its conditions as they come about, and what is to be told. */
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition as Condition,
} from "#api/autoscaling/horizontalpodautoscaler.ts";
import { withCondition } from "#api/meta/conditions.ts";
import { formatTime } from "#base/clock.ts";
import { type Effect, note, warn } from "../runtime/effects.ts";
import { type Trouble, troubleOf } from "./metrics.ts";

export type ConditionType = "AbleToScale" | "ScalingActive" | "ScalingLimited";

export interface Reason {
  readonly reason: string;
  readonly message: string;
}

export class Findings {
  readonly #events: Effect[] = [];
  readonly #about: HorizontalPodAutoscaler;
  readonly #now: number;
  #conditions: readonly Condition[];
  #trouble: Trouble = "none";

  constructor(about: HorizontalPodAutoscaler, now: number) {
    this.#about = about;
    this.#now = now;
    this.#conditions = about.status.conditions ?? [];
  }

  get conditions(): readonly Condition[] {
    return this.#conditions;
  }

  /** Of what was told last. */
  get trouble(): Trouble {
    return this.#trouble;
  }

  get events(): readonly Effect[] {
    return this.#events;
  }

  set(type: ConditionType, is: boolean, { reason, message }: Reason): void {
    const lastTransitionTime = formatTime(this.#now);
    const status = is ? "True" : "False";
    const condition = { type, status, lastTransitionTime, reason, message };
    this.#conditions = withCondition(this.#conditions, condition);
  }

  tell(type: "Normal" | "Warning", { reason, message }: Reason): void {
    if (type === "Warning") this.#trouble = troubleOf(reason);
    const tell = type === "Normal" ? note : warn;
    this.#events.push(tell(this.#about, reason, message));
  }
}
