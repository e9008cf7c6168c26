/**
 * Which plugins a profile runs at which extension points: the default ones, without what is
 * disabled, with what is enabled. upstream: pkg/scheduler/framework/runtime/framework.go#expandMultiPointPlugins
 */
import type { Section } from "#base/configuration.ts";
import { didYouMean } from "#base/nearest.ts";
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
  readonly inTree: ReadonlyMap<string, Plugin>;
  /** The names of plugins that are modules: what they have is not known yet. */
  readonly modules: ReadonlySet<string>;
  readonly weights: Readonly<Record<string, number>>;
}

export function choiceIn(section: Section | undefined, known: Known): Choice {
  const enabled = new Map([...known.inTree.keys()].map((name) => [name, new Set(points)]));
  const applying = { known, enabled, weights: { ...known.weights } };
  if (section) {
    apply(section.section("multiPoint"), points, applying);
    for (const point of points) apply(section.section(point), [point], applying);
    checkNeeded(section, applying);
  }
  for (const [name, at] of enabled) {
    // A filter goes by what its preFilter found.
    if (at.has("filter")) at.add("preFilter");
    if (at.has("score")) at.add("preScore");
    if (at.size === 0) enabled.delete(name);
  }
  return { enabled, weights: applying.weights };
}

interface Applying {
  readonly known: Known;
  readonly enabled: Map<string, Set<Point>>;
  readonly weights: Record<string, number>;
}

function apply(set: Section | undefined, at: readonly Point[], applying: Applying): void {
  for (const one of set?.sections("disabled") ?? []) disable(one, at, applying);
  const seen = new Set<string>();
  for (const one of set?.sections("enabled") ?? []) {
    const name = enable(one, at, applying);
    // exact: kube-scheduler
    const type = at.length === 1 ? typeOf(at[0]) : "MultiPoint";
    if (seen.has(name)) one.wrong("name", `plugin "${name}" already registered as "${type}"`);
    seen.add(name);
  }
}

/** exact: kube-scheduler, as in "FilterPlugin" */
const typeOf = (point = ""): string => `${point.charAt(0).toUpperCase()}${point.slice(1)}Plugin`;

/**
 * Plugins of upstream that are not here, not any more, or not while their feature gate is off: they are disabled already.
 * upstream: pkg/scheduler/framework/plugins/names
 */
const elsewhere: ReadonlySet<string> = new Set([
  "AzureDiskLimits",
  "CinderLimits",
  "EBSLimits",
  "GCEPDLimits",
  "GangScheduling",
]);

function disable(one: Section, at: readonly Point[], { enabled, known }: Applying): void {
  // A weight says nothing here, and is let through as upstream does.
  one.any("weight");
  const name = one.text("name") ?? "";
  if (elsewhere.has(name) && !known.inTree.has(name)) return;
  if (name !== "*") checkName(one, known);
  const meant = name === "*" ? [...enabled.values()] : [enabled.get(name) ?? new Set<Point>()];
  for (const on of meant) for (const point of at) on.delete(point);
}

function enable(one: Section, at: readonly Point[], applying: Applying): string {
  const { enabled, weights, known } = applying;
  const name = one.text("name") ?? "";
  if (!checkNotRemoved(one, name)) checkName(one, known);
  const weight = one.integer("weight") ?? 0;
  if (weight < 0) one.invalid("weight", "must not be negative");
  // Who is named without a weight weighs one, whatever it weighs by default.
  if (at.includes("score")) weights[name] = Math.max(weight, 1);
  checkExtends(one, at, known.inTree.get(name));
  const on = enabled.get(name) ?? new Set();
  // What was disabled and is enabled again comes where it is named.
  if (on.size === 0) enabled.delete(name);
  for (const point of at) on.add(point);
  enabled.set(name, on);
  return name;
}

function checkName(one: Section, { inTree, modules }: Known): void {
  const name = one.requiredText("name");
  const names = [...inTree.keys(), ...modules].sort();
  if (name === "" || names.includes(name)) return;
  const valid = didYouMean(name, names) || `; there are ${names.join(", ")}`;
  one.wrong("name", `there is no plugin ${JSON.stringify(name)}${valid}`);
}

/** Limits of single clouds, which CSI drivers took over. */
const removed: ReadonlySet<string> = new Set(
  [...elsewhere].filter((name) => name.endsWith("Limits")),
);

/** True when it was one of the removed plugins, which is told. upstream: validation.go#invalidPluginsByVersion */
export function checkNotRemoved(one: Section, name: string): boolean {
  if (!removed.has(name)) return false;
  // exact: kube-scheduler
  const why =
    'was invalid in version "v1" (KubeSchedulerConfiguration is version "kubescheduler.config.k8s.io/v1")';
  one.invalid("", why, name);
  return true;
}

/** Where plugins of both sides have the same functions; the others join two points into one here. */
const comparable: ReadonlySet<Point> = new Set([
  "queueSort",
  "filter",
  "postFilter",
  "permit",
  "bind",
]);

function checkExtends(one: Section, at: readonly Point[], plugin: Plugin | undefined): void {
  const [point] = at;
  if (!plugin || at.length > 1 || point === undefined || !comparable.has(point)) return;
  if (pointFields[point].some((field) => plugin[field])) return;
  // exact: kube-scheduler
  one.wrong("name", `plugin "${plugin.name}" does not extend ${typeOf(point)} plugin`);
}

/** The queue has an order, and pods are bound by somebody: a module may do it. */
function checkNeeded(section: Section, { known, enabled }: Applying): void {
  for (const point of ["queueSort", "bind"] as const) {
    const may = [...enabled].some(
      ([name, at]) => at.has(point) && (known.inTree.get(name)?.[point] ?? known.modules.has(name)),
    );
    if (!may) section.required(point, "at least one plugin is needed");
  }
}

/** The plugin with only what is enabled. */
export function restricted(plugin: Plugin, enabled: ReadonlySet<Point>): Plugin {
  const gone = points.filter((point) => !enabled.has(point)).flatMap((point) => pointFields[point]);
  if (gone.every((field) => plugin[field] === undefined)) return plugin;
  const left = Object.entries(plugin).filter(([field]) => !gone.some((name) => name === field));
  return Object.fromEntries(left) as unknown as Plugin;
}
