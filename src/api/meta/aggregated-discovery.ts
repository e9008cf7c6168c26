import { GroupVersionKind } from "./group-version.ts";
import { ObjectMeta } from "./object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const APISubresourceDiscovery = s.struct("apidiscovery/v2.APISubresourceDiscovery", {
  subresource: s.string(1, { required: true }),
  responseKind: s.object(2, GroupVersionKind, { optional: true }),
  acceptedTypes: s.list(3, GroupVersionKind, {
    listType: "map",
    keys: ["group", "version", "kind"],
  }),
  verbs: s.list(4, "string", { required: true, listType: "set" }),
});

export interface APISubresourceDiscovery extends ValueOf<typeof APISubresourceDiscovery> {}

export const APIResourceDiscovery = s.struct("apidiscovery/v2.APIResourceDiscovery", {
  resource: s.string(1, { required: true }),
  responseKind: s.object(2, GroupVersionKind, { optional: true }),
  scope: s.string(3, { required: true }),
  singularResource: s.string(4, { required: true }),
  verbs: s.list(5, "string", { required: true, listType: "set" }),
  shortNames: s.list(6, "string", { listType: "set" }),
  categories: s.list(7, "string", { listType: "set" }),
  subresources: s.list(8, APISubresourceDiscovery, { listType: "map", keys: ["subresource"] }),
});

export interface APIResourceDiscovery extends ValueOf<typeof APIResourceDiscovery> {}

export const APIVersionDiscovery = s.struct("apidiscovery/v2.APIVersionDiscovery", {
  version: s.string(1, { required: true }),
  resources: s.list(2, APIResourceDiscovery, { listType: "map", keys: ["resource"] }),
  freshness: s.string(3),
});

export interface APIVersionDiscovery extends ValueOf<typeof APIVersionDiscovery> {}

export const APIGroupDiscovery = s.struct("apidiscovery/v2.APIGroupDiscovery", {
  ...typeMeta,
  metadata: s.object(1, ObjectMeta),
  versions: s.list(2, APIVersionDiscovery, { listType: "map", keys: ["version"] }),
});

export interface APIGroupDiscovery extends ValueOf<typeof APIGroupDiscovery> {}
