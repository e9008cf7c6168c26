import { deepEqual, match } from "node:assert/strict";
import { test } from "node:test";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { CronJob } from "#api/batch/cronjob.ts";
import { Job } from "#api/batch/job.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import { minutes, seconds } from "#base/clock.ts";
import { Metrics } from "#base/metrics.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const at = (name: string) => ({ namespace: "default", name });

const jobSpec = (more: object = {}) => ({
  ...more,
  template: {
    metadata: { labels: { app: "task" } },
    spec: { restartPolicy: "Never" as const, containers: [{ name: "c", image: "i" }] },
  },
});

async function start() {
  const metrics = new Metrics();
  return { metrics, cluster: await startTestCluster({ metrics }) };
}

/** The samples of a family, without buckets and seconds. */
async function shown(metrics: Metrics, family: string): Promise<readonly string[]> {
  const lines = (await metrics.text()).split("\n");
  return lines.filter((line) => line.startsWith(family) && !/_(bucket|sum)[{ ]/.test(line)).sort();
}

async function endAll({ client, advance }: TestCluster, phase: string): Promise<void> {
  for (const { metadata, status } of (await client.list(Pod)).items) {
    if (status.phase === "Succeeded" || status.phase === "Failed") continue;
    const { namespace, name = "" } = metadata;
    const where = { namespace, name, subresource: "status" };
    await client.patch(Pod, where, { is: "merge", change: { status: { phase } } });
  }
  await advance(seconds(5));
}

test("jobs: pods that ended, jobs that are over, looks, and finalizers", async () => {
  const { metrics, cluster } = await start();
  await using _ = cluster;
  await cluster.client.create(Job, {
    metadata: at("good"),
    spec: jobSpec({ completions: 2, parallelism: 2, completionMode: "Indexed" }),
  });
  await cluster.advance(seconds(2));
  await endAll(cluster, "Succeeded");
  await cluster.client.create(Job, { metadata: at("bad"), spec: jobSpec({ backoffLimit: 0 }) });
  await cluster.advance(seconds(2));
  await endAll(cluster, "Failed");
  deepEqual(await shown(metrics, "job_controller_job_pods_finished_total{"), [
    'job_controller_job_pods_finished_total{completion_mode="Indexed",result="succeeded"} 2',
    'job_controller_job_pods_finished_total{completion_mode="NonIndexed",result="failed"} 1',
  ]);
  deepEqual(await shown(metrics, "job_controller_jobs_finished_total{"), [
    'job_controller_jobs_finished_total{completion_mode="Indexed",result="succeeded",reason="CompletionsReached"} 1',
    'job_controller_jobs_finished_total{completion_mode="NonIndexed",result="failed",reason="BackoffLimitExceeded"} 1',
  ]);
  deepEqual(await shown(metrics, "job_controller_terminated_pods_tracking_finalizer_total{"), [
    'job_controller_terminated_pods_tracking_finalizer_total{event="add"} 3',
    'job_controller_terminated_pods_tracking_finalizer_total{event="delete"} 3',
  ]);
  match(
    (await shown(metrics, "job_controller_job_syncs_total{")).join("\n"),
    /completion_mode="Indexed",result="success",action="pods_created"} 1$/m,
  );
});

test("cron jobs: how late their jobs are", async () => {
  const { metrics, cluster } = await start();
  await using _ = cluster;
  const family = "cronjob_controller_job_creation_skew_duration_seconds";
  deepEqual(await shown(metrics, family), [`${family}_count 0`]);
  await cluster.client.create(CronJob, {
    metadata: at("often"),
    spec: { schedule: "* * * * *", jobTemplate: { spec: jobSpec() } },
  });
  await cluster.advance(minutes(2.5));
  deepEqual(await shown(metrics, family), [`${family}_count 2`]);
});

