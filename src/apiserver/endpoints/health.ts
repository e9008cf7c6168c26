/**
 * `/healthz`, `/livez` and `/readyz`: named checks, one by one or all together.
 * upstream: apiserver/pkg/server/healthz/healthz.go
 */
import type { ApiResponse } from "#api/request.ts";
import type { HealthObserver } from "#base/health-metrics.ts";
import type { Context } from "../context.ts";
import { plainError, textAnswer } from "../responses.ts";
import { pageNotFound } from "../unserved.ts";

export interface HealthCheck {
  readonly name: string;
  /** Why not; undefined when all is well. */
  readonly problem: () => string | undefined | Promise<string | undefined>;
  /** Only `/readyz` asks: it is no reason to restart the server. */
  readonly isForReadiness?: true;
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
  if (!isWell) return plainError(`${lines.join("\n")}\n${root} check failed\n`, 500);
  return textAnswer(
    request.query.has("verbose") ? `${lines.join("\n")}\n${root} check passed\n` : "ok",
  );
}

async function one(checks: readonly HealthCheck[], name: string): Promise<ApiResponse> {
  const check = checks.find((other) => other.name === name);
  if (!check) return pageNotFound();
  const problem = await check.problem();
  if (problem === undefined) return textAnswer("ok");
  return plainError(`internal server error: ${problem}\n`, 500);
}
