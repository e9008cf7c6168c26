/**
 * The scheduler's configuration file, as upstream's (`kubescheduler.config.k8s.io/v1`), read strictly:
 * everything that is wrong is told at once, by its path. Plugins of third parties are modules that
 * the file names in `pluginModules`.
 * differs: `pluginModules` is ours.
 */
import type { BackoffOptions } from "#base/backoff.ts";
import { seconds } from "#base/clock.ts";
import { readConfiguration, type Section } from "#base/configuration.ts";
import { messageOf } from "#base/failure.ts";
import { isPlugin, type Plugin, type PluginKit, pluginKit } from "../plugin.ts";
import { defaultPlugins, defaultWeights, type Profile } from "../profile.ts";
import type { ExtenderSettings } from "../extenders/settings.ts";
import { nodeResourcesFit } from "../plugins/node-resources-fit.ts";
import { type ExtenderText, extendersIn, type ReadText, settingsOf } from "./extenders.ts";
import { argsReaders, fitIgnoring } from "./plugin-args.ts";
import { type Choice, choiceIn, restricted } from "./profile-plugins.ts";

export interface SchedulerConfiguration {
  readonly profiles: readonly Profile[];
  readonly backoff: BackoffOptions;
  /** Those outside who take part, for all profiles. */
  readonly extenders: readonly ExtenderSettings[];
}

/** Imports a module that the file names. */
export type LoadModule = (specifier: string) => Promise<unknown>;

interface ModuleName {
  readonly name: string;
  readonly module: string;
}

interface ProfileText {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number;
  readonly choice: Choice;
  /** In-tree plugins as their arguments say. */
  readonly made: ReadonlyMap<string, Plugin>;
  /** For plugins of third parties, who check them themselves. */
  readonly args: ReadonlyMap<string, unknown>;
}

interface File {
  readonly modules: readonly ModuleName[];
  readonly profiles: readonly ProfileText[];
  readonly backoff: BackoffOptions;
  readonly extenders: readonly ExtenderText[];
}

const inTree: ReadonlyMap<string, Plugin> = new Map(
  defaultPlugins.map((plugin) => [plugin.name, plugin]),
);

const noFiles: ReadText = () => Promise.resolve(undefined);

/** Throws ConfigurationError, or what is wrong with a module, by the plugin's name. */
export async function loadConfiguration(
  text: string,
  load: LoadModule,
  read = noFiles,
): Promise<SchedulerConfiguration> {
  const { modules, profiles, backoff, extenders } = parseConfiguration(text);
  const loaded = new Map<string, unknown>();
  for (const one of modules) loaded.set(one.name, await loadModule(one, load));
  return {
    backoff,
    profiles: profiles.map((profile) => profileOf(profile, loaded)),
    extenders: await Promise.all(extenders.map((one) => settingsOf(one, read))),
  };
}

const expected = {
  apiVersions: ["kubescheduler.config.k8s.io/v1"],
  kind: "KubeSchedulerConfiguration",
};

/** Of no meaning here: there is one thread, and who leads is settled elsewhere. */
const meaningless = [
  "parallelism",
  "leaderElection",
  "clientConnection",
  "enableProfiling",
  "enableContentionProfiling",
  "delayCacheUntilActive",
] as const;

export const parseConfiguration = (text: string): File =>
  readConfiguration(text, expected, (file) => {
    for (const name of meaningless) file.any(name);
    const extenders = extendersIn(file);
    const managed = new Set(extenders.flatMap((one) => one.ignored));
    const modules = file.sections("pluginModules").map(moduleIn);
    const percentage = percentageIn(file) ?? 0;
    const names = new Set([...inTree.keys(), ...modules.map(({ name }) => name)]);
    const sections = file.sections("profiles");
    const common = { names, percentage, ignored: managed };
    const profiles = sections.map((one) => profileIn(one, common));
    checkProfiles(file, profiles);
    const all = sections.length > 0 ? profiles : [defaultText(common)];
    return { modules, profiles: all, backoff: backoffIn(file), extenders };
  });

function moduleIn(section: Section): ModuleName {
  const name = section.requiredText("name");
  if (inTree.has(name)) section.wrong("name", `there is already a plugin ${JSON.stringify(name)}`);
  return { name, module: section.requiredText("module") };
}

function percentageIn(section: Section): number | undefined {
  const percentage = section.integer("percentageOfNodesToScore");
  if (percentage === undefined || (percentage >= 0 && percentage <= 100)) return percentage;
  // exact: kube-scheduler
  section.wrong("percentageOfNodesToScore", "not in valid range [0-100]");
  return undefined;
}

function backoffIn(file: Section): BackoffOptions {
  const first = file.integer("podInitialBackoffSeconds") ?? 1;
  const max = file.integer("podMaxBackoffSeconds") ?? 10;
  // exact: kube-scheduler
  if (first <= 0) file.wrong("podInitialBackoffSeconds", "must be greater than 0");
  if (max < first)
    file.wrong("podMaxBackoffSeconds", "must be greater than or equal to PodInitialBackoffSeconds");
  return { firstMs: seconds(first), maxMs: seconds(max) };
}

