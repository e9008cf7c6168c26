/** Something that a scenario lets happen: a name in the file, how it is read, and what it does. */
import type { Random } from "#base/random.ts";
import type { Cluster } from "../cluster.ts";
import type { NodeHandle } from "../nodes/nodes.ts";
import type { Reader } from "../reading/reader.ts";

/** The cluster that lives through a scenario, as its steps see it. */
export interface Stage {
  readonly cluster: Cluster;
  readonly random: Random;
  /** The text of a file that the scenario names. */
  readonly manifest: (path: string) => Promise<string>;
  /** Calls back when so much time has passed; never after the end. */
  readonly later: (delayMs: number, act: () => Promise<void>) => void;
}

export interface StepDefinition<T> {
  readonly name: string;
  readonly reads: Reader<T>;
  /** The node that it names, which has to be one of the scenario's. */
  readonly nodeIn?: (what: T) => string | undefined;
  /** Resolves with what is to be remembered of it, in a few words. */
  readonly run: (what: T, stage: Stage) => Promise<string>;
}

export const defineStep = <T>(step: StepDefinition<T>): StepDefinition<T> => Object.freeze(step);

/** The node of that name, or one that is on, by chance; undefined when there is none. */
export function pickNode({ cluster, random }: Stage, name?: string): NodeHandle | undefined {
  if (name !== undefined) return cluster.nodes.find((node) => node.name === name);
  const on = cluster.nodes.filter(({ isOn }) => isOn);
  return on[Math.floor(random.next() * on.length)];
}
