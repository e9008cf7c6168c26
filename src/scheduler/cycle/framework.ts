/** A profile, sorted by extension point: what the cycle runs through. */
import type { Plugin, Refusal } from "../plugin.ts";
import type { Profile } from "../profile.ts";
import type { Finding } from "./verdicts.ts";

/** A plugin at one extension point. */
export interface Step {
  readonly plugin: Plugin;
  /** Its place among the steps whose answers are remembered, or among the others. */
  readonly at: number;
  readonly evaluations: Evaluations;
}

/** How often the plugin was asked. */
export interface Evaluations {
  /** By its preFilter, or its preScore, unless it had nothing to say. */
  prepared: number;
  /** By its filter, or its score: once per node. */
  asked: number;
}

const noEvaluations = (): Evaluations => ({ prepared: 0, asked: 0 });

export interface ScoreStep extends Step {
  readonly weight: number;
}

/** Local steps look at one node and the pod's shape, wide ones at the whole cluster. */
interface Steps<S> {
  readonly local: readonly S[];
  readonly wide: readonly S[];
}

export class Framework {
  readonly profile: Profile;
  readonly preEnqueue: readonly Plugin[];
  readonly filters: Steps<Step>;
  readonly postFilters: readonly Plugin[];
  readonly scores: Steps<ScoreStep>;
  readonly reserves: readonly Plugin[];
  readonly permits: readonly Plugin[];
  readonly preBinds: readonly Plugin[];
  readonly binds: readonly Plugin[];
  readonly postBinds: readonly Plugin[];
  /** That every node refuses a pod depends on nothing but the pod and the snapshot. */
  readonly isRepeatable: boolean;
  readonly #findings = new WeakMap<Refusal, Finding>();

  constructor(profile: Profile) {
    this.profile = profile;
    const { plugins, weights = {} } = profile;
    this.preEnqueue = plugins.filter(({ preEnqueue }) => preEnqueue);
    this.filters = stepsOf(
      plugins.filter(({ preFilter, filter }) => preFilter ?? filter),
      (plugin, at) => ({ plugin, at, evaluations: noEvaluations() }),
    );
    this.postFilters = plugins.filter(({ postFilter }) => postFilter);
    this.scores = stepsOf(
      plugins.filter(({ name, score }) => score && weights[name] !== 0),
      (plugin, at) => ({
        plugin,
        at,
        evaluations: noEvaluations(),
        weight: weights[plugin.name] ?? 1,
      }),
    );
    this.reserves = plugins.filter(({ reserve, unreserve }) => reserve ?? unreserve);
    this.permits = plugins.filter(({ permit }) => permit);
    this.preBinds = plugins.filter(({ preBind }) => preBind);
    this.binds = plugins.filter(({ bind }) => bind);
    this.postBinds = plugins.filter(({ postBind }) => postBind);
    this.isRepeatable = [
      ...this.filters.wide.map(({ plugin }) => plugin),
      ...this.postFilters,
    ].every(({ dependsOn }) => dependsOn === "node" || dependsOn === "cluster");
  }

  get name(): string {
    return this.profile.schedulerName;
  }

  /** One object for each refusal, so that findings can be told apart quickly. */
  findingOf(plugin: string, refusal: Refusal): Finding {
    const known = this.#findings.get(refusal);
    if (known?.plugin === plugin) return known;
    const finding = { plugin, refusal };
    this.#findings.set(refusal, finding);
    return finding;
  }
}

function stepsOf<S>(plugins: readonly Plugin[], make: (plugin: Plugin, at: number) => S): Steps<S> {
  return {
    local: plugins.filter(isLocal).map(make),
    wide: plugins.filter((plugin) => !isLocal(plugin)).map(make),
  };
}

const isLocal = ({ dependsOn }: Plugin): boolean => dependsOn === "node";
