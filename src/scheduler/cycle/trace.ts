/**
 * Where a decision is: whose code runs at which extension point. When it throws, the message names
 * the plugin; when it ends, the metrics know how long each point took.
 */
import type { Clock } from "#base/clock.ts";

export type Point =
  | "PreFilter"
  | "Filter"
  | "PostFilter"
  | "PreScore"
  | "Score"
  | "ScoreExtensionNormalize"
  | "Reserve"
  | "Unreserve"
  | "Permit"
  | "PreBind"
  | "Bind"
  | "PostBind";

export type PointStatus = "Success" | "Unschedulable" | "Error" | "Skip" | "Wait";

/** Told how long an extension point took in one attempt. */
export type PointObserver = (point: Point, status: PointStatus, durationMs: number) => void;

/** Names the plugin and what it could not do. */
export class PluginFailed extends Error {
  override readonly name = "PluginFailed";
}

export class Trace {
  readonly #clock: Clock;
  readonly #observe: PointObserver;
  #point: Point = "PreFilter";
  #plugin = "";

  constructor(clock: Clock, observe: PointObserver) {
    this.#clock = clock;
    this.#observe = observe;
  }

  enter(point: Point, plugin: string): void {
    this.#point = point;
    this.#plugin = plugin;
  }

  /** What the error that just came out of a plugin is called. */
  describe(cause: unknown): string {
    return cause instanceof PluginFailed
      ? cause.message
      : failureText(this.#point, this.#plugin, cause);
  }

  measured<T>(point: Point, run: () => T, statusOf: (result: T) => PointStatus): T {
    const started = this.#clock.monotonic();
    let status: PointStatus = "Error";
    try {
      const result = run();
      status = statusOf(result);
      return result;
    } finally {
      this.#observe(point, status, this.#clock.monotonic() - started);
    }
  }
}

export const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

/** exact: kube-scheduler; upstream: pkg/scheduler/framework/runtime/framework.go */
export function failureText(point: Point, plugin: string, cause: unknown): string {
  const why = messageOf(cause);
  const name = JSON.stringify(plugin);
  if (point === "Filter") return `running ${name} filter plugin: ${why}`;
  if (point === "Score") return `running Score plugins: plugin ${name} failed with: ${why}`;
  if (point === "ScoreExtensionNormalize")
    return `running Normalize on Score plugins: plugin ${name} failed with: ${why}`;
  return `running ${point} plugin ${name}: ${why}`;
}
