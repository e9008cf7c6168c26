/**
 * The scheduler's configuration file, as upstream's (`kubescheduler.config.k8s.io/v1`), read strictly:
 * everything that is wrong is told at once, by its path. Plugins of third parties are modules that
 * the file names in `pluginModules`.
 * differs: `pluginModules` is ours.
 */
import { defaultGates } from "#api/feature-gates.ts";
import type { BackoffOptions } from "#base/backoff.ts";
import { seconds } from "#base/clock.ts";
import { readConfiguration, type Section } from "#base/configuration.ts";
import { messageOf } from "#base/failure.ts";
import { isPlugin, type Plugin, type PluginKit, pluginKit } from "../plugin.ts";
import type { Profile } from "../profile.ts";
import type { ExtenderSettings } from "../extenders/settings.ts";
import { checkWithoutMeaning } from "./without-meaning.ts";
import { type ExtenderText, extendersIn, type ReadText, settingsOf } from "./extenders.ts";
import { restricted } from "./profile-plugins.ts";
import { type InTree, inTreeWith, percentageIn, profilesIn, type ProfileText } from "./profiles.ts";

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

interface File {
  readonly inTree: InTree;
  readonly modules: readonly ModuleName[];
  readonly profiles: readonly ProfileText[];
  readonly backoff: BackoffOptions;
  readonly extenders: readonly ExtenderText[];
}

const noFiles: ReadText = () => Promise.resolve(undefined);

export interface Circumstances {
  /** For files that the file names. */
  readonly read?: ReadText;
  readonly gates?: typeof defaultGates;
}

/** Throws ConfigurationError, or what is wrong with a module, by the plugin's name. */
export async function loadConfiguration(
  text: string,
  load: LoadModule,
  { read = noFiles, gates = defaultGates }: Circumstances = {},
): Promise<SchedulerConfiguration> {
  const { inTree, modules, profiles, backoff, extenders } = parseConfiguration(text, gates);
  const loaded = new Map<string, unknown>();
  for (const one of modules) loaded.set(one.name, await loadModule(one, load));
  return {
    backoff,
    profiles: profiles.map((profile) => profileOf(profile, inTree, loaded)),
    extenders: await Promise.all(extenders.map((one) => settingsOf(one, read))),
  };
}

const expected = {
  apiVersions: ["kubescheduler.config.k8s.io/v1"],
  kind: "KubeSchedulerConfiguration",
};

export const parseConfiguration = (text: string, gates = defaultGates): File =>
  readConfiguration(text, expected, (file) => {
    checkWithoutMeaning(file);
    const inTree = inTreeWith(gates);
    const extenders = extendersIn(file);
    const modules = file.sections("pluginModules").map((one) => moduleIn(one, inTree));
    const profiles = profilesIn(file, {
      inTree,
      modules: new Set(modules.map(({ name }) => name)),
      percentage: percentageIn(file) ?? 0,
      ignored: new Set(extenders.flatMap((one) => one.ignored)),
    });
    return { inTree, modules, profiles, backoff: backoffIn(file), extenders };
  });

function moduleIn(section: Section, inTree: InTree): ModuleName {
  const name = section.requiredText("name");
  if (inTree.has(name)) section.invalid("name", "there is already a plugin of this name");
  return { name, module: section.requiredText("module") };
}

function backoffIn(file: Section): BackoffOptions {
  const first = file.integer("podInitialBackoffSeconds") ?? 1;
  const max = file.integer("podMaxBackoffSeconds") ?? 10;
  // exact: kube-scheduler
  if (first <= 0) file.invalid("podInitialBackoffSeconds", "must be greater than 0");
  if (max < first)
    file.invalid(
      "podMaxBackoffSeconds",
      "must be greater than or equal to PodInitialBackoffSeconds",
    );
  return { firstMs: seconds(first), maxMs: seconds(max) };
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
  inTree: InTree,
  loaded: ReadonlyMap<string, unknown>,
): Profile {
  const plugins = [...choice.enabled].map(([name, at]) => {
    const plugin =
      made.get(name) ?? inTree.get(name) ?? pluginIn(loaded.get(name), name, args.get(name));
    return restricted(plugin, at);
  });
  checkCounts(schedulerName, plugins);
  return { schedulerName, percentageOfNodesToScore, plugins, weights: choice.weights };
}

/** What the file alone does not tell: modules may sort and bind too. exact: kube-scheduler */
function checkCounts(schedulerName: string, plugins: readonly Plugin[]): void {
  const profile = `profile with scheduler name ${JSON.stringify(schedulerName)}`;
  const sorting = plugins.filter(({ queueSort }) => queueSort).length;
  if (sorting !== 1)
    throw new Error(`only one queue sort plugin required for ${profile}, but got ${sorting}`);
  if (!plugins.some(({ bind }) => bind))
    throw new Error(`at least one bind plugin is needed for ${profile}`);
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
