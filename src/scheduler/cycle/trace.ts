/**
 * Where a decision is: whose code runs at which extension point. When it throws, the message names
 * the plugin; when it ends, the metrics know how long each point took.
 */
import type { Clock } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import type { Refusal } from "../plugin.ts";

export type Point =
  | "PreEnqueue"
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

export type PointStatus =
  | "Success"
  | "Unschedulable"
  | "UnschedulableAndUnresolvable"
  | "Error"
  | "Skip"
  | "Wait";

export const refusalStatus = ({ isHopeless }: Refusal): PointStatus =>
  isHopeless ? "UnschedulableAndUnresolvable" : "Unschedulable";

/** Told how long an extension point took in one attempt. */
export type PointObserver = (point: Point, status: PointStatus, durationMs: number) => void;

/** Told how long a plugin took, in some of the attempts. */
export type PluginObserver = (
  execution: { readonly plugin: string; readonly point: Point; readonly status: PointStatus },
  durationMs: number,
) => void;

/** Runs what a plugin does at this point, and may time it. */
export type Beside = <T>(point: Point, plugin: string, run: () => Promise<T>) => Promise<T>;

const untimed: Beside = (_point, _plugin, run) => run();

/** Plugins are timed in every tenth attempt. upstream: pluginMetricsSamplePercent */
const sampleEvery = 10;

/** Names the plugin and what it could not do. */
export class PluginFailed extends Error {
  override readonly name = "PluginFailed";
}

export class Trace {
  readonly #clock: Clock;
  readonly #observe: PointObserver;
  readonly #observePlugin: PluginObserver | undefined;
  #attempts = 0;
  #isTimed = false;
  #enteredMs = 0;
  #point: Point = "PreFilter";
  #plugin = "";

  constructor(clock: Clock, observe: PointObserver, observePlugin?: PluginObserver) {
    this.#clock = clock;
    this.#observe = observe;
    this.#observePlugin = observePlugin;
  }

  /** An attempt begins. */
  begin(): void {
    this.#isTimed = this.#observePlugin !== undefined && this.#attempts++ % sampleEvery === 0;
  }

  /** What plugins do in this attempt is timed, one by one. */
  get isTimed(): boolean {
    return this.#isTimed;
  }

  enter(point: Point, plugin: string): void {
    this.#point = point;
    this.#plugin = plugin;
    if (this.#isTimed) this.#enteredMs = this.#clock.monotonic();
  }

  /** The plugin that was entered last has answered. */
  leave(status: PointStatus): void {
    if (!this.#isTimed) return;
    const execution = { plugin: this.#plugin, point: this.#point, status };
    this.#observePlugin?.(execution, this.#clock.monotonic() - this.#enteredMs);
  }

  /** For what plugins do for this attempt beside the next ones. */
  beside(): Beside {
    return this.#isTimed ? (point, plugin, run) => this.#timed({ point, plugin }, run) : untimed;
  }

  async #timed<T>(
    execution: { readonly point: Point; readonly plugin: string },
    run: () => Promise<T>,
  ): Promise<T> {
    const started = this.#clock.monotonic();
    let status: PointStatus = "Error";
    try {
      const result = await run();
      status = "Success";
      return result;
    } finally {
      this.#observePlugin?.({ ...execution, status }, this.#clock.monotonic() - started);
    }
  }

  /** What the error that just came out of a plugin is called. */
  describe(cause: unknown): string {
    this.leave("Error");
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
