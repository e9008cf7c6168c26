/** Everything that is not a resource: discovery, health, metrics, version, OpenAPI. */
import { healthMetrics } from "#base/health-metrics.ts";
import type { ApiResponse } from "#api/request.ts";
import type { Info } from "#api/meta/version.ts";
import { Metrics } from "#base/metrics.ts";
import type { Context } from "../context.ts";
import type { KindRegistry } from "../kinds.ts";
import { methodNotAllowed } from "../refusals.ts";
import { bytesAnswer } from "../responses.ts";
import { componentPages, type ComponentPagesOptions } from "./component-pages.ts";
import { allGroups, discover, type Remotes } from "./discovery.ts";
import { health, type HealthCheck, isHealthPath } from "./health.ts";
import { OpenApi } from "./openapi.ts";
import { nothingAt } from "../unserved.ts";
import { groupPathOf } from "./paths.ts";

/** A path of its own, added by whoever composes the server: `/openid/v1/jwks`. */
export interface Endpoint {
  readonly path: string;
  /** The root does not tell of it. */
  readonly isUnlisted?: true;
  readonly serve: (context: Context) => ApiResponse | Promise<ApiResponse>;
}

export interface EndpointOptions {
  readonly kinds: KindRegistry;
  readonly remotes?: Remotes | undefined;
  readonly version: Info;
  readonly address: () => string;
  readonly checks: readonly HealthCheck[];
  readonly metrics: Metrics;
  readonly endpoints: readonly Endpoint[];
  /** What `/statusz` and `/flagz` tell of besides. */
  readonly component: Omit<ComponentPagesOptions, "paths" | "version">;
}

export function createEndpoints(
  given: EndpointOptions,
): (context: Context) => Promise<ApiResponse> {
  const { kinds, version, checks, metrics, component } = given;
  const pages = componentPages({ ...component, version, paths: () => rootPaths(options) });
  const options: EndpointOptions = { ...given, endpoints: [...given.endpoints, ...pages] };
  const openApi = new OpenApi(kinds, version.gitVersion, options.remotes);
  // Service level indicators are a page of their own, small enough to be read every few seconds: KEP-3466.
  const indicators = new Metrics();
  const observed = { checks, observe: healthMetrics(indicators) };
  const own = new Map(options.endpoints.map((endpoint) => [endpoint.path, endpoint]));
  return async (context) => {
    const { path } = context.info;
    const endpoint = own.get(path);
    if (endpoint) return endpoint.serve(context);
    if (isHealthPath(path)) return health(observed, context);
    if (path === "/") return indented({ paths: rootPaths(options) });
    if (path === "/metrics") return metricsText(metrics);
    if (path === "/metrics/slis") return metricsText(indicators);
    if (path.startsWith("/openapi/")) return openApi.answer(context);
    const found =
      path === "/version" || path === "/version/" ? indented(version) : discover(options, context);
    if (!found) return nothingAt(context);
    // As upstream: the others do not look at it.
    if (!reading.has(context.info.verb)) throw methodNotAllowed();
    return found;
  };
}

const reading: ReadonlySet<string> = new Set(["get", "head"]);

/** People read these two: whoever asks, they come indented. upstream: responsewriters.WriteRawJSON */
const indented = (value: object): ApiResponse =>
  bytesAnswer(Buffer.from(JSON.stringify(value, undefined, 2)), "application/json");

async function metricsText(metrics: Metrics): Promise<ApiResponse> {
  return bytesAnswer(Buffer.from(await metrics.text()), metrics.contentType);
}

function rootPaths(options: EndpointOptions): readonly string[] {
  const { checks, endpoints } = options;
  const groups = allGroups(options).flatMap(({ group, versions }) => [
    ...(group === "" ? [] : [`/apis/${group}`]),
    ...versions.map(groupPathOf),
  ]);
  const named = checks.flatMap(({ name, isForReadiness }) => [
    ...(isForReadiness ? [] : [`/healthz/${name}`, `/livez/${name}`]),
    `/readyz/${name}`,
  ]);
  const fixed = "/api /apis /healthz /livez /metrics /metrics/slis /openapi/v2 /openapi/v3".split(
    " ",
  );
  const own = endpoints.filter(({ isUnlisted }) => !isUnlisted).map(({ path }) => path);
  return [...fixed, "/readyz", "/version", ...groups, ...named, ...own].toSorted();
}
