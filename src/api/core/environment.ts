import {
  validateConfigMapKey,
  validateEnvFrom,
  validateEnvVar,
  validateFileKey,
  validateSecretKey,
  validateSourceName,
} from "./environment-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { LocalObjectReference } from "./references.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const ConfigMapEnvSource = s.struct(
  "core/v1.ConfigMapEnvSource",
  {
    localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
    optional: s.boolean(2, { doc: "The map may be missing.", optional: true }),
  },
  {
    doc: "All entries of a ConfigMap.",
    validate: (value, at): Iterable<FieldError> => validateSourceName(value, at),
  },
);

export interface ConfigMapEnvSource extends ValueOf<typeof ConfigMapEnvSource> {}

export const ConfigMapKeySelector = s.struct(
  "core/v1.ConfigMapKeySelector",
  {
    localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
    key: s.string(2, { doc: "Which entry.", required: true }),
    optional: s.boolean(3, { doc: "The map or the entry may be missing.", optional: true }),
  },
  {
    doc: "One entry of a ConfigMap.",
    validate: (value, at): Iterable<FieldError> => validateConfigMapKey(value, at),
    atomic: true,
  },
);

export interface ConfigMapKeySelector extends ValueOf<typeof ConfigMapKeySelector> {}

export const SecretEnvSource = s.struct(
  "core/v1.SecretEnvSource",
  {
    localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
    optional: s.boolean(2, { doc: "The secret may be missing.", optional: true }),
  },
  {
    doc: "All entries of a Secret.",
    validate: (value, at): Iterable<FieldError> => validateSourceName(value, at),
  },
);

export interface SecretEnvSource extends ValueOf<typeof SecretEnvSource> {}

export const EnvFromSource = s.struct(
  "core/v1.EnvFromSource",
  {
    prefix: s.string(1, { doc: "Put before the name of each variable." }),
    configMapRef: s.object(2, ConfigMapEnvSource, {
      doc: "The ConfigMap to take the entries of.",
      optional: true,
    }),
    secretRef: s.object(3, SecretEnvSource, {
      doc: "The Secret to take the entries of.",
      optional: true,
    }),
  },
  {
    doc: "Variables from all entries of a ConfigMap or Secret.",
    validate: (value, at): Iterable<FieldError> => validateEnvFrom(value, at),
  },
);

export interface EnvFromSource extends ValueOf<typeof EnvFromSource> {}

export const ObjectFieldSelector = s.struct(
  "core/v1.ObjectFieldSelector",
  {
    apiVersion: s.string(1),
    fieldPath: s.string(2, { doc: "The field, as in `metadata.name`.", required: true }),
  },
  {
    doc: "A field of the pod itself.",
    defaults(draft): void {
      draft.apiVersion ||= "v1";
    },
    atomic: true,
  },
);

export interface ObjectFieldSelector extends ValueOf<typeof ObjectFieldSelector> {}

export const ResourceFieldSelector = s.struct(
  "core/v1.ResourceFieldSelector",
  {
    containerName: s.string(1, { doc: "The container; the own one in an environment." }),
    resource: s.string(2, { doc: "Such as limits.memory.", required: true }),
    divisor: s.quantity(3, { doc: "The unit to print the number in. 1 when unset." }),
  },
  { doc: "A resource request or limit of a container.", atomic: true },
);

export interface ResourceFieldSelector extends ValueOf<typeof ResourceFieldSelector> {}

export const SecretKeySelector = s.struct(
  "core/v1.SecretKeySelector",
  {
    localObjectReference: s.inline(1, LocalObjectReference, { protoName: "localObjectReference" }),
    key: s.string(2, { doc: "Which entry.", required: true }),
    optional: s.boolean(3, { doc: "The secret or the entry may be missing.", optional: true }),
  },
  {
    doc: "One entry of a Secret.",
    validate: (value, at): Iterable<FieldError> => validateSecretKey(value, at),
    atomic: true,
  },
);

export interface SecretKeySelector extends ValueOf<typeof SecretKeySelector> {}

export const FileKeySelector = s.struct(
  "core/v1.FileKeySelector",
  {
    volumeName: s.string(1, { doc: "The volume.", required: true }),
    path: s.string(2, { doc: "The file in it.", required: true }),
    key: s.string(3, { doc: "Which variable of the file.", required: true }),
    optional: s.boolean(4, {
      doc: "The file or the variable may be missing.",
      optional: true,
      default: false,
    }),
  },
  {
    doc: "One variable of an env file in a volume.",
    validate: (value, at): Iterable<FieldError> => validateFileKey(value, at),
    atomic: true,
  },
);

export interface FileKeySelector extends ValueOf<typeof FileKeySelector> {}

export const EnvVarSource = s.struct(
  "core/v1.EnvVarSource",
  {
    fieldRef: s.object(1, ObjectFieldSelector, {
      doc: "A field of the pod, such as metadata.name or status.podIP.",
      optional: true,
    }),
    resourceFieldRef: s.object(2, ResourceFieldSelector, {
      doc: "A request or limit of the container.",
      optional: true,
    }),
    configMapKeyRef: s.object(3, ConfigMapKeySelector, {
      doc: "An entry of a ConfigMap.",
      optional: true,
    }),
    secretKeyRef: s.object(4, SecretKeySelector, { doc: "An entry of a Secret.", optional: true }),
    fileKeyRef: s.object(5, FileKeySelector, {
      doc: "A variable of a file in a volume.",
      optional: true,
      gate: "EnvFiles",
    }),
  },
  { doc: "Where the value of a variable comes from; exactly one field is set." },
);

export interface EnvVarSource extends ValueOf<typeof EnvVarSource> {}

export const EnvVar = s.struct(
  "core/v1.EnvVar",
  {
    name: s.string(1, { doc: "Name of the variable.", required: true }),
    value: s.string(2, {
      doc: "Its value; $(NAME) stands for variables defined before, $$ for a dollar sign.",
    }),
    valueFrom: s.object(3, EnvVarSource, {
      doc: "Where the value comes from, instead of `value`.",
      optional: true,
    }),
  },
  {
    doc: "A variable in the environment of a container.",
    validate: (value, at): Iterable<FieldError> => validateEnvVar(value, at),
  },
);

export interface EnvVar extends ValueOf<typeof EnvVar> {}