test("nodes: how each zone does, and how many were given up", async () => {
  const { metrics, cluster } = await start();
  await using _ = cluster;
  const labels = {
    "topology.kubernetes.io/region": "north",
    "topology.kubernetes.io/zone": "a",
  };
  for (const [name, status] of [
    ["one", "True"],
    ["two", "False"],
  ] as const) {
    await cluster.client.create(Node, { metadata: { name, labels } });
    const change = { status: { conditions: [{ type: "Ready", status }] } };
    await cluster.client.patch(Node, { name, subresource: "status" }, { is: "strategic", change });
  }
  await cluster.advance(seconds(20));
  const zone = '{zone="north/a"}';
  deepEqual(await shown(metrics, "node_collector_"), [
    `node_collector_evictions_total${zone} 1`,
    `node_collector_unhealthy_nodes_in_zone${zone} 1`,
    `node_collector_zone_health${zone} 50`,
    `node_collector_zone_size${zone} 2`,
  ]);
});

test("pods that are collected: why", async () => {
  const { metrics, cluster } = await start();
  await using _ = cluster;
  await cluster.client.create(Pod, {
    metadata: at("lost"),
    spec: { nodeName: "nowhere", containers: [{ name: "c", image: "i" }] },
  });
  await cluster.advance(minutes(2));
  deepEqual(await shown(metrics, "pod_gc_collector_"), [
    'pod_gc_collector_force_delete_pods_total{namespace="default",reason="orphaned"} 1',
  ]);
});

test("endpoint slices: how many there are, and what looks add", async () => {
  const { metrics, cluster } = await start();
  await using _ = cluster;
  await cluster.client.create(Service, {
    metadata: at("web"),
    spec: {
      selector: { app: "web" },
      trafficDistribution: "PreferSameZone",
      publishNotReadyAddresses: true,
      ports: [{ port: 80 }],
    },
  });
  await cluster.client.create(Pod, {
    metadata: { ...at("web"), labels: { app: "web" } },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
  const status = { phase: "Running", podIP: "10.244.0.9", podIPs: [{ ip: "10.244.0.9" }] };
  const where = { ...at("web"), subresource: "status" };
  await cluster.client.patch(Pod, where, { is: "merge", change: { status } });
  await cluster.advance(seconds(5));
  const lines = (await metrics.text()).split("\n").filter((l) => l.startsWith("endpoint_slice"));
  deepEqual(lines.filter((line) => !/_bucket|_count \d|_syncs|_count\{/.test(line)).sort(), [
    'endpoint_slice_controller_changes{operation="create"} 1',
    'endpoint_slice_controller_changes{operation="update"} 1',
    "endpoint_slice_controller_desired_endpoint_slices 1",
    "endpoint_slice_controller_endpoints_added_per_sync_sum 1",
    "endpoint_slice_controller_endpoints_desired 1",
    "endpoint_slice_controller_endpoints_removed_per_sync_sum 0",
    'endpoint_slice_controller_endpointslices_changed_per_sync_sum{topology="Disabled",traffic_distribution=""} 0',
    'endpoint_slice_controller_endpointslices_changed_per_sync_sum{topology="Disabled",traffic_distribution="PreferSameZone"} 2',
    "endpoint_slice_controller_num_endpoint_slices 1",
    'endpoint_slice_controller_services_count_by_traffic_distribution{traffic_distribution="PreferSameZone"} 1',
  ]);
});

test("namespaces, finished jobs, ephemeral volumes and claims: what was made and deleted", async () => {
  const { metrics, cluster } = await start();
  await using _ = cluster;
  const { client, advance } = cluster;
  await client.create(Namespace, { metadata: { name: "fresh" } });
  await client.create(Job, {
    metadata: at("brief"),
    spec: jobSpec({ ttlSecondsAfterFinished: 5 }),
  });
  const claim = {
    accessModes: ["ReadWriteOnce" as const],
    resources: { requests: { storage: "1Gi" } },
  };
  await client.create(Pod, {
    metadata: at("with-volume"),
    spec: {
      containers: [{ name: "c", image: "i" }],
      volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: claim } } }],
    },
  });
  await advance(seconds(2));
  await endAll(cluster, "Succeeded");
  await advance(seconds(10));
  match((await shown(metrics, "root_ca_cert_publisher_sync_total{")).join(), /code="200"} [1-9]/);
  deepEqual(await shown(metrics, "ttl_after_finished_controller_"), [
    "ttl_after_finished_controller_job_deletion_duration_seconds_count 1",
  ]);
  deepEqual(await shown(metrics, "ephemeral_volume_controller_"), [
    "ephemeral_volume_controller_create_failures_total 0",
    "ephemeral_volume_controller_create_total 1",
  ]);
  deepEqual(await shown(metrics, "pv_collector_unbound_pvc_count{"), [
    'pv_collector_unbound_pvc_count{namespace="default",storage_class="",volume_attributes_class=""} 1',
  ]);
  match(
    (await shown(metrics, "running_managed_controllers{")).join("\n"),
    /^running_managed_controllers\{name="job-controller",manager="kube-controller-manager"\} 1$/m,
  );
});

