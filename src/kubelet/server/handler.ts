/**
 * The kubelet's own server: the API server asks it for logs, exec, attach and port-forward;
 * monitoring asks it for numbers.
 * upstream: pkg/kubelet/server/server.go
 */
import { Pod } from "#api/core/pod.ts";
import { messageOf } from "#base/failure.ts";
import { healthMetrics, type HealthObserver } from "#base/health-metrics.ts";
import type { HttpHandler, HttpRequest, HttpResponse } from "#base/http.ts";
import { Metrics } from "#base/metrics.ts";
import { countRequest } from "../numbers/requests.ts";
import { findLatest, nothingRuns, runningContainers } from "../pod/observed.ts";
import { findContainer } from "../pod/pod-containers.ts";
import { Access } from "./access.ts";
import { json, Refusal, text } from "./answers.ts";
import { cadvisorMetrics } from "./cadvisor/cadvisor-metrics.ts";
import type { ServedPod, ServedPods, ServerFacts } from "./facts.ts";
import { componentPages, type Page } from "./component-pages.ts";
import { containerLogs } from "./logs.ts";
import { NodeNumbers } from "./node-numbers.ts";
import { resourceMetrics } from "./resource-metrics.ts";
import { attach, exec, portForward } from "./streams.ts";
import { unknownSwap } from "./swap.ts";
import { type Target, targetOf } from "./target.ts";
import { volumeMetrics } from "./volume-metrics.ts";

type Answer = Promise<HttpResponse | undefined>;

export function createHandler(facts: ServerFacts): HttpHandler {
  const { workshop, nodeName } = facts;
  const access = new Access({ client: workshop.client, clock: workshop.clock, nodeName });
  const numbers = new NodeNumbers(facts);
  const indicators = new Metrics();
  const observe = healthMetrics(indicators);
  const pages = componentPages(facts);
  const routed: Routed = { ...facts, numbers, indicators, observe, pages };
  return async (request) => {
    try {
      const target = targetOf(request.target);
      await access.check(request, target.path);
      return await route(routed, request, target);
    } catch (error) {
      if (error instanceof Refusal) return text(error.message, error.status);
      const [path] = request.target.split("?", 1);
      workshop.log.warn("request failed", { path, cause: String(error) });
      return text(messageOf(error), 500);
    }
  };
}

interface Routed extends ServerFacts {
  readonly numbers: NodeNumbers;
  /** How checks of health went. */
  readonly indicators: Metrics;
  readonly observe: HealthObserver;
  readonly pages: Readonly<Record<string, Page>>;
}

/** The machine-readable table of what is served where. */
function route(facts: Routed, request: HttpRequest, { parts, query }: Target): Answer {
  const [first = "", ...rest] = parts;
  const name = rest[0] && grouped.has(first) ? `${first}/${rest[0]}` : first;
  const handle = routes[name];
  return countRequest(facts.workshop, { request, route: handle ? name : "other" }, async () => {
    if (!handle) throw notFound();
    return handle(facts, request, { parts: rest, query });
  });
}

const grouped: ReadonlySet<string> = new Set(["metrics", "stats"]);