const defaultName = "default-scheduler";
const defaultNames = defaultPlugins.map(({ name }) => name);

/** What is said for all profiles. */
interface Common {
  readonly names: ReadonlySet<string>;
  readonly percentage: number;
  /** Resources that extenders look after. */
  readonly ignored: ReadonlySet<string>;
}

function profileIn(section: Section, { names, percentage, ignored }: Common): ProfileText {
  const known = { names, defaults: defaultNames, weights: defaultWeights };
  const made = madeWithout(ignored);
  const read = new Set<string>();
  const args = new Map<string, unknown>();
  for (const one of section.sections("pluginConfig"))
    readArgs(one, { names, ignored, made, args, read });
  return {
    schedulerName: section.text("schedulerName") ?? defaultName,
    percentageOfNodesToScore: percentageIn(section) ?? percentage,
    choice: choiceIn(section.section("plugins"), known),
    made,
    args,
  };
}

/** Plugins that are not as by default although the profile says nothing about them. */
const madeWithout = (ignored: ReadonlySet<string>): Map<string, Plugin> =>
  new Map(ignored.size > 0 ? [[nodeResourcesFit.name, fitIgnoring(ignored)]] : []);

const defaultText = ({ percentage, ignored }: Common): ProfileText => ({
  schedulerName: defaultName,
  percentageOfNodesToScore: percentage,
  choice: choiceIn(undefined, {
    names: new Set(),
    defaults: defaultNames,
    weights: defaultWeights,
  }),
  made: madeWithout(ignored),
  args: new Map(),
});

interface ReadingArgs {
  readonly names: ReadonlySet<string>;
  readonly ignored: ReadonlySet<string>;
  /** Whose arguments were read already. */
  readonly read: Set<string>;
  readonly made: Map<string, Plugin>;
  readonly args: Map<string, unknown>;
}

function readArgs(section: Section, { names, ignored, made, args, read }: ReadingArgs): void {
  const name = section.requiredText("name");
  if (name !== "" && !names.has(name))
    return section.wrong("name", `there is no plugin ${JSON.stringify(name)}`);
  // exact: kube-scheduler
  if (read.has(name)) section.wrong("name", "repeated config for plugin");
  read.add(name);
  if (!inTree.has(name)) return void args.set(name, section.any("args"));
  const own = section.section("args");
  if (!own) return;
  own.any("apiVersion");
  own.any("kind");
  const make = argsReaders[name];
  // Of a plugin that takes none, every field is unknown.
  if (make) made.set(name, make(own, ignored));
}

function checkProfiles(file: Section, profiles: readonly ProfileText[]): void {
  const names = new Set<string>();
  for (const [i, { schedulerName, choice }] of profiles.entries()) {
    const path = `profiles[${i}]`;
    // exact: kube-scheduler
    if (schedulerName === "") file.wrong(`${path}.schedulerName`, "needed");
    if (names.has(schedulerName)) file.wrong(`${path}.schedulerName`, "duplicate value");
    names.add(schedulerName);
    const has = (point: "queueSort" | "bind"): boolean =>
      [...choice.enabled.values()].some((at) => at.has(point));
    for (const point of ["queueSort", "bind"] as const)
      if (!has(point)) file.wrong(`${path}.plugins.${point}`, "at least one plugin is needed");
  }
}

async function loadModule({ name, module }: ModuleName, load: LoadModule): Promise<unknown> {
  try {
    return await load(module);
  } catch (cause) {
    throw new Error(`plugin ${name}: the module ${module} cannot be loaded: ${String(cause)}`, {
      cause,
    });
  }
}

function profileOf(
  { schedulerName, percentageOfNodesToScore, choice, made, args }: ProfileText,
  loaded: ReadonlyMap<string, unknown>,
): Profile {
  const plugins = [...choice.enabled].map(([name, at]) => {
    const plugin =
      made.get(name) ?? inTree.get(name) ?? pluginIn(loaded.get(name), name, args.get(name));
    return restricted(plugin, at);
  });
  return { schedulerName, percentageOfNodesToScore, plugins, weights: choice.weights };
}

/** A module exports, as `plugin` or by default, the plugin or a function that makes it. */
function pluginIn(module: unknown, name: string, args: unknown): Plugin {
  const exports = (module ?? {}) as { readonly plugin?: unknown; readonly default?: unknown };
  const exported = exports.plugin ?? exports.default;
  const plugin: unknown = typeof exported === "function" ? madeBy(exported, name, args) : exported;
  if (!isPlugin(plugin))
    throw new Error(
      `plugin ${name}: its module must export "plugin": a plugin, or a function that makes one`,
    );
  if (plugin.name !== name)
    throw new Error(`plugin ${name}: its module calls itself ${plugin.name}`);
  return plugin;
}

function madeBy(maker: object, name: string, args: unknown): unknown {
  try {
    return (maker as (args: unknown, kit: PluginKit) => unknown)(args, pluginKit);
  } catch (cause) {
    const why = messageOf(cause);
    throw new Error(`plugin ${name}: ${why}`, { cause });
  }
}
