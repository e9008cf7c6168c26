import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { startTestServer, TestClock, testKinds, unused } from "../testing.ts";
import { parseAdmission } from "./configuration.ts";
import { type EventLimit, eventRateLimit } from "./event-rate-limit.ts";

const event = (name: string, about = "web"): object => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name, namespace: "a" },
  involvedObject: { kind: "Pod", namespace: "a", name: about },
  source: { component: "kubelet" },
});

async function flooded(limit: EventLimit) {
  const clock = new TestClock();
  const plugin = eventRateLimit(clock, [limit]);
  const server = await startTestServer({ kinds: testKinds, admission: [plugin] });
  const post = (body: object) => server.send("POST", "/api/v1/namespaces/a/events", { body });
  return { clock, server, post };
}

test("more events than the burst are refused until time has passed", async () => {
  const { clock, server, post } = await flooded({ type: "Server", qps: 1, burst: 2, cacheSize: 9 });
  await using _ = server;
  const codes = [];
  for (const name of ["e1", "e2", "e3"]) codes.push((await post(event(name))).status);
  deepEqual(codes, [201, 201, 429]);
  const call = { body: event("e3") };
  const refused = await server.refused("POST", "/api/v1/namespaces/a/events", call);
  deepEqual(
    [refused.reason, refused.message],
    ["TooManyRequests", "Too many requests: limit reached on type Server for key "],
  );
  clock.advance(1_000);
  equal((await post(event("e3"))).status, 201);
  const dry = "/api/v1/namespaces/a/events?dryRun=All";
  equal((await server.send("POST", dry, { body: event("e4") })).status, 201, "nothing is stored");
});

test("each object has a limit of its own", async () => {
  const limit = { type: "SourceAndObject", qps: 1, burst: 1, cacheSize: 9 } as const;
  const { server, post } = await flooded(limit);
  await using _ = server;
  const codes = [];
  for (const [name, about] of ["e1 web", "e2 web", "e3 db"].map((text) => text.split(" ")))
    codes.push((await post(event(name ?? "", about))).status);
  deepEqual(codes, [201, 429, 201]);
});

test("the limits are read strictly", async () => {
  const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n";
  const own = "apiVersion: eventratelimit.admission.k8s.io/v1alpha1, kind: Configuration";
  const read = (limits: string) =>
    parseAdmission(
      `${head}- {name: EventRateLimit, configuration: {${own}, limits: ${limits}}}\n`,
      unused,
    );
  deepEqual(await read("[{type: User, qps: 5, burst: 9}]"), {
    eventLimits: [{ type: "User", qps: 5, burst: 9, cacheSize: 4096 }],
  });
  for (const [limits, problem] of [
    ["[]", "plugins[0].configuration.limits: must not be empty"],
    [
      "[{type: All, qps: 0, burst: 1, cacheSize: -1}]",
      'plugins[0].configuration.limits[0].cacheSize: must not be negative; plugins[0].configuration.limits[0].type: Unsupported value: "All": supported values: "Server", "Namespace", "User", "SourceAndObject"; plugins[0].configuration.limits[0].qps: must be positive',
    ],
  ] as const)
    await rejects(read(limits), { message: `AdmissionConfiguration: ${problem}` });
});
