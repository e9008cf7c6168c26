/** A whole cluster in the process of a test. `k8ts/testing` is this one with a world around it. */
export { createCluster } from "./simulated-cluster.ts";
export type { Cluster, ClusterOptions, FollowOptions, IdleOptions } from "./cluster.ts";
export type { KubeConfigLike } from "./client-node.ts";
export type { FaultArgs, FaultName, PlacedFault, StormOptions } from "./faults/faults.ts";
export type { Served } from "./outside-world.ts";
export type { ServeOptions } from "./serving.ts";
export type { WebhookRule, WebhookSettings } from "./webhooks.ts";
export type { Verdict, WebhookFunction } from "#apiserver/admission/webhooks/functions.ts";
export type { Duration } from "./duration.ts";
export type { Applicable } from "./manifests.ts";
export type { Behaviour, Match } from "./nodes/behaviour.ts";
export type { NodeOptions } from "./nodes/machine.ts";
export type { Span } from "./nodes/span.ts";
