/** Small structs for the tests of this folder, true to their namesakes where they have one. */
import { type AnyStruct, s, typeMeta } from "./struct.ts";

export const OwnerReference = s.struct(
  "meta/v1.OwnerReference",
  {
    apiVersion: s.string(5, { required: true }),
    kind: s.string(1, { required: true }),
    name: s.string(3, { required: true }),
    uid: s.string(4, { required: true }),
    controller: s.boolean(6, { optional: true }),
  },
  { atomic: true },
);

export const ObjectMeta = s.struct("meta/v1.ObjectMeta", {
  name: s.string(1),
  namespace: s.string(3),
  generation: s.int64(7),
  creationTimestamp: s.time(8, { omitZero: true }),
  deletionTimestamp: s.time(9, { optional: true }),
  deletionGracePeriodSeconds: s.int64(10, { optional: true }),
  labels: s.map(11, "string"),
  annotations: s.map(12, "string"),
  ownerReferences: s.list(13, OwnerReference, {
    listType: "map",
    keys: ["uid"],
    patch: "merge",
    patchKey: "uid",
  }),
  finalizers: s.list(14, "string", { listType: "set", patch: "merge" }),
});

export const ContainerPort = s.struct("core/v1.ContainerPort", {
  name: s.string(1),
  hostPort: s.int32(2),
  containerPort: s.int32(3, { required: true }),
  protocol: s.oneOf(4, ["SCTP", "TCP", "UDP"], { default: "TCP" }),
  hostIP: s.string(5),
});

export const EnvVar = s.struct("core/v1.EnvVar", {
  name: s.string(1, { required: true }),
  value: s.string(2),
});

export const ResourceRequirements = s.struct("core/v1.ResourceRequirements", {
  limits: s.map(1, "quantity"),
  requests: s.map(2, "quantity"),
});

export const HTTPGetAction = s.struct(
  "core/v1.HTTPGetAction",
  {
    path: s.string(1),
    port: s.intOrString(2, { required: true }),
    scheme: s.oneOf(4, ["HTTP", "HTTPS"]),
  },
  {
    defaults: (draft) => {
      draft.path ||= "/";
      draft.scheme ||= "HTTP";
    },
  },
);

export const Container = s.struct("core/v1.Container", {
  name: s.string(1, { required: true }),
  image: s.string(2),
  command: s.list(3, "string", { listType: "atomic" }),
  ports: s.list(6, ContainerPort, {
    listType: "map",
    keys: ["containerPort", "protocol"],
    patch: "merge",
    patchKey: "containerPort",
  }),
  env: s.list(7, EnvVar, { listType: "map", keys: ["name"], patch: "merge", patchKey: "name" }),
  resources: s.object(8, ResourceRequirements),
  httpGet: s.object(10, HTTPGetAction, { optional: true }),
  imagePullPolicy: s.oneOf(14, ["Always", "IfNotPresent", "Never"]),
  stdin: s.boolean(16),
});

export const EmptyDirVolumeSource = s.struct("core/v1.EmptyDirVolumeSource", {
  medium: s.string(1),
  sizeLimit: s.quantity(2, { optional: true }),
});

export const SecretVolumeSource = s.struct("core/v1.SecretVolumeSource", {
  secretName: s.string(1),
  defaultMode: s.int32(3, { optional: true }),
});

export const VolumeSource = s.struct(
  "core/v1.VolumeSource",
  {
    emptyDir: s.object(2, EmptyDirVolumeSource, { optional: true }),
    secret: s.object(6, SecretVolumeSource, { optional: true }),
  },
  {
    defaults: (draft) => {
      if (!draft.secret) draft.emptyDir ??= {};
    },
  },
);

export const Volume = s.struct("core/v1.Volume", {
  name: s.string(1, { required: true }),
  volumeSource: s.inline(2, VolumeSource, { protoName: "volumeSource" }),
});

export const LabelSelector = s.struct(
  "meta/v1.LabelSelector",
  { matchLabels: s.map(1, "string") },
  { atomic: true },
);

export const PodSpec = s.struct("core/v1.PodSpec", {
  volumes: s.list(1, Volume, {
    listType: "map",
    keys: ["name"],
    patch: "merge,retainKeys",
    patchKey: "name",
  }),
  containers: s.list(2, Container, {
    required: true,
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
  }),
  terminationGracePeriodSeconds: s.int64(4, { optional: true }),
  nodeSelector: s.map(7, "string", { mapType: "atomic" }),
  hostNetwork: s.boolean(11),
});

