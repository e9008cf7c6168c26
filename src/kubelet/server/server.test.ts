import { deepEqual, equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "#base/clock.ts";
import type { HttpHeaders, HttpRequest } from "#base/http.ts";
import { VirtualClock } from "#sim/clock.ts";
import { MemoryClient } from "../testing.ts";
import { Access } from "./access.ts";
import { instanceOf } from "./logs.ts";
import { resourceMetrics } from "./resource-metrics.ts";
import type { Usage } from "./stats.ts";
import { noSwap, unknownSwap } from "./swap.ts";
import { targetOf } from "./target.ts";
import { familiesIn } from "./testing.ts";

test("what a request asks for is told from its URL, or refused", () => {
  const { path, parts, query } = targetOf("/containerLogs/team/web%2D1/app?tailLines=3");
  equal(path, "/containerLogs/team/web%2D1/app");
  deepEqual(parts, ["containerLogs", "team", "web-1", "app"]);
  equal(query.get("tailLines"), "3");
  for (const broken of ["/pods/%zz", "//"])
    throws(() => targetOf(broken), { name: "Refusal", status: 400 });
});

interface Review {
  readonly spec: {
    readonly uid?: string;
    readonly extra?: object;
    readonly user?: string;
    readonly token?: string;
    readonly resourceAttributes?: { readonly verb: string; readonly subresource: string };
  };
}

const scraper = { username: "scraper", groups: ["g"], uid: "u1", extra: { a: ["b"] } };

function world(allows: (user: string, verb: string, subresource: string) => boolean) {
  const asked: string[] = [];
  const client = new MemoryClient(({ subresource }, object) => {
    const { spec } = object as Review;
    if (subresource === "tokenreviews") {
      asked.push(`token ${spec.token}`);
      const isKnown = spec.token === "good";
      return { status: { authenticated: isKnown, user: scraper } };
    }
    const { verb = "", subresource: part = "" } = spec.resourceAttributes ?? {};
    if (spec.user === "scraper") deepEqual([spec.uid, spec.extra], [scraper.uid, scraper.extra]);
    asked.push(`${spec.user} ${verb} nodes/${part}`);
    return { status: { allowed: allows(spec.user ?? "", verb, part) } };
  });
  const clock = new VirtualClock();
  return { access: new Access({ client, clock, nodeName: "n1" }), asked, clock };
}

const request = (method: string, user?: string, headers: HttpHeaders = {}): HttpRequest => ({
  method,
  target: "/",
  headers,
  peer: {
    address: "10.0.0.1",
    ...(user
      ? {
          certificate: {
            commonName: user,
            organizations: [],
            raw: new Uint8Array(),
            notAfterMs: 0,
          },
        }
      : {}),
  },
  signal: new AbortController().signal,
  body: async () => new Uint8Array(),
  bodyStream: async function* () {},
});

const outcome = async (access: Access, asked: HttpRequest, path: string): Promise<string> => {
  try {
    await access.check(asked, path);
    return "ok";
  } catch (error) {
    return `${(error as { status: number }).status} ${(error as Error).message}`;
  }
};

for (const [path, method, asks] of [
  ["/exec/default/web/app", "POST", ["me create nodes/proxy"]],
  ["/containerLogs/default/web/app", "GET", ["me get nodes/proxy"]],
  ["/metrics/resource", "GET", ["me get nodes/metrics"]],
  ["/stats/summary", "GET", ["me get nodes/stats"]],
  ["/pods", "GET", ["me get nodes/pods", "me get nodes/proxy"]],
  ["/runningpods/", "GET", ["me get nodes/pods", "me get nodes/proxy"]],
  ["/healthz", "GET", ["me get nodes/healthz", "me get nodes/proxy"]],
  ["/configz", "GET", ["me get nodes/configz", "me get nodes/proxy"]],
  ["/logs/syslog", "GET", ["me get nodes/log"]],
  ["/statusz", "GET", ["me get nodes/statusz"]],
  ["/flagz", "GET", ["me get nodes/configz"]],
  ["/checkpoint/default/web/app", "POST", ["me create nodes/checkpoint"]],
] as const) {
  test(`${method} ${path} needs ${asks.join(" or ")}`, async () => {
    const { access, asked } = world(() => false);
    match(await outcome(access, request(method, "me"), path), /^403 Forbidden \(user=me/);
    deepEqual(asked, asks);
  });
}

test("decisions are remembered: permissions longer than refusals", async () => {
  const { access, asked, clock } = world((user) => user === "good");
  for (const user of ["good", "bad"]) {
    await outcome(access, request("GET", user), "/metrics");
    await outcome(access, request("GET", user), "/metrics");
  }
  equal(asked.length, 2);
  await clock.advance(seconds(31));
  await outcome(access, request("GET", "bad"), "/metrics");
  await outcome(access, request("GET", "good"), "/metrics");
  equal(asked.length, 3);
  await clock.advance(minutes(5));
  await outcome(access, request("GET", "good"), "/metrics");
  equal(asked.length, 4);
});

test("without a certificate a token has to say who it is", async () => {
  const { access } = world((user) => user === "scraper");
  const withToken = (token: string) =>
    request("GET", undefined, { authorization: `Bearer ${token}` });
  equal(await outcome(access, request("GET"), "/metrics"), "401 Unauthorized");
  equal(await outcome(access, withToken("bad"), "/metrics"), "401 Unauthorized");
  equal(await outcome(access, withToken("good"), "/metrics"), "ok");
});

const names = 'container "app" in pod "web"';
const blank = { name: "app", ready: false, restartCount: 0, image: "", imageID: "", lastState: {} };
const ended = (id: string) => ({
  terminated: { exitCode: 0, startedAt: null, finishedAt: null, containerID: `containerd://${id}` },
});

for (const [what, status, isPrevious, id] of [
  [
    "one that runs",
    { state: { running: { startedAt: null } }, containerID: "containerd://now" },
    false,
    "now",
  ],
  ["one that has ended", { state: ended("done") }, false, "done"],
  [
    "one that waits for its next start",
    { state: { waiting: {} }, lastState: ended("old") },
    false,
    "old",
  ],
  [
    "the one before",
    {
      state: { running: { startedAt: null } },
      containerID: "containerd://now",
      lastState: ended("old"),
    },
    true,
    "old",
  ],
] as const) {
  test(`the log of ${what}`, () => {
    equal(instanceOf({ ...blank, ...status }, names, isPrevious), id);
  });
}

for (const [what, status, isPrevious, message] of [
  ["there is no status", undefined, false, `${names} is not available`],
  [
    "there was none before",
    { state: { running: { startedAt: null } } },
    true,
    `previous terminated ${names} not found`,
  ],
  [
    "it is being made",
    { state: { waiting: { reason: "ContainerCreating" } } },
    false,
    `${names} is waiting to start: ContainerCreating`,
  ],
  [
    "its image is missing",
    { state: { waiting: { reason: "ImagePullBackOff" } } },
    false,
    `${names} is waiting to start: trying and failing to pull image`,
  ],
] as const) {
  test(`there is no log while ${what}`, () => {
    const given = status && { ...blank, ...status };
    throws(() => instanceOf(given, names, isPrevious), { status: 400, message });
  });
}

const usage: Usage = {
  atMs: 5,
  node: { cpuNanoseconds: 2e9, memoryBytes: 9, workingSetBytes: 7 },
  pods: [
    {
      namespace: "default",
      name: "web",
      uid: "u",
      startedAtMs: 0,
      usage: { cpuNanoseconds: 1e9, memoryBytes: 5, workingSetBytes: 4 },
      containers: [
        {
          name: 'a"b',
          id: "c1",
          image: "i",
          startedAtMs: 1_500,
          stats: {
            id: "c1",
            labels: {},
            atMs: 4,
            cpuNanoseconds: 5e8,
            memoryWorkingSetBytes: 3,
            memoryUsageBytes: 4,
            writableLayerInodes: 1,
            writableLayerBytes: 1,
          },
        },
      ],
    },
  ],
};

test("numbers in Prometheus' form", () => {
  const lines = resourceMetrics(usage, unknownSwap).split("\n");
  const has = (line: string): void => equal(lines.includes(line), true, line);
  has('container_cpu_usage_seconds_total{container="a\\"b",namespace="default",pod="web"} 0.5 4');
  has('container_start_time_seconds{container="a\\"b",namespace="default",pod="web"} 1.5');
  has('pod_memory_working_set_bytes{namespace="default",pod="web"} 4 5');
  has("node_cpu_usage_seconds_total 2 5");
  has("# TYPE node_memory_working_set_bytes gauge");
  has("resource_scrape_error 0");
});

test("swap is told of where it is known, its limit where there is one", () => {
  const unknown = familiesIn(resourceMetrics(usage, unknownSwap));
  const none = familiesIn(resourceMetrics(usage, noSwap));
  const swapOf = (key: string) => (key === "c1" ? { usedBytes: 3, limitBytes: 9 } : undefined);
  const limited = familiesIn(resourceMetrics(usage, swapOf));
  const values = (found: typeof none, name: string) =>
    found.get(name)?.samples.map(({ value, atMs }) => [value, atMs]);
  for (const name of ["container", "pod", "node"])
    deepEqual(
      [unknown, none].map((found) => values(found, `${name}_swap_usage_bytes`)),
      [undefined, [[0, name === "container" ? 4 : 5]]],
    );
  equal(values(none, "container_swap_limit_bytes"), undefined);
  deepEqual(values(limited, "container_swap_limit_bytes"), [[9, 4]]);
  deepEqual(values(familiesIn(resourceMetrics(undefined, noSwap)), "resource_scrape_error"), [
    [1, undefined],
  ]);
});
