/** `k8ts/testing`: a whole cluster in the process of a test. */
export { createCluster } from "./simulated-cluster.ts";
export type { Cluster, ClusterOptions, FollowOptions, IdleOptions } from "./cluster.ts";
export type { Verdict, WebhookFunction } from "#apiserver/admission/webhooks/functions.ts";
export type { Duration } from "./duration.ts";
export type { Applicable } from "./manifests.ts";
export type { Behaviour, Match } from "./nodes/behaviour.ts";
export type { NodeOptions } from "./nodes/machine.ts";
export type { Span } from "./nodes/span.ts";
