/** What is accepted in jobs, but probably not meant. upstream: pkg/api/job/warnings.go */
import { podTemplateWarnings } from "#api/core/pod-warnings.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { dnsLabel } from "#api/names.ts";
import { equal } from "#schema/copy.ts";
import type { JobSpec } from "./job.ts";

interface Job {
  readonly metadata: ObjectMeta;
  readonly spec: JobSpec;
}

export function* jobWarnings({ metadata, spec }: Job, old: Job | undefined): Iterable<string> {
  if (!old) yield* nameWarnings(metadata.name ?? "");
  if (!equal(spec, old?.spec)) yield* jobSpecWarnings(spec, "spec");
}

/** Of jobs and cron jobs: pods are named after them. */
export function* nameWarnings(name: string): Iterable<string> {
  const problems = dnsLabel(name);
  if (problems.length === 0) return;
  yield `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(" ")}]`;
}

const manyCompletions = 100_000;
const muchParallelism = 10_000;

export function* jobSpecWarnings(spec: JobSpec, at: string): Iterable<string> {
  const { completionMode, completions = 0, parallelism = 0 } = spec;
  const isMuch = completions > manyCompletions && parallelism > muchParallelism;
  if (completionMode === "Indexed" && isMuch) {
    yield `${at}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`;
  }
  yield* podTemplateWarnings(spec.template, `${at}.template`);
}
