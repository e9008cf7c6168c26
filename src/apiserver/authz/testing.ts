import type { User } from "#api/request.ts";
import type { Attributes } from "./authorizer.ts";

/** To list all pods. */
export const listingPods = (user: User): Attributes => ({
  user,
  verb: "list",
  isResource: true,
  path: "/api/v1/pods",
  group: "",
  version: "v1",
  resource: "pods",
  subresource: "",
  namespace: "",
  name: "",
});
