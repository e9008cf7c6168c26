import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const DeploymentCondition = s.struct("apps/v1.DeploymentCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastUpdateTime: s.time(6),
  lastTransitionTime: s.time(7),
  reason: s.string(4),
  message: s.string(5),
});

export interface DeploymentCondition extends ValueOf<typeof DeploymentCondition> {}

export const RollingUpdateDeployment = s.struct("apps/v1.RollingUpdateDeployment", {
  maxUnavailable: s.intOrString(1, { optional: true }),
  maxSurge: s.intOrString(2, { optional: true }),
});

export interface RollingUpdateDeployment extends ValueOf<typeof RollingUpdateDeployment> {}

export const DeploymentStrategy = s.struct("apps/v1.DeploymentStrategy", {
  type: s.oneOf(1, ["Recreate", "RollingUpdate"]),
  rollingUpdate: s.object(2, RollingUpdateDeployment, { optional: true }),
});

export interface DeploymentStrategy extends ValueOf<typeof DeploymentStrategy> {}

export const DeploymentSpec = s.struct("apps/v1.DeploymentSpec", {
  replicas: s.int32(1, { optional: true }),
  selector: s.object(2, LabelSelector, { required: true, nullable: true }),
  template: s.object(3, PodTemplateSpec, { required: true }),
  strategy: s.object(4, DeploymentStrategy, { patch: "retainKeys" }),
  minReadySeconds: s.int32(5),
  revisionHistoryLimit: s.int32(6, { optional: true }),
  paused: s.boolean(7),
  progressDeadlineSeconds: s.int32(9, { optional: true }),
});

export interface DeploymentSpec extends ValueOf<typeof DeploymentSpec> {}

export const DeploymentStatus = s.struct("apps/v1.DeploymentStatus", {
  observedGeneration: s.int64(1),
  replicas: s.int32(2),
  updatedReplicas: s.int32(3),
  readyReplicas: s.int32(7),
  availableReplicas: s.int32(4),
  unavailableReplicas: s.int32(5),
  terminatingReplicas: s.int32(9, { optional: true }),
  conditions: s.list(6, DeploymentCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
  collisionCount: s.int32(8, { optional: true }),
});

export interface DeploymentStatus extends ValueOf<typeof DeploymentStatus> {}

export const Deployment = defineKind({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  shortNames: ["deploy"],
  categories: ["all"],
  scope: "Namespaced",
  storage: { prefix: "/registry/deployments", hash: "8aSe+NMegvE=" },
  schema: s.struct("apps/v1.Deployment", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, DeploymentSpec),
    status: s.object(3, DeploymentStatus),
  }),
  status: {},
});

export interface Deployment extends ObjectOf<typeof Deployment> {}
