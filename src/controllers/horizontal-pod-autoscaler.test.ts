import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { HorizontalPodAutoscaler } from "#api/autoscaling/horizontalpodautoscaler.ts";
import { Event } from "#api/core/event.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError, statusOf } from "#api/errors.ts";
import type { ApiResponse } from "#api/request.ts";
import { formatTime, minutes, seconds } from "#base/clock.ts";
import type { Client, RawRequest } from "#client/client.ts";
import type { VirtualClock } from "#sim/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";
const at = { namespace, name: "web" };

const workload = (replicas: number, name = "web") => ({
  metadata: { namespace, name },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        containers: [{ name: "c", image: "web:1", resources: { requests: { cpu: "100m" } } }],
      },
    },
  },
});

const autoscaler = (spec: object = {}, name = "web") => ({
  metadata: { namespace, name },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
      },
    ],
    ...spec,
  },
});

const json = (value: object, status = 200): ApiResponse => ({
  status,
  body: {
    is: "bytes",
    contentType: "application/json",
    bytes: new TextEncoder().encode(JSON.stringify(value)),
  },
});

/** Serves the metrics APIs, as an aggregated server would. */
class Meter {
  /** Of each pod; nothing is served when undefined. */
  cpu: string | undefined = "50m";
  readonly others = new Map<string, object>();
  readonly asked: string[] = [];

  readonly through = (client: Client, clock: VirtualClock): Client => ({
    ...client,
    raw: (request) => this.#answer(request, client, clock),
  });

  async #answer(request: RawRequest, client: Client, clock: VirtualClock): Promise<ApiResponse> {
    if (!request.path.includes("metrics.k8s.io")) return client.raw(request);
    this.asked.push(`${request.path}?${request.query?.toString() ?? ""}`);
    const other = this.others.get(request.path);
    if (other) return json(other);
    const { cpu } = this;
    if (cpu === undefined || !request.path.startsWith("/apis/metrics.k8s.io")) {
      const nothing = new ApiError("NotFound", "the server could not find the requested resource");
      return json(statusOf(nothing), 404);
    }
    const { items } = await client.list(Pod, { namespace });
    const timestamp = formatTime(clock.now());
    return json({
      items: items.map(({ metadata: { name } }) => ({
        metadata: { name },
        timestamp,
        window: "10s",
        containers: [{ name: "c", usage: { cpu } }],
      })),
    });
  }
}

const start = (meter: Meter): Promise<TestCluster> =>
  startTestCluster({ podsReadyAfterMs: 0, through: meter.through });

const replicas = async ({ client }: TestCluster): Promise<number | undefined> =>
  (await client.get(Deployment, at)).spec.replicas;

const statusNow = async ({ client }: TestCluster) =>
  (await client.get(HorizontalPodAutoscaler, at)).status;

