/**
 * A scenario file: the nodes of a cluster, what containers do, and what happens when. A mistake is
 * pointed at, and nothing is run.
 */
import { ConfigurationError } from "#base/configuration.ts";
import { didYouMean } from "#base/nearest.ts";
import { parseKubelet } from "#kubelet/configuration.ts";
import type { At, Placed } from "#base/yaml-places.ts";
import type { Behaviour } from "../nodes/behaviour.ts";
import type { NodeOptions } from "../nodes/machine.ts";
import type { Span } from "../nodes/span.ts";
import { behaviourRules } from "../behaviours/rules.ts";
import {
  expected,
  integer,
  list,
  map,
  oneOf,
  optional,
  readFile,
  type Reader,
  record,
  type Report,
  required,
  text,
  unknownName,
} from "../reading/reader.ts";
import { duration, quantity, span } from "../reading/values.ts";
import type { StepDefinition } from "./definition.ts";
import * as catalog from "./steps/catalog.ts";

const definitions = Object.values(catalog) as unknown as readonly StepDefinition<unknown>[];

export interface Scenario {
  readonly seed: number;
  readonly durationMs: number;
  readonly sampleMs: number;
  readonly nodes: readonly NodeOptions[];
  readonly behaviours: readonly Behaviour[];
  readonly steps: readonly PlannedStep[];
}

export interface PlannedStep {
  readonly at: number;
  /** Again and again, so long after the last time. */
  readonly every?: Span;
  readonly until?: number;
  readonly definition: StepDefinition<unknown>;
  readonly what: unknown;
  readonly place: At;
}

const taint = map("a taint", {
  key: required(text),
  value: optional(text),
  effect: required(oneOf(["NoSchedule", "PreferNoSchedule", "NoExecute"])),
});

/** Its own reader finds what is wrong, and tells it by path. */
const kubeletConfig: Reader<string> = (placed, report) => {
  const content = text(placed, report);
  try {
    if (content !== undefined) parseKubelet(content);
    return content;
  } catch (cause) {
    const { line, column } = placed;
    if (!(cause instanceof ConfigurationError)) throw cause;
    report({ line, column, message: `not a KubeletConfiguration: ${cause.problems.join("; ")}` });
    return undefined;
  }
};

const nodeGroup = map("a group of nodes", {
  name: optional(text),
  count: optional(integer(1)),
  zones: optional(list(text)),
  labels: optional(record(text)),
  taints: optional(list(taint)),
  kubeletConfig: optional(kubeletConfig),
  capacity: optional(
    map("a capacity", {
      cpu: optional(quantity),
      memory: optional(quantity),
      disk: optional(quantity),
      pods: optional(integer(1)),
      processes: optional(integer(1)),
    }),
  ),
});

type NodeGroup = NonNullable<ReturnType<typeof nodeGroup>>;

const times = {
  at: optional(duration),
  every: optional(span),
  until: optional(duration),
};

const stepNames = definitions.map(({ name }) => name);

/** Its times, and exactly one thing to do. */
const step: Reader<PlannedStep> = (placed, report) => {
  if (placed.is !== "map") return expected("a step, a map", placed, report);
  const isTime = ({ name }: { readonly name: string }): boolean => name in times;
  const [doing, ...more] = placed.entries.filter((entry) => !isTime(entry));
  const when = map("a step", times)({ ...placed, entries: placed.entries.filter(isTime) }, report);
  if (!doing) return needs(placed, report, `a step needs one of ${stepNames.join(", ")}`);
  for (const { name, at } of more)
    report({ ...at, message: `a step does one thing: ${JSON.stringify(name)} needs its own step` });
  const definition = definitions.find(({ name }) => name === doing.name);
  if (!definition) {
    const names = [...Object.keys(times), ...stepNames];
    report({ ...doing.at, message: unknownName("a step", doing.name, names) });
    return undefined;
  }
  const what = definition.reads(doing.value, report);
  if (!when || what === undefined || more.length > 0) return undefined;
  const { at = 0, ...again } = when;
  const { line, column } = doing.value;
  return { at, ...again, definition, what, place: { line, column } };
};

function needs({ line, column }: Placed, report: Report, message: string): undefined {
  report({ line, column, message });
}

/** Two nodes of one name would be one. */
const nodes: Reader<readonly NodeOptions[]> = (placed, report) => {
  const groups = list(nodeGroup)(placed, report);
  const all = groups?.flatMap(nodesOf);
  const names = new Set(all?.map(({ name }) => name));
  if (all && names.size === all.length) return all;
  if (all) needs(placed, report, "two nodes have the same name: give the groups names");
  return undefined;
};

const scenario = map("a scenario", {
  seed: optional(integer(0)),
  duration: required(duration),
  sample: optional(duration),
  nodes: required(nodes),
  behaviours: optional(behaviourRules),
  steps: optional(list(step)),
});

/** Steps may name nodes: those of the scenario, and no others. */
const whole: typeof scenario = (placed, report) => {
  const read = scenario(placed, report);
  const names = read?.nodes.map(({ name = "" }) => name) ?? [];
  let isWhole = true;
  for (const { definition, what, place } of read?.steps ?? []) {
    const name = definition.nodeIn?.(what);
    if (name === undefined || names.includes(name)) continue;
    const hint = didYouMean(name, names);
    report({ ...place, message: `there is no node ${JSON.stringify(name)}${hint}` });
    isWhole = false;
  }
  return isWhole ? read : undefined;
};

const samplesWanted = 240;
const sampleMsMin = 10_000;

/** Throws `FileProblems`. */
export function readScenario(file: string, content: string): Scenario {
  const read = readFile(file, content, whole);
  const { seed = 1, duration: durationMs, behaviours = [], steps = [] } = read;
  return {
    seed,
    durationMs,
    sampleMs: read.sample ?? Math.max(Math.round(durationMs / samplesWanted), sampleMsMin),
    nodes: read.nodes,
    behaviours,
    steps,
  };
}

function nodesOf({ name = "node", count = 1, zones, ...rest }: NodeGroup): NodeOptions[] {
  return Array.from({ length: count }, (_, i): NodeOptions => {
    const zone = zones?.[i % zones.length];
    return {
      ...rest,
      name: count === 1 ? name : `${name}-${i + 1}`,
      ...(zone ? { zone } : {}),
    };
  });
}