export const Condition = s.struct("core/v1.PodCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(4),
});

export const PodStatus = s.struct("core/v1.PodStatus", {
  phase: s.string(1),
  conditions: s.list(2, Condition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export const Pod = s.struct("core/v1.Pod", {
  ...typeMeta,
  metadata: s.object(1, ObjectMeta),
  spec: s.object(2, PodSpec),
  status: s.object(3, PodStatus),
});

export const DeploymentStrategy = s.struct("apps/v1.DeploymentStrategy", {
  type: s.oneOf(1, ["Recreate", "RollingUpdate"]),
  rollingUpdate: s.map(2, "string"),
});

export const DeploymentSpec = s.struct("apps/v1.DeploymentSpec", {
  replicas: s.int32(1, { optional: true }),
  selector: s.object(2, LabelSelector, { required: true, nullable: true }),
  strategy: s.object(4, DeploymentStrategy, { patch: "retainKeys" }),
  minReadySeconds: s.int32(5),
  paused: s.boolean(7),
});

export const Deployment = s.struct("apps/v1.Deployment", {
  ...typeMeta,
  metadata: s.object(1, ObjectMeta),
  spec: s.object(2, DeploymentSpec),
});

/** One field of every scalar, in every presence that there is. */
export const Everything = s.struct("test/v1.Everything", {
  bool: s.boolean(1, { always: true }),
  bytes: s.bytes(2),
  float: s.number(3, { optional: true }),
  int32: s.int32(4, { required: true, nullable: true }),
  int64: s.int64(5),
  quantity: s.quantity(6),
  port: s.intOrString(7),
  at: s.time(8),
  exactlyAt: s.microTime(9),
  timeout: s.duration(10),
  raw: s.raw(11, { optional: true }),
  fields: s.fieldSet(12, { optional: true }),
  any: s.json(13, { optional: true }),
  extra: s.map(14, "wrappedStrings"),
  verbs: s.wrappedStrings(15, { required: true }),
  times: s.map(16, "time"),
  numbers: s.list(17, "int64"),
  blobs: s.map(18, "bytes"),
  name: s.string(19, { required: true, omitEmpty: true }),
  list: s.list(20, Container, { always: true }),
  map: s.map(2047, Container),
});

export const SchemaOrBool: AnyStruct = s.struct(
  "apiextensions/v1.JSONSchemaPropsOrBool",
  {
    allows: s.boolean(1, { noJson: true }),
    schema: s.object(2, (): AnyStruct => JSONSchemaProps, { nullable: true, noJson: true }),
  },
  { jsonForm: "JSONSchemaPropsOrBool" },
);

export const SchemaOrArray: AnyStruct = s.struct(
  "apiextensions/v1.JSONSchemaPropsOrArray",
  {
    schema: s.object(1, (): AnyStruct => JSONSchemaProps, { nullable: true, noJson: true }),
    jSONSchemas: s.list(2, (): AnyStruct => JSONSchemaProps, { noJson: true }),
  },
  { jsonForm: "JSONSchemaPropsOrArray" },
);

export const SchemaOrStrings: AnyStruct = s.struct(
  "apiextensions/v1.JSONSchemaPropsOrStringArray",
  {
    schema: s.object(1, (): AnyStruct => JSONSchemaProps, { nullable: true, noJson: true }),
    property: s.list(2, "string", { noJson: true }),
  },
  { jsonForm: "JSONSchemaPropsOrStringArray" },
);

export const JSONSchemaProps: AnyStruct = s.struct("apiextensions/v1.JSONSchemaProps", {
  type: s.oneOf(5, ["array", "object", "string"]),
  default: s.json(8, { optional: true }),
  enum: s.list(20, "json"),
  items: s.object(24, (): AnyStruct => SchemaOrArray, { optional: true }),
  properties: s.map(29, (): AnyStruct => JSONSchemaProps),
  additionalProperties: s.object(30, (): AnyStruct => SchemaOrBool, { optional: true }),
  dependencies: s.map(32, (): AnyStruct => SchemaOrStrings),
});
