/**
 * What happens to a request, from top to bottom. Each stage is one file with one function; it
 * answers itself or passes the request on to the next.
 */
import { ApiError } from "#api/errors.ts";
import type { ApiHandler, ApiRequest, User } from "#api/request.ts";
import type { AuthenticationMetrics } from "./authn/metrics.ts";
import type { Context, Next, Stage } from "./context.ts";
import type { Fairness } from "./fairness/fairness.ts";
import type { WaitTimes } from "./fairness/metrics.ts";
import type { KindRegistry } from "./kinds.ts";
import type { ServerMetrics } from "./metrics.ts";
import type { ServerPorts } from "./ports.ts";
import { audit, auditRefusals } from "./stages/audit.ts";
import { authenticate } from "./stages/authenticate.ts";
import { authorize } from "./stages/authorize.ts";
import { impersonate } from "./stages/impersonate.ts";
import { limit } from "./stages/limit.ts";
import { measure } from "./stages/measure.ts";
import { present } from "./stages/present.ts";
import { answerFailure, recover } from "./stages/recover.ts";
import { requestInfoOf } from "./stages/request-info.ts";
import { timeLimit } from "./stages/time-limit.ts";
import { warn } from "./stages/warn.ts";
import type { WatchListTimer } from "./watch-list-times.ts";

export interface PipelineOptions {
  readonly ports: ServerPorts;
  readonly kinds: KindRegistry;
  readonly metrics: ServerMetrics;
  readonly watchLists: WatchListTimer;
  readonly authentication: AuthenticationMetrics;
  readonly fairness: Fairness;
  readonly waited: WaitTimes;
  /** Serves what came through. */
  readonly serve: Next;
}

export const stagesOf = ({ ports, ...options }: PipelineOptions): readonly Stage[] => [
  measure(options, ports.clock),
  warn,
  recover(ports.log),
  ...identify(ports, options.authentication),
  impersonate(ports.authorizer),
  // Whoever acts for another one is counted as that one. As upstream.
  limit({ ...options, clock: ports.clock }),
  authorize(ports.authorizer),
  timeLimit(ports.clock),
  present(ports.clock),
];

/** Who asks; and, where there is an audit log, what becomes of it. */
function identify(
  { authenticator, auditor, log }: ServerPorts,
  metrics: AuthenticationMetrics,
): readonly Stage[] {
  const stage = authenticate(authenticator, metrics);
  if (!auditor) return [stage];
  return [auditRefusals({ auditor, log }, stage), audit({ auditor, log })];
}

export function createPipeline(options: PipelineOptions): ApiHandler {
  const { kinds, ports, serve } = options;
  const run = stagesOf(options).reduceRight<Next>(
    (next, stage) => (context) => stage(context, next),
    serve,
  );
  return (request) => {
    const context = startOf(kinds, request);
    return context instanceof ApiError
      ? Promise.resolve(answerFailure(ports.log, context, request.path))
      : run(context);
  };
}

/** Until authentication has said who it is. */
const nobody: User = Object.freeze({ name: "", groups: Object.freeze([]) });

function startOf(kinds: KindRegistry, request: ApiRequest): Context | ApiError {
  try {
    const info = requestInfoOf(request);
    const served = info.isResource ? kinds.find(info.apiVersion, info.resource) : undefined;
    const warnings: string[] = [];
    const annotations = new Map<string, string>();
    const kind = served?.kind;
    if (!served) return { request, info, user: nobody, kind, kinds, warnings, annotations };
    return { request, info, user: nobody, kind, kinds, warnings, annotations, served };
  } catch (cause) {
    if (cause instanceof ApiError) return cause;
    throw cause;
  }
}