async function conditions(cluster: TestCluster): Promise<readonly string[]> {
  const { conditions: all = [] } = await statusNow(cluster);
  return all.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`);
}

async function events({ client }: TestCluster): Promise<readonly string[]> {
  const { items } = await client.list(Event, { namespace });
  return items
    .filter(
      ({ involvedObject }) => involvedObject.apiVersion === HorizontalPodAutoscaler.apiVersion,
    )
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
    .toSorted();
}

test("It scales up at once, down after five minutes, and says so", async () => {
  const meter = new Meter();
  await using cluster = await start(meter);
  const { client } = cluster;
  await client.create(Deployment, workload(2));
  await cluster.advance(minutes(6));
  await client.create(HorizontalPodAutoscaler, autoscaler());
  await cluster.advance(seconds(20));
  equal(await replicas(cluster), 2);
  deepEqual(await conditions(cluster), [
    "AbleToScale True ReadyForNewScale: recommended size matches current size",
    "ScalingActive True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)",
    "ScalingLimited False DesiredWithinRange: the desired count is within the acceptable range",
  ]);
  meter.cpu = "100m";
  await cluster.advance(seconds(20));
  equal(await replicas(cluster), 4);
  const { currentMetrics, desiredReplicas, lastScaleTime } = await statusNow(cluster);
  equal(desiredReplicas, 4);
  ok(lastScaleTime);
  deepEqual(currentMetrics, [
    {
      type: "Resource",
      resource: { name: "cpu", current: { averageUtilization: 100, averageValue: "100m" } },
    },
  ]);
  meter.cpu = "10m";
  await cluster.advance(minutes(4));
  equal(await replicas(cluster), 4);
  ok((await conditions(cluster)).some((text) => text.includes("ScaleDownStabilized")));
  await cluster.advance(minutes(2));
  equal(await replicas(cluster), 1);
  deepEqual(await events(cluster), [
    "Normal SuccessfulRescale: New size: 1; reason: All metrics below target",
    "Normal SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target",
  ]);
  deepEqual(cluster.complaints, []);
});

test("It looks every 15 seconds, and not when its own status changes", async () => {
  const meter = new Meter();
  await using cluster = await start(meter);
  await cluster.client.create(Deployment, workload(1));
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler());
  await cluster.advance(minutes(5));
  ok(meter.asked.length >= 20 && meter.asked.length <= 22, `${meter.asked.length} looks`);
});

test("After a restart nothing is taken away for a whole window", async () => {
  const meter = new Meter();
  await using cluster = await start(meter);
  await cluster.client.create(Deployment, workload(4));
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler());
  meter.cpu = "10m";
  await cluster.advance(minutes(4));
  await cluster.restart();
  await cluster.advance(minutes(4));
  equal(await replicas(cluster), 4);
  await cluster.advance(minutes(2));
  equal(await replicas(cluster), 1);
});

test("Without metrics it changes nothing, and says what it misses", async () => {
  const meter = new Meter();
  meter.cpu = undefined;
  await using cluster = await start(meter);
  await cluster.client.create(Deployment, workload(3));
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler());
  await cluster.advance(seconds(40));
  equal(await replicas(cluster), 3);
  const problem =
    "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)";
  deepEqual(await conditions(cluster), [
    "AbleToScale True SucceededGetScale: the HPA controller was able to get the target's current scale",
    `ScalingActive False FailedGetResourceMetric: the HPA was unable to compute the replica count: ${problem}`,
  ]);
  deepEqual(await events(cluster), [
    `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${problem}`,
    `Warning FailedGetResourceMetric: ${problem}`,
  ]);
});

test("The bounds are enforced whatever the metrics say", async () => {
  const meter = new Meter();
  meter.cpu = undefined;
  await using cluster = await start(meter);
  await cluster.client.create(Deployment, workload(12));
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler());
  await cluster.advance(seconds(20));
  equal(await replicas(cluster), 10);
  await cluster.client.patch(HorizontalPodAutoscaler, at, {
    is: "merge",
    change: { spec: { minReplicas: 11, maxReplicas: 20 } },
  });
  await cluster.advance(seconds(20));
  equal(await replicas(cluster), 11);
  deepEqual(
    (await events(cluster)).filter((text) => text.includes("SuccessfulRescale")),
    [
      "Normal SuccessfulRescale: New size: 10; reason: Current number of replicas above Spec.MaxReplicas",
      "Normal SuccessfulRescale: New size: 11; reason: Current number of replicas below Spec.MinReplicas",
    ],
  );
});

test("What the bounds took away counts for the rules of how much may be taken away in a while", async () => {
  const meter = new Meter();
  meter.cpu = "1m";
  await using cluster = await start(meter);
  const scaleDown = {
    stabilizationWindowSeconds: 0,
    policies: [{ type: "Pods", value: 1, periodSeconds: 600 }],
  };
  await cluster.client.create(Deployment, workload(12));
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler({ behavior: { scaleDown } }));
  await cluster.advance(minutes(9));
  equal(await replicas(cluster), 10);
  await cluster.advance(minutes(2));
  equal(await replicas(cluster), 9);
});

test("A target without replicas is left alone", async () => {
  const meter = new Meter();
  await using cluster = await start(meter);
  await cluster.client.create(Deployment, workload(0));
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler());
  await cluster.advance(seconds(20));
  equal(await replicas(cluster), 0);
  ok(
    (await conditions(cluster)).includes(
      "ScalingActive False ScalingDisabled: scaling is disabled since the replica count of the target is zero",
    ),
  );
});

test("What cannot be scaled is named", async () => {
  const meter = new Meter();
  await using cluster = await start(meter);
  const scaleTargetRef = { apiVersion: "apps/v9", kind: "Gadget", name: "web" };
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler({ scaleTargetRef }));
  await cluster.advance(seconds(20));
  deepEqual(await conditions(cluster), [
    `AbleToScale False FailedGetScale: the HPA controller was unable to get the target's current scale: no matches for kind "Gadget" in group "apps"`,
  ]);
  deepEqual(await events(cluster), [
    'Warning FailedGetScale: no matches for kind "Gadget" in group "apps"',
  ]);
});

test("A version of the target that is not served any more does not matter", async () => {
  const meter = new Meter();
  meter.cpu = "100m";
  await using cluster = await start(meter);
  await cluster.client.create(Deployment, workload(2));
  const scaleTargetRef = { apiVersion: "apps/v1beta1", kind: "Deployment", name: "web" };
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler({ scaleTargetRef }));
  await cluster.advance(minutes(6));
  equal(await replicas(cluster), 10);
});

