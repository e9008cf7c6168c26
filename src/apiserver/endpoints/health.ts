/**
 * `/healthz`, `/livez` and `/readyz`: named checks, one by one or all together.
 * upstream: apiserver/pkg/server/healthz/healthz.go
 */
import type { ApiResponse } from "#api/request.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Context } from "../context.ts";
import { textAnswer } from "../responses.ts";
import { pageNotFound } from "../unserved.ts";

export interface HealthCheck {
  readonly name: string;
  /** Why not; undefined when all is well. */
  readonly problem: () => string | undefined | Promise<string | undefined>;
  /** Only `/readyz` asks: it is no reason to restart the server. */
  readonly isForReadiness?: true;
}

/** Is told how every check went, by the path that asked. */
export type HealthObserver = (name: string, path: string, isWell: boolean) => void;

/** How checks went, for whoever watches the server. */
export function healthMetrics(metrics: Metrics): HealthObserver {
  const state = metrics.gauge(
    "kubernetes_healthcheck",
    "This metric records the result of a single healthcheck.",
    ["name", "type"],
  );
  const total = metrics.counter(
    "kubernetes_healthchecks_total",
    "This metric records the results of all healthcheck.",
    ["name", "status", "type"],
  );
  return (name, path, isWell) => {
    state.with(name, path).set(isWell ? 1 : 0);
    total.with(name, isWell ? "success" : "error", path).inc();
  };
}

const roots = new Set(["healthz", "livez", "readyz"]);

export const isHealthPath = (path: string): boolean => roots.has(path.split("/")[1] ?? "");

export interface Health {
  readonly checks: readonly HealthCheck[];
  readonly observe: HealthObserver;
}

export async function health(
  { checks, observe }: Health,
  { info, request }: Context,
): Promise<ApiResponse> {
  const [root = "", name, ...more] = info.path.split("/").slice(1);
  const mine = checks.filter(({ isForReadiness }) => root === "readyz" || !isForReadiness);
  if (name !== undefined) return one(mine, more.length > 0 ? "" : name);
  const excluded = new Set(request.query.getAll("exclude"));
  const results = await Promise.all(
    mine.map(async (check) => ({ check, problem: await check.problem() })),
  );
  for (const { check, problem } of results)
    if (!excluded.has(check.name)) observe(check.name, root, problem === undefined);
  const lines = results.map(({ check, problem }) => {
    if (excluded.has(check.name)) return `[+]${check.name} excluded: ok`;
    // exact: apiserver; who may see only whether it is well is not told why not.
    return problem === undefined
      ? `[+]${check.name} ok`
      : `[-]${check.name} failed: reason withheld`;
  });
  const isWell = results.every(
    ({ check, problem }) => problem === undefined || excluded.has(check.name),
  );
  if (!isWell) return textAnswer(`${lines.join("\n")}\n${root} check failed\n`, 500);
  return textAnswer(
    request.query.has("verbose") ? `${lines.join("\n")}\n${root} check passed\n` : "ok",
  );
}

async function one(checks: readonly HealthCheck[], name: string): Promise<ApiResponse> {
  const check = checks.find((other) => other.name === name);
  if (!check) return pageNotFound();
  const problem = await check.problem();
  if (problem === undefined) return textAnswer("ok");
  return textAnswer(`internal server error: ${problem}\n`, 500);
}
