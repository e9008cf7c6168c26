import { s, type ValueOf } from "#schema/struct.ts";

export const LocalObjectReference = s.struct(
  "core/v1.LocalObjectReference",
  {
    name: s.string(1, { doc: "Name of the object, in the same namespace.", default: "" }),
  },
  { atomic: true },
);

export interface LocalObjectReference extends ValueOf<typeof LocalObjectReference> {}

export const ObjectReference = s.struct(
  "core/v1.ObjectReference",
  {
    kind: s.string(1, { doc: "Kind of the object." }),
    namespace: s.string(2, { doc: "Its namespace." }),
    name: s.string(3, { doc: "Its name." }),
    uid: s.string(4, { doc: "Its UID." }),
    apiVersion: s.string(5, { doc: "Its API version." }),
    resourceVersion: s.string(6, { doc: "The version that is meant." }),
    fieldPath: s.string(7, { doc: "The part that is meant, as in `spec.containers{web}`." }),
  },
  { atomic: true },
);

export interface ObjectReference extends ValueOf<typeof ObjectReference> {}

export const SecretReference = s.struct(
  "core/v1.SecretReference",
  {
    name: s.string(1, { doc: "Name of the secret." }),
    namespace: s.string(2, { doc: "Namespace of the secret." }),
  },
  { atomic: true },
);

export interface SecretReference extends ValueOf<typeof SecretReference> {}

export const TypedLocalObjectReference = s.struct(
  "core/v1.TypedLocalObjectReference",
  {
    apiGroup: s.string(1, {
      doc: "Group of the object; null in the core group.",
      always: true,
      nullable: true,
    }),
    kind: s.string(2, { doc: "Kind of the object.", required: true }),
    name: s.string(3, { doc: "Name of the object.", required: true }),
  },
  { atomic: true },
);

export interface TypedLocalObjectReference extends ValueOf<typeof TypedLocalObjectReference> {}

export const TypedObjectReference = s.struct("core/v1.TypedObjectReference", {
  apiGroup: s.string(1, {
    doc: "Group of the object; null in the core group.",
    always: true,
    nullable: true,
  }),
  kind: s.string(2, { doc: "Kind of the object.", required: true }),
  name: s.string(3, { doc: "Name of the object.", required: true }),
  namespace: s.string(4, {
    doc: "Namespace of the object.",
    optional: true,
  }),
});

export interface TypedObjectReference extends ValueOf<typeof TypedObjectReference> {}
