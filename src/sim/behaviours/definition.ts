/** One thing that containers can be told to do: its name in files, and how it is read there. */
import type { Behaviour } from "../nodes/behaviour.ts";
import type { Reader } from "../reading/reader.ts";

/** What code says as a function cannot be said in a file. */
export type Written = Exclude<keyof Behaviour, "match" | "exec">;

export interface BehaviourDefinition<K extends Written = Written> {
  /** In files, where durations carry their unit. */
  readonly name: string;
  readonly field: K;
  readonly reads: Reader<NonNullable<Behaviour[K]>>;
}

export const defineBehaviour = <const K extends Written>(
  definition: BehaviourDefinition<K>,
): BehaviourDefinition<K> => Object.freeze(definition);
