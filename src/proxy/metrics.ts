/** What kube-proxy counts, under the names that dashboards know. upstream: pkg/proxy/metrics */
import { exponentialBuckets, linearBuckets, type Metrics } from "#base/metrics.ts";

const programmingBuckets = [
  ...linearBuckets(0.25, 0.25, 2),
  ...linearBuckets(1, 1, 59),
  ...linearBuckets(60, 5, 12),
  ...linearBuckets(120, 30, 7),
];

export type ProxyMetrics = ReturnType<typeof proxyMetrics>;

export const proxyMetrics = (metrics: Metrics) => ({
  syncSeconds: metrics
    .histogram(
      "kubeproxy_sync_proxy_rules_duration_seconds",
      "SyncProxyRules latency in seconds",
      [],
      exponentialBuckets(0.001, 2, 15),
    )
    .with(),
  lastSync: metrics
    .gauge(
      "kubeproxy_sync_proxy_rules_last_timestamp_seconds",
      "The last time proxy rules were successfully synced",
    )
    .with(),
  lastQueued: metrics
    .gauge(
      "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
      "The last time a sync of proxy rules was queued",
    )
    .with(),
  programmingSeconds: metrics
    .histogram(
      "kubeproxy_network_programming_duration_seconds",
      "In Cluster Network Programming Latency in seconds",
      [],
      programmingBuckets,
    )
    .with(),
  serviceChanges: metrics
    .counter(
      "kubeproxy_sync_proxy_rules_service_changes_total",
      "Cumulative proxy rules Service changes",
    )
    .with(),
  endpointChanges: metrics
    .counter(
      "kubeproxy_sync_proxy_rules_endpoint_changes_total",
      "Cumulative proxy rules Endpoint changes",
    )
    .with(),
  failures: metrics
    .counter(
      "kubeproxy_sync_proxy_rules_nftables_sync_failures_total",
      "Cumulative proxy nftables sync failures",
    )
    .with(),
  forgottenFlows: metrics
    .counter(
      "kubeproxy_conntrack_reconciler_deleted_entries_total",
      "Cumulative conntrack flows deleted by conntrack reconciler",
    )
    .with(),
});