interface Asked {
  /** Of the path, after the first one. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

type Handle = (facts: Routed, request: HttpRequest, asked: Asked) => Answer;

const routes: Readonly<Record<string, Handle>> = {
  healthz: async ({ observe }) => {
    checkHealth(observe);
    return text("ok");
  },
  pods: async ({ pods }) => json(podList([...pods.workers])),
  runningpods: async ({ pods }) => json(podList([...pods.workers].filter(runs))),
  containerLogs: async ({ workshop, pods }, request, { parts, query }) => {
    const [namespace = "", name = "", container = ""] = parts;
    const worker = getWorker(pods, namespace, name);
    return containerLogs({ workshop, worker, container, query }, request);
  },
  exec: async (facts, request, { parts, query }) => {
    const { id } = getContainer(facts.pods, parts);
    return exec(facts.workshop, request, { id, query });
  },
  attach: async (facts, request, { parts, query }) => {
    const { id, tty } = getContainer(facts.pods, parts);
    return attach(facts.workshop, request, { id, query, tty });
  },
  portForward: async ({ workshop, pods }, request, { parts, query }) => {
    const [namespace = "", name = ""] = parts;
    const sandbox = getWorker(pods, namespace, name).state.runtime?.sandboxes[0];
    if (!sandbox?.isReady)
      throw new Refusal(404, `pod not found (${JSON.stringify(`${name}_${namespace}`)})`);
    return portForward(workshop, request, { id: sandbox.id, query });
  },
  statusz: async ({ pages }, request) => pageOf(pages, "statusz", request),
  flagz: async ({ pages }, request) => pageOf(pages, "flagz", request),
  "stats/summary": async ({ numbers }, _, { query }) =>
    json(await numbers.summary(query.get("only_cpu_and_memory") === "true")),
  "metrics/resource": async ({ numbers, workshop }) => {
    const reading = Promise.all([numbers.usage(), numbers.swap()]);
    const [usage, swapOf] = (await orLogged(workshop, reading)) ?? [undefined, unknownSwap];
    return metrics(resourceMetrics(usage, swapOf));
  },
  "metrics/cadvisor": async ({ numbers, machine, workshop }) =>
    metrics(cadvisorMetrics(await orLogged(workshop, numbers.details()), machine())),
  "metrics/slis": async ({ indicators, observe }) => {
    // Where nobody else asks for the kubelet's health, who watches it does.
    checkHealth(observe);
    return metrics(await indicators.text());
  },
  "metrics/probes": async ({ workshop }) => metrics((await workshop.probeMetrics?.text()) ?? ""),
  metrics: async ({ workshop, pods }) => {
    const ofVolumes = await volumeMetrics(pods.workers, workshop.disk);
    return metrics((await workshop.metrics.text()) + ofVolumes);
  },
};

function pageOf(pages: Routed["pages"], name: string, request: HttpRequest): HttpResponse {
  const page = pages[name];
  if (!page) throw notFound();
  return page(request);
}

const notFound = (): Refusal => new Refusal(404, "404 page not found\n");

/** Whoever gets an answer at all has found it well. exact: apiserver's ping */
const checkHealth = (observe: HealthObserver): void => observe("ping", "healthz", true);

/** Undefined when it fails: scrapes tell of that in their own way. */
async function orLogged<T>(
  { log }: ServerFacts["workshop"],
  reading: Promise<T>,
): Promise<T | undefined> {
  try {
    return await reading;
  } catch (cause) {
    log.warn("what the node uses could not be read", { cause: String(cause) });
    return undefined;
  }
}

const metrics = (body: string): HttpResponse =>
  text(body, 200, "text/plain; version=0.0.4; charset=utf-8");

const runs = ({ state }: ServedPod): boolean =>
  runningContainers(state.runtime ?? nothingRuns).length > 0;

const podList = (workers: readonly ServedPod[]): object => ({
  kind: Pod.listKind,
  apiVersion: Pod.apiVersion,
  metadata: {},
  items: workers.flatMap(({ state }) => (state.pod ? [state.pod] : [])),
});

function getWorker(pods: ServedPods, namespace: string, name: string): ServedPod {
  const worker = pods.findByName(namespace, name);
  if (!worker) throw new Refusal(404, `pod ${JSON.stringify(name)} not found\n`); // exact: kubelet
  return worker;
}

/** From `{namespace}/{pod}/{container}`, with or without the uid before the container. */
function getContainer(pods: ServedPods, parts: readonly string[]) {
  const [namespace = "", name = ""] = parts;
  const container = parts.at(-1) ?? "";
  const { pod, runtime } = getWorker(pods, namespace, name).state;
  const instance = findLatest(runtime ?? nothingRuns, container);
  const found = pod && findContainer(pod, container);
  // exact: kubelet
  if (instance?.state !== "running")
    throw new Refusal(404, `container not found (${JSON.stringify(container)})`);
  return { id: instance.id, tty: found?.container.tty ?? false };
}