test("a set that shrinks: how old the pods are that go", async () => {
  const { metrics, cluster } = await start();
  await using _ = cluster;
  const { client, advance } = cluster;
  const labels = { app: "web" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
  const spec = { replicas: 2, selector: { matchLabels: labels }, template };
  await client.create(ReplicaSet, { metadata: at("web"), spec });
  await advance(seconds(5));
  const conditions = [{ type: "Ready", status: "True" }];
  for (const { metadata } of (await client.list(Pod)).items) {
    const where = { ...at(metadata.name ?? ""), subresource: "status" };
    const change = { status: { phase: "Running", conditions } };
    await client.patch(Pod, where, { is: "strategic", change });
  }
  await client.patch(ReplicaSet, at("web"), { is: "merge", change: { spec: { replicas: 1 } } });
  await advance(seconds(5));
  const family = "replicaset_controller_sorting_deletion_age_ratio";
  deepEqual(await shown(metrics, family), [`${family}_count 1`]);
});

/** The names of upstream's STABLE and BETA metrics of the controller manager, with their types. */
const upstream = {
  cronjob_controller_job_creation_skew_duration_seconds: "histogram",
  endpoint_slice_controller_desired_endpoint_slices: "gauge",
  endpoint_slice_controller_endpoints_added_per_sync: "histogram",
  endpoint_slice_controller_endpoints_desired: "gauge",
  endpoint_slice_controller_endpoints_removed_per_sync: "histogram",
  endpoint_slice_controller_num_endpoint_slices: "gauge",
  endpoint_slice_controller_services_count_by_traffic_distribution: "gauge",
  horizontal_pod_autoscaler_controller_metric_computation_duration_seconds: "histogram",
  horizontal_pod_autoscaler_controller_metric_computation_total: "counter",
  horizontal_pod_autoscaler_controller_reconciliation_duration_seconds: "histogram",
  horizontal_pod_autoscaler_controller_reconciliations_total: "counter",
  job_controller_job_pods_finished_total: "counter",
  job_controller_job_sync_duration_seconds: "histogram",
  job_controller_job_syncs_total: "counter",
  job_controller_jobs_finished_total: "counter",
  job_controller_pod_failures_handled_by_failure_policy_total: "counter",
  job_controller_terminated_pods_tracking_finalizer_total: "counter",
  node_collector_evictions_total: "counter",
  running_managed_controllers: "gauge",
  workqueue_adds_total: "counter",
  workqueue_depth: "gauge",
  workqueue_longest_running_processor_seconds: "gauge",
  workqueue_queue_duration_seconds: "histogram",
  workqueue_retries_total: "counter",
  workqueue_unfinished_work_seconds: "gauge",
  workqueue_work_duration_seconds: "histogram",
} as const;

test("every metric that upstream promises is there from the start, of its type", async () => {
  const { metrics, cluster } = await start();
  await using _ = cluster;
  const text = await metrics.text();
  for (const [name, type] of Object.entries(upstream))
    match(text, new RegExp(`^# TYPE ${name} ${type}$`, "m"));
});
