/**
 * Scores that count upwards from zero, brought between 0 and 100.
 * upstream: pkg/scheduler/framework/plugins/helper/normalize_score.go
 */
import { PluginFailed } from "./trace.ts";

export function normalizeHigh(scores: Float64Array): void {
  const highest = highestOf(scores);
  if (highest === 0) return;
  for (let i = 0; i < scores.length; i++)
    scores[i] = Math.trunc((100 * (scores[i] ?? 0)) / highest);
}

/** The lower the better. */
export function normalizeLow(scores: Float64Array): void {
  const highest = highestOf(scores);
  for (let i = 0; i < scores.length; i++)
    scores[i] = highest === 0 ? 100 : 100 - Math.trunc((100 * (scores[i] ?? 0)) / highest);
}

function highestOf(scores: Float64Array): number {
  let highest = 0;
  for (const score of scores) if (score > highest) highest = score;
  return highest;
}

/** The score itself, when it is one. exact: kube-scheduler */
export function checkScore(plugin: string, score: number): number {
  if (score >= 0 && score <= 100) return score;
  const name = JSON.stringify(plugin);
  throw new PluginFailed(
    `applying score defaultWeights on Score plugins: plugin ${name} returns an invalid score ${score}, it should in the range of [0, 100] after normalizing`,
  );
}
