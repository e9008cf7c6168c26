import { s, type ValueOf } from "#schema/struct.ts";

export const LocalObjectReference = s.struct(
  "core/v1.LocalObjectReference",
  {
    name: s.string(1, { default: "" }),
  },
  { atomic: true },
);

export interface LocalObjectReference extends ValueOf<typeof LocalObjectReference> {}

export const ObjectReference = s.struct(
  "core/v1.ObjectReference",
  {
    kind: s.string(1),
    namespace: s.string(2),
    name: s.string(3),
    uid: s.string(4),
    apiVersion: s.string(5),
    resourceVersion: s.string(6),
    fieldPath: s.string(7),
  },
  { atomic: true },
);

export interface ObjectReference extends ValueOf<typeof ObjectReference> {}

export const SecretReference = s.struct(
  "core/v1.SecretReference",
  {
    name: s.string(1),
    namespace: s.string(2),
  },
  { atomic: true },
);

export interface SecretReference extends ValueOf<typeof SecretReference> {}

export const TypedLocalObjectReference = s.struct(
  "core/v1.TypedLocalObjectReference",
  {
    apiGroup: s.string(1, { always: true, nullable: true }),
    kind: s.string(2, { required: true }),
    name: s.string(3, { required: true }),
  },
  { atomic: true },
);

export interface TypedLocalObjectReference extends ValueOf<typeof TypedLocalObjectReference> {}

export const TypedObjectReference = s.struct("core/v1.TypedObjectReference", {
  apiGroup: s.string(1, { always: true, nullable: true }),
  kind: s.string(2, { required: true }),
  name: s.string(3, { required: true }),
  namespace: s.string(4, { optional: true, gate: "CrossNamespaceVolumeDataSource" }),
});

export interface TypedObjectReference extends ValueOf<typeof TypedObjectReference> {}
