/** The working paper of one step: the state as it becomes, and what is to be done about it. */
import type { Effect, Task } from "./effects.ts";
import { fieldPathOf, type PodContainer } from "./pod-containers.ts";
import { type PodState, type Retry, type Track, withTrack } from "./state.ts";

export class Turn {
  state: PodState;
  readonly atMs: number;
  readonly effects: Effect[] = [];
  /** When to look again although nothing happened. */
  wakeAtMs = Infinity;

  constructor(state: PodState, atMs: number) {
    this.state = state;
    this.atMs = atMs;
  }

  set(change: Partial<PodState>): void {
    this.state = { ...this.state, ...change };
  }

  track(name: string, change: (track: Track) => Track): void {
    this.state = withTrack(this.state, name, change);
  }

  perform(task: Task): void {
    this.effects.push(task);
  }

  wake(atMs: number): void {
    this.wakeAtMs = Math.min(this.wakeAtMs, atMs);
  }

  /** False when it is too early for another attempt; then looks again in time. */
  isDue(retry: Retry | undefined): boolean {
    if (!retry || retry.atMs <= this.atMs) return true;
    this.wake(retry.atMs);
    return false;
  }

  normal(reason: string, message: string, about?: PodContainer): void {
    this.#event("Normal", { reason, message, about });
  }

  warning(reason: string, message: string, about?: PodContainer): void {
    this.#event("Warning", { reason, message, about });
  }

  #event(type: "Normal" | "Warning", { reason, message, about }: EventText): void {
    const where = about ? { fieldPath: fieldPathOf(about) } : {};
    this.effects.push({ do: "event", type, reason, message, ...where });
  }
}

interface EventText {
  readonly reason: string;
  readonly message: string;
  readonly about: PodContainer | undefined;
}
