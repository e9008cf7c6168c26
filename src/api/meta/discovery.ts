import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const GroupVersionForDiscovery = s.struct("meta/v1.GroupVersionForDiscovery", {
  groupVersion: s.string(1, { required: true }),
  version: s.string(2, { required: true }),
});

export interface GroupVersionForDiscovery extends ValueOf<typeof GroupVersionForDiscovery> {}

export const ServerAddressByClientCIDR = s.struct("meta/v1.ServerAddressByClientCIDR", {
  clientCIDR: s.string(1, { required: true }),
  serverAddress: s.string(2, { required: true }),
});

export interface ServerAddressByClientCIDR extends ValueOf<typeof ServerAddressByClientCIDR> {}

export const APIGroup = s.struct("meta/v1.APIGroup", {
  ...typeMeta,
  name: s.string(1, { required: true }),
  versions: s.list(2, GroupVersionForDiscovery, { required: true, listType: "atomic" }),
  preferredVersion: s.object(3, GroupVersionForDiscovery),
  serverAddressByClientCIDRs: s.list(4, ServerAddressByClientCIDR, { listType: "atomic" }),
});

export interface APIGroup extends ValueOf<typeof APIGroup> {}

export const APIGroupList = s.struct("meta/v1.APIGroupList", {
  ...typeMeta,
  groups: s.list(1, APIGroup, { required: true, listType: "atomic" }),
});

export interface APIGroupList extends ValueOf<typeof APIGroupList> {}

export const APIResource = s.struct("meta/v1.APIResource", {
  name: s.string(1, { required: true }),
  singularName: s.string(6, { required: true }),
  namespaced: s.boolean(2, { required: true }),
  group: s.string(8),
  version: s.string(9),
  kind: s.string(3, { required: true }),
  verbs: s.wrappedStrings(4, { required: true }),
  shortNames: s.list(5, "string", { listType: "atomic" }),
  categories: s.list(7, "string", { listType: "atomic" }),
  storageVersionHash: s.string(10),
});

export interface APIResource extends ValueOf<typeof APIResource> {}

export const APIResourceList = s.struct("meta/v1.APIResourceList", {
  ...typeMeta,
  groupVersion: s.string(1, { required: true }),
  resources: s.list(2, APIResource, { required: true, listType: "atomic" }),
});

export interface APIResourceList extends ValueOf<typeof APIResourceList> {}

export const APIVersions = s.struct("meta/v1.APIVersions", {
  ...typeMeta,
  versions: s.list(1, "string", { required: true, listType: "atomic" }),
  serverAddressByClientCIDRs: s.list(2, ServerAddressByClientCIDR, {
    required: true,
    listType: "atomic",
  }),
});

export interface APIVersions extends ValueOf<typeof APIVersions> {}

export const RootPaths = s.struct("meta/v1.RootPaths", {
  paths: s.list(1, "string", { required: true, listType: "atomic" }),
});

export interface RootPaths extends ValueOf<typeof RootPaths> {}
