import { LocalObjectReference } from "./references.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const ConfigMapEnvSource = s.struct("core/v1.ConfigMapEnvSource", {
  localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
  optional: s.boolean(2, { optional: true }),
});

export interface ConfigMapEnvSource extends ValueOf<typeof ConfigMapEnvSource> {}

export const ConfigMapKeySelector = s.struct(
  "core/v1.ConfigMapKeySelector",
  {
    localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
    key: s.string(2, { required: true }),
    optional: s.boolean(3, { optional: true }),
  },
  { atomic: true },
);

export interface ConfigMapKeySelector extends ValueOf<typeof ConfigMapKeySelector> {}

export const SecretEnvSource = s.struct("core/v1.SecretEnvSource", {
  localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
  optional: s.boolean(2, { optional: true }),
});

export interface SecretEnvSource extends ValueOf<typeof SecretEnvSource> {}

export const EnvFromSource = s.struct("core/v1.EnvFromSource", {
  prefix: s.string(1),
  configMapRef: s.object(2, ConfigMapEnvSource, { optional: true }),
  secretRef: s.object(3, SecretEnvSource, { optional: true }),
});

export interface EnvFromSource extends ValueOf<typeof EnvFromSource> {}

export const ObjectFieldSelector = s.struct(
  "core/v1.ObjectFieldSelector",
  {
    apiVersion: s.string(1),
    fieldPath: s.string(2, { required: true }),
  },
  { atomic: true },
);

export interface ObjectFieldSelector extends ValueOf<typeof ObjectFieldSelector> {}

export const ResourceFieldSelector = s.struct(
  "core/v1.ResourceFieldSelector",
  {
    containerName: s.string(1),
    resource: s.string(2, { required: true }),
    divisor: s.quantity(3),
  },
  { atomic: true },
);

export interface ResourceFieldSelector extends ValueOf<typeof ResourceFieldSelector> {}

export const SecretKeySelector = s.struct(
  "core/v1.SecretKeySelector",
  {
    localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
    key: s.string(2, { required: true }),
    optional: s.boolean(3, { optional: true }),
  },
  { atomic: true },
);

export interface SecretKeySelector extends ValueOf<typeof SecretKeySelector> {}

export const FileKeySelector = s.struct(
  "core/v1.FileKeySelector",
  {
    volumeName: s.string(1, { required: true }),
    path: s.string(2, { required: true }),
    key: s.string(3, { required: true }),
    optional: s.boolean(4, { optional: true, default: false }),
  },
  { atomic: true },
);

export interface FileKeySelector extends ValueOf<typeof FileKeySelector> {}

export const EnvVarSource = s.struct("core/v1.EnvVarSource", {
  fieldRef: s.object(1, ObjectFieldSelector, { optional: true }),
  resourceFieldRef: s.object(2, ResourceFieldSelector, { optional: true }),
  configMapKeyRef: s.object(3, ConfigMapKeySelector, { optional: true }),
  secretKeyRef: s.object(4, SecretKeySelector, { optional: true }),
  fileKeyRef: s.object(5, FileKeySelector, { optional: true, gate: "EnvFiles" }),
});

export interface EnvVarSource extends ValueOf<typeof EnvVarSource> {}

export const EnvVar = s.struct("core/v1.EnvVar", {
  name: s.string(1, { required: true }),
  value: s.string(2),
  valueFrom: s.object(3, EnvVarSource, { optional: true }),
});

export interface EnvVar extends ValueOf<typeof EnvVar> {}
