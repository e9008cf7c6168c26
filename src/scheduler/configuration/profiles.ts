/** The profiles in the configuration file. upstream: validation.go#validateKubeSchedulerProfile, #validateCommonQueueSort */
import type { FeatureGates } from "#api/feature-gates.ts";
import type { Section } from "#base/configuration.ts";
import { didYouMean } from "#base/nearest.ts";
import type { Plugin } from "../plugin.ts";
import { nodeResourcesFit } from "../plugins/node-resources-fit.ts";
import { defaultWeights, pluginsWith } from "../profile.ts";
import { argsReaders, fitIgnoring } from "./plugin-args.ts";
import { checkNotRemoved, type Choice, choiceIn } from "./profile-plugins.ts";

/** As the file says it: plugins from modules are not there yet. */
export interface ProfileText {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number;
  readonly choice: Choice;
  /** In-tree plugins as their arguments say. */
  readonly made: ReadonlyMap<string, Plugin>;
  /** For plugins of third parties, who check them themselves. */
  readonly args: ReadonlyMap<string, unknown>;
}

/** What is said for all profiles. */
export interface Common {
  readonly inTree: InTree;
  /** The names of plugins that are modules. */
  readonly modules: ReadonlySet<string>;
  readonly percentage: number;
  /** Resources that extenders look after. */
  readonly ignored: ReadonlySet<string>;
}

/** By name. */
export type InTree = ReadonlyMap<string, Plugin>;

export const inTreeWith = (gates: FeatureGates): InTree =>
  new Map(pluginsWith(gates).map((plugin) => [plugin.name, plugin]));

const defaultName = "default-scheduler";

export function profilesIn(file: Section, common: Common): readonly ProfileText[] {
  const sections = file.sections("profiles");
  if (sections.length === 0) return [defaultText(common)];
  const isOnly = sections.length === 1;
  const profiles = sections.map((section) => profileIn(section, common, isOnly));
  checkNames(file, profiles);
  checkSorting(sections);
  return profiles;
}

export function percentageIn(section: Section): number | undefined {
  const percentage = section.integer("percentageOfNodesToScore");
  if (percentage === undefined || (percentage >= 0 && percentage <= 100)) return percentage;
  // exact: kube-scheduler
  section.invalid("percentageOfNodesToScore", "not in valid range [0-100]");
  return undefined;
}

function profileIn(section: Section, common: Common, isOnly: boolean): ProfileText {
  const { percentage, ignored } = common;
  const made = madeWithout(ignored);
  const args = new Map<string, unknown>();
  const read = new Set<string>();
  for (const one of section.sections("pluginConfig"))
    readArgs(one, { ...common, made, args, read });
  const schedulerName = section.text("schedulerName") ?? (isOnly ? defaultName : "");
  if (schedulerName === "") section.required("schedulerName");
  return {
    schedulerName,
    percentageOfNodesToScore: percentageIn(section) ?? percentage,
    choice: choiceIn(section.section("plugins"), knownOf(common)),
    made,
    args,
  };
}

const knownOf = ({ inTree, modules }: Common) => ({ inTree, modules, weights: defaultWeights });

const defaultText = (common: Common): ProfileText => ({
  schedulerName: defaultName,
  percentageOfNodesToScore: common.percentage,
  choice: choiceIn(undefined, knownOf(common)),
  made: madeWithout(common.ignored),
  args: new Map(),
});

/** Plugins that are not as by default although the profile says nothing about them. */
const madeWithout = (ignored: ReadonlySet<string>): Map<string, Plugin> =>
  new Map(ignored.size > 0 ? [[nodeResourcesFit.name, fitIgnoring(ignored)]] : []);

interface ReadingArgs extends Common {
  /** Whose arguments were read already. */
  readonly read: Set<string>;
  readonly made: Map<string, Plugin>;
  readonly args: Map<string, unknown>;
}

function readArgs(
  section: Section,
  { inTree, modules, ignored, made, args, read }: ReadingArgs,
): void {
  const name = section.requiredText("name");
  if (checkNotRemoved(section, name)) return void section.any("args");
  const names = [...inTree.keys(), ...modules];
  if (name !== "" && !names.includes(name)) {
    section.any("args");
    return section.wrong(
      "name",
      `there is no plugin ${JSON.stringify(name)}${didYouMean(name, names)}`,
    );
  }
  // exact: kube-scheduler
  if (read.has(name)) section.duplicate("", name);
  read.add(name);
  if (!inTree.has(name)) return void args.set(name, section.any("args"));
  const own = section.section("args");
  if (!own) return;
  checkType(own, name);
  const make = argsReaders[name];
  // Of a plugin that takes none, every field is unknown.
  if (make) made.set(name, make(own, ignored));
}

const argsVersion = "kubescheduler.config.k8s.io/v1";

/** Arguments may say of what type they are. */
function checkType(args: Section, plugin: string): void {
  if (args.any("apiVersion") !== undefined) args.oneOf("apiVersion", [argsVersion]);
  const [kind, own] = [args.text("kind"), `${plugin}Args`];
  const typed = (of: string): string => `${of}.kubescheduler.config.k8s.io`;
  // exact: kube-scheduler
  if (kind !== undefined && kind !== own)
    args.wrong(
      "kind",
      `args for plugin ${plugin} were not of type ${typed(own)}, got ${typed(kind)}`,
    );
}

function checkNames(file: Section, profiles: readonly ProfileText[]): void {
  const names = new Set<string>();
  for (const [i, { schedulerName }] of profiles.entries()) {
    // exact: kube-scheduler
    if (schedulerName !== "" && names.has(schedulerName))
      file.duplicate(`profiles[${i}].schedulerName`, schedulerName);
    names.add(schedulerName);
  }
}

/** There is one queue for all of them. */
function checkSorting(profiles: readonly Section[]): void {
  const said = profiles.map((profile) => profile.section("plugins")?.any("queueSort") ?? {});
  const [first, ...others] = said.map((one) => JSON.stringify(one));
  const { enabled } = said[0] as { readonly enabled?: unknown };
  // exact: kube-scheduler
  if (Array.isArray(enabled) && enabled.length > 1)
    profiles[0]?.invalid(
      "plugins.queueSort.enabled",
      "only one queue sort plugin can be enabled",
      enabled.length,
    );
  for (const [i, one] of others.entries())
    if (one !== first)
      profiles[i + 1]?.invalid(
        "plugins.queueSort",
        "must be the same for all profiles",
        said[i + 1],
      );
  checkSortingArgs(profiles, Array.isArray(enabled) ? nameIn(enabled[0]) : undefined);
}

const nameIn = (one: unknown): unknown => (one as { readonly name?: unknown } | null)?.name;

/** One plugin sorts for all of them, as the first profile says. */
function checkSortingArgs(profiles: readonly Section[], name: unknown): void {
  const said = profiles.map((profile) =>
    profile
      .sections("pluginConfig")
      .filter((one) => name !== undefined && one.any("name") === name)
      .map((one) => one.any("args")),
  );
  const [first] = said.map(([args]) => JSON.stringify(args));
  for (const [i, [args]] of said.entries())
    // exact: kube-scheduler
    if (args !== undefined && JSON.stringify(args) !== first)
      profiles[i]?.invalid(
        "pluginConfig.args",
        "queueSort must be the same for all profiles",
        args,
      );
}
