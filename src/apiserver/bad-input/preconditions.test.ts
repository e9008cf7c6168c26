/** Writes that are meant for another object, or for an older state of it. */
import { map, maps, type Refusal, refuses, type Row } from "./testing.ts";

const lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const merge = "application/merge-patch+json";
const modified: Refusal = [
  409,
  "Conflict",
  'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
];
const otherUid: Refusal = [
  409,
  "Conflict",
  /^Operation cannot be fulfilled on configmaps "a": .*Precondition failed: UID in precondition: u, UID in object meta: /,
];
const row = (what: string, send: Row["send"], says: Refusal): Row => ({ what, send, says });

refuses([
  row(
    "PUT, stale",
    ["PUT", map, { body: { metadata: { name: "a", resourceVersion: "1" } } }],
    modified,
  ),
  row(
    "PUT, from the future",
    ["PUT", map, { body: { metadata: { name: "a", resourceVersion: "999999" } } }],
    modified,
  ),
  row(
    "PUT, nonsense",
    ["PUT", map, { body: { metadata: { name: "a", resourceVersion: "x" } } }],
    modified,
  ),
  row("PUT, another uid", ["PUT", map, { body: { metadata: { name: "a", uid: "u" } } }], otherUid),
  row(
    "PATCH, stale",
    ["PATCH", map, { body: { metadata: { resourceVersion: "1" } }, type: merge }],
    modified,
  ),
  row(
    "PATCH, another uid",
    ["PATCH", map, { body: { metadata: { uid: "u" } }, type: merge }],
    otherUid,
  ),
  row(
    "POST of something that has a version",
    ["POST", maps, { body: { metadata: { name: "b", resourceVersion: "1" } } }],
    [400, "BadRequest", "resourceVersion should not be set on objects to be created"],
  ),
  row(
    "PUT of what is not there",
    ["PUT", `${maps}/b`, { body: { metadata: { name: "b" } } }],
    [404, "NotFound", 'configmaps "b" not found'],
  ),
  row(
    "DELETE, another uid",
    ["DELETE", map, { body: { preconditions: { uid: "u" } } }],
    [
      409,
      "Conflict",
      /^Operation cannot be fulfilled on configmaps "a": the UID in the precondition \(u\) does not match the UID in record \(.*\). The object might have been deleted and then recreated$/,
    ],
  ),
  row(
    "DELETE, stale",
    ["DELETE", map, { body: { preconditions: { resourceVersion: "1" } } }],
    [
      409,
      "Conflict",
      /^Operation cannot be fulfilled on configmaps "a": the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record \(\d+\). The object might have been modified$/,
    ],
  ),
  row(
    "DELETE of what is not there",
    ["DELETE", `${maps}/b`],
    [404, "NotFound", 'configmaps "b" not found'],
  ),
  row(
    "PUT of a part of what is not there",
    [
      "PUT",
      "/apis/apps/v1/namespaces/default/deployments/b/status",
      { body: { metadata: { name: "b" } } },
    ],
    [404, "NotFound", 'deployments.apps "b" not found'],
  ),
  row(
    "PUT of a lease that is not there",
    ["PUT", `${lease}/none`, { body: { metadata: { name: "other" } } }],
    [400, "BadRequest", "the name of the object (other) does not match the name on the URL (none)"],
  ),
]);
