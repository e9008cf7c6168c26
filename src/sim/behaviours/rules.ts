/** Rules for containers as they stand in files: whom they are about, and what those do. */
import type { Behaviour, Match } from "../nodes/behaviour.ts";
import {
  type Field,
  list,
  map,
  optional,
  type Reader,
  readFile,
  record,
  text,
} from "../reading/reader.ts";
import * as catalog from "./catalog.ts";
import type { BehaviourDefinition } from "./definition.ts";

const definitions = Object.values(catalog) as unknown as readonly BehaviourDefinition[];

const match: Reader<Match> = map("a match", {
  image: optional(text),
  labels: optional(record(text)),
  annotations: optional(record(text)),
  container: optional(text),
  namespace: optional(text),
  node: optional(text),
});

const fields: Readonly<Record<string, Field<unknown>>> = {
  match: optional(match),
  ...Object.fromEntries(definitions.map(({ name, reads }) => [name, optional<unknown>(reads)])),
};

const rule: Reader<Behaviour> = (placed, report) => {
  const read = map("a behaviour", fields)(placed, report);
  if (!read) return undefined;
  const fieldOf = new Map<string, string>(definitions.map(({ name, field }) => [name, field]));
  const named = Object.entries(read).map(([name, value]) => [fieldOf.get(name) ?? name, value]);
  return Object.fromEntries(named) as Behaviour;
};

export const behaviourRules: Reader<readonly Behaviour[]> = list(rule);

/** A file of nothing but rules. Throws `FileProblems`. */
export const readBehaviours = (file: string, content: string): readonly Behaviour[] =>
  readFile(file, content, behaviourRules);