test("Two autoscalers on the same pods stop, and say whom they share them with", async () => {
  const meter = new Meter();
  await using cluster = await start(meter);
  await cluster.client.create(Deployment, workload(2));
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler());
  await cluster.advance(seconds(40));
  equal((await statusNow(cluster)).currentMetrics?.length, 1);
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler({ scaleTargetRef }, "rival"));
  await cluster.advance(seconds(40));
  deepEqual((await statusNow(cluster)).currentMetrics ?? [], []);
  ok(
    (await conditions(cluster)).includes(
      "ScalingActive False AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [default/rival default/web]",
    ),
  );
  await cluster.client.delete(HorizontalPodAutoscaler, { namespace, name: "rival" });
  await cluster.advance(seconds(40));
  ok((await conditions(cluster)).some((text) => text.includes("ValidMetricFound")));
});

const custom = "/apis/custom.metrics.k8s.io";
const external = "/apis/external.metrics.k8s.io/v1beta1";

test("Pods, object and external metrics; the one that asks for the most decides", async () => {
  const meter = new Meter();
  const value = (name: string, amount: string) => ({ describedObject: { name }, value: amount });
  meter.others.set(custom, { preferredVersion: { version: "v1beta2" } });
  meter.others.set(`${custom}/v1beta2/namespaces/default/services/front/rps`, {
    items: [value("front", "900m")],
  });
  meter.others.set(`${external}/namespaces/default/queue`, {
    items: [{ value: "30" }, { value: "10" }],
  });
  await using cluster = await start(meter);
  await cluster.client.create(Deployment, workload(2));
  await cluster.advance(seconds(5));
  const { items } = await cluster.client.list(Pod, { namespace });
  meter.others.set(`${custom}/v1beta2/namespaces/default/pods/*/hits`, {
    items: items.map(({ metadata }) => value(metadata.name ?? "", "15")),
  });
  const selector = { matchLabels: { lane: "fast" } };
  const metrics = [
    {
      type: "Pods",
      pods: { metric: { name: "hits" }, target: { type: "AverageValue", averageValue: "10" } },
    },
    {
      type: "Object",
      object: {
        describedObject: { apiVersion: "v1", kind: "Service", name: "front" },
        metric: { name: "rps" },
        target: { type: "Value", value: "1" },
      },
    },
    {
      type: "External",
      external: {
        metric: { name: "queue", selector },
        target: { type: "AverageValue", averageValue: "10" },
      },
    },
  ];
  await cluster.client.create(HorizontalPodAutoscaler, autoscaler({ metrics }));
  await cluster.advance(seconds(10));
  equal(await replicas(cluster), 4);
  const { currentMetrics } = await statusNow(cluster);
  deepEqual(
    currentMetrics.map(({ pods, object, external: other }) => (pods ?? object ?? other)?.current),
    [{ averageValue: "15" }, { value: "900m" }, { averageValue: "20" }],
  );
  deepEqual(await events(cluster), [
    "Normal SuccessfulRescale: New size: 4; reason: external metric queue(&LabelSelector{MatchLabels:map[string]string{lane: fast,},MatchExpressions:[]LabelSelectorRequirement{},}) above target",
  ]);
  ok(meter.asked.includes(`${external}/namespaces/default/queue?labelSelector=lane%3Dfast`));
  ok(meter.asked.some((path) => path.endsWith("pods/*/hits?labelSelector=app%3Dweb")));
});

test("A metric that fails stops scaling down, not up", async () => {
  const meter = new Meter();
  const broken = {
    type: "External",
    external: { metric: { name: "queue" }, target: { type: "Value", value: "10" } },
  };
  await using cluster = await start(meter);
  await cluster.client.create(Deployment, workload(2));
  const behavior = { scaleDown: { stabilizationWindowSeconds: 0 } };
  const { metrics } = autoscaler().spec;
  await cluster.client.create(
    HorizontalPodAutoscaler,
    autoscaler({ metrics: [broken, ...metrics], behavior }),
  );
  meter.cpu = "10m";
  await cluster.advance(minutes(6));
  equal(await replicas(cluster), 2);
  ok((await conditions(cluster)).some((text) => text.includes("FailedGetExternalMetric")));
  deepEqual(
    (await statusNow(cluster)).currentMetrics.map(({ type }) => type),
    ["", "Resource"],
  );
  meter.cpu = "75m";
  await cluster.advance(seconds(20));
  equal(await replicas(cluster), 3);
});
