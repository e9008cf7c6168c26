import { s, type ValueOf } from "#schema/struct.ts";

export const GroupKind = s.struct("meta/v1.GroupKind", {
  group: s.string(1, { required: true }),
  kind: s.string(2, { required: true }),
});

export interface GroupKind extends ValueOf<typeof GroupKind> {}

export const GroupResource = s.struct("meta/v1.GroupResource", {
  group: s.string(1, { required: true }),
  resource: s.string(2, { required: true }),
});

export interface GroupResource extends ValueOf<typeof GroupResource> {}

export const GroupVersion = s.struct("meta/v1.GroupVersion", {
  group: s.string(1, { required: true }),
  version: s.string(2, { required: true }),
});

export interface GroupVersion extends ValueOf<typeof GroupVersion> {}

export const GroupVersionKind = s.struct("meta/v1.GroupVersionKind", {
  group: s.string(1, { required: true }),
  version: s.string(2, { required: true }),
  kind: s.string(3, { required: true }),
});

export interface GroupVersionKind extends ValueOf<typeof GroupVersionKind> {}

export const GroupVersionResource = s.struct("meta/v1.GroupVersionResource", {
  group: s.string(1, { required: true }),
  version: s.string(2, { required: true }),
  resource: s.string(3, { required: true }),
});

export interface GroupVersionResource extends ValueOf<typeof GroupVersionResource> {}
