import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { testRequest } from "../testing.ts";
import { requestInfoOf } from "./request-info.ts";

const rows: readonly [method: "GET" | "POST" | "DELETE", target: string, brief: string][] = [
  ["GET", "/api/v1/pods", "list /v1 pods"],
  ["GET", "/api/v1/pods?watch=1", "watch /v1 pods"],
  ["GET", "/api/v1/pods?watch=false", "list /v1 pods"],
  ["GET", "/api/v1/pods?watch=yes", "watch /v1 pods"],
  ["GET", "/api/v1/pods?watch", "watch /v1 pods"],
  ["GET", "/api/v1/pods?watch=0", "list /v1 pods"],
  ["GET", "/apis/apps/v1/namespaces/a/deployments/d", "get apps/v1 deployments ns=a d"],
  ["POST", "/api/v1/namespaces/a/pods", "create /v1 pods ns=a"],
  ["DELETE", "/api/v1/namespaces/a/pods", "deletecollection /v1 pods ns=a"],
  ["GET", "/api/v1/namespaces", "list /v1 namespaces"],
  ["GET", "/api/v1/namespaces/a", "get /v1 namespaces ns=a a"],
  ["GET", "/api/v1/namespaces/a/status", "get /v1 namespaces ns=a a/status"],
  ["GET", "/api/v1/watch/namespaces/a/pods/p", "watch /v1 pods ns=a p"],
  ["GET", "/api/v1/pods?fieldSelector=metadata.name%3Dx", "list /v1 pods x"],
  ["GET", "/api/v1/pods?fieldSelector=metadata.name%3Dx%2C", "list /v1 pods x"],
  ["GET", "/api/v1/pods?fieldSelector=metadata.name%3D%5Cx", "list /v1 pods"],
  [
    "GET",
    "/api/v1/namespaces/a/pods/p/proxy/x%20y/z/?q=1",
    "get /v1 pods ns=a p/proxy rest=x%20y/z/",
  ],
  ["GET", "/api/v1/namespaces/a/configmaps/b%2Dc", "get /v1 configmaps ns=a b-c"],
  // What was read of one path is remembered for those that begin like it.
  ["GET", "/apis/apps/v1/namespaces/a/deployments/e", "get apps/v1 deployments ns=a e"],
  ["GET", "/apis/apps/v1/namespaces/a/deployments/%65%2Df", "get apps/v1 deployments ns=a e-f"],
  ["GET", "/apis/apps/v1/namespaces/a/deployments/", "list apps/v1 deployments ns=a"],
  ["GET", "/apis/apps/v1/namespaces/a/deployments/e/scale", "get apps/v1 deployments ns=a e/scale"],
  ["GET", "/api/v1/namespaces/b", "get /v1 namespaces ns=b b"],
  ["GET", "/api/v1/namespaces/a/services", "list /v1 services ns=a"],
  ["GET", "/api/v1/watch/namespaces/a/pods/q", "watch /v1 pods ns=a q"],
  ["GET", "/api/v1", "path get /api/v1"],
  ["GET", "/apis/apps/v1/", "path get /apis/apps/v1/"],
  ["POST", "/healthz", "path post /healthz"],
];

for (const [method, target, brief] of rows) {
  test(`${method} ${target} is ${brief}`, () => {
    const info = requestInfoOf(testRequest(method, target));
    deepEqual(requestInfoOf(testRequest(method, target)), info);
    if (!info.isResource) {
      deepEqual(`path ${info.verb} ${info.path}`, brief);
      return;
    }
    const { verb, group, version, resource, namespace, name, subresource, rest } = info;
    const words = [
      verb,
      `${group}/${version}`,
      resource,
      namespace && `ns=${namespace}`,
      name + (subresource && `/${subresource}`),
      rest && `rest=${rest}`,
    ];
    deepEqual(words.filter((word) => word !== "").join(" "), brief);
  });
}
