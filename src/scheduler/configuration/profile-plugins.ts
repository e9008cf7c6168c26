/**
 * Which plugins a profile runs at which extension points: the default ones, without what is
 * disabled, with what is enabled. upstream: pkg/scheduler/framework/runtime/framework.go#expandMultiPointPlugins
 */
import type { Section } from "#base/configuration.ts";
import type { Plugin } from "../plugin.ts";

/** What a plugin has, by the name of the extension point in the file. */
const pointFields = {
  preEnqueue: ["preEnqueue"],
  queueSort: ["queueSort"],
  preFilter: ["preFilter"],
  filter: ["filter"],
  postFilter: ["postFilter"],
  preScore: ["preScore"],
  score: ["score", "normalize"],
  reserve: ["reserve", "unreserve"],
  permit: ["permit"],
  preBind: ["preBind"],
  bind: ["bind"],
  postBind: ["postBind"],
} as const satisfies Readonly<Record<string, readonly (keyof Plugin)[]>>;

type Point = keyof typeof pointFields;

const points = Object.keys(pointFields) as readonly Point[];

/** What a profile's `plugins` say, with the names checked. */
export interface Choice {
  /** In the order in which they run. */
  readonly enabled: ReadonlyMap<string, ReadonlySet<Point>>;
  readonly weights: Readonly<Record<string, number>>;
}

interface Known {
  readonly names: ReadonlySet<string>;
  readonly defaults: readonly string[];
  readonly weights: Readonly<Record<string, number>>;
}

export function choiceIn(section: Section | undefined, known: Known): Choice {
  const enabled = new Map(known.defaults.map((name) => [name, new Set(points)]));
  const weights: Record<string, number> = { ...known.weights };
  if (section) {
    apply(section.section("multiPoint"), points, { known, enabled, weights });
    for (const point of points) apply(section.section(point), [point], { known, enabled, weights });
  }
  for (const [name, at] of enabled) {
    // A filter goes by what its preFilter found.
    if (at.has("filter")) at.add("preFilter");
    if (at.has("score")) at.add("preScore");
    if (at.size === 0) enabled.delete(name);
  }
  return { enabled, weights };
}

interface Applying {
  readonly known: Known;
  readonly enabled: Map<string, Set<Point>>;
  readonly weights: Record<string, number>;
}

function apply(set: Section | undefined, at: readonly Point[], applying: Applying): void {
  for (const one of set?.sections("disabled") ?? []) disable(one, at, applying);
  for (const one of set?.sections("enabled") ?? []) enable(one, at, applying);
}

function disable(one: Section, at: readonly Point[], { enabled, known }: Applying): void {
  const name = one.text("name") === "*" ? "*" : checkName(one, known);
  const meant = name === "*" ? [...enabled.values()] : [enabled.get(name) ?? new Set<Point>()];
  for (const on of meant) for (const point of at) on.delete(point);
}

function enable(one: Section, at: readonly Point[], { enabled, weights, known }: Applying): void {
  const name = checkName(one, known);
  const weight = one.integer("weight") ?? 0;
  if (weight < 0) one.wrong("weight", "must not be negative");
  if (weight > 0) weights[name] = weight;
  const on = enabled.get(name) ?? new Set();
  // What was disabled and is enabled again comes where it is named.
  if (on.size === 0) enabled.delete(name);
  for (const point of at) on.add(point);
  enabled.set(name, on);
}

function checkName(one: Section, { names }: Known): string {
  const name = one.requiredText("name");
  if (name !== "" && !names.has(name))
    one.wrong(
      "name",
      `there is no plugin ${JSON.stringify(name)}; there are ${[...names].sort().join(", ")}`,
    );
  return name;
}

/** The plugin with only what is enabled. */
export function restricted(plugin: Plugin, enabled: ReadonlySet<Point>): Plugin {
  const gone = points.filter((point) => !enabled.has(point)).flatMap((point) => pointFields[point]);
  if (gone.every((field) => plugin[field] === undefined)) return plugin;
  const left = Object.entries(plugin).filter(([field]) => !gone.some((name) => name === field));
  return Object.fromEntries(left) as unknown as Plugin;
}
