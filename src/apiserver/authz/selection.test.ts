import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { User } from "#api/request.ts";
import { startSecureServer } from "../subresources/testing.ts";
import { fieldTerms, labelRequirements, reviewedSelection, selectionOf } from "./selection.ts";

const of = (verb: string, query: string) => selectionOf(verb, new URLSearchParams(query));
const query = "fieldSelector=spec.nodeName%3Dn1&labelSelector=app%3Dweb";

for (const [verb, expected] of [
  ["list", { fieldSelector: "spec.nodeName=n1", labelSelector: "app=web" }],
  ["watch", { fieldSelector: "spec.nodeName=n1", labelSelector: "app=web" }],
  ["deletecollection", { fieldSelector: "spec.nodeName=n1", labelSelector: "app=web" }],
  ["get", undefined],
  ["create", undefined],
] as const) {
  test(`selectors count for ${verb}: ${expected !== undefined}`, () => {
    deepEqual(of(verb, query), expected);
  });
}

test("a selector that cannot be read narrows nothing", () => {
  const broken = of("list", "fieldSelector=a%3Db%3Dc&labelSelector=%21%21") ?? {};
  deepEqual(Object.keys(broken), ["fieldSelector", "labelSelector"]);
  deepEqual([fieldTerms(broken), labelRequirements(broken)], [[], []]);
});

test("a review has selectors as text, or taken apart", () => {
  const reviewed = (asked: object) => reviewedSelection(asked);
  deepEqual(
    reviewed({ fieldSelector: { rawSelector: "a=b" }, labelSelector: { rawSelector: "c" } }),
    {
      fieldSelector: "a=b",
      labelSelector: "c",
    },
  );
  const fields = [
    { key: "a", operator: "In", values: ["x,y"] },
    { key: "b", operator: "NotIn", values: ["z"] },
    { key: "c", operator: "In", values: ["1", "2"] },
    { key: "d", operator: "Exists" },
  ];
  const labels = [
    { key: "a", operator: "In", values: ["x", "y"] },
    { key: "d", operator: "DoesNotExist" },
    { key: "e", operator: "Nonsense" },
  ];
  const found = reviewed({
    fieldSelector: { requirements: fields },
    labelSelector: { requirements: labels },
  });
  deepEqual(found, { fieldSelector: String.raw`a=x\,y,b!=z`, labelSelector: "a in (x,y),!d" });
  deepEqual(fieldTerms(found), [
    { path: "a", operator: "=", value: "x,y" },
    { path: "b", operator: "!=", value: "z" },
  ]);
});

test("a kubelet may list the pods of its own node only, and a review says so", async () => {
  const server = await startSecureServer();
  const kubelet: User = {
    name: "system:node:n1",
    groups: ["system:nodes", "system:authenticated"],
  };
  const listed = async (selector: string): Promise<number> =>
    (await server.send("GET", `/api/v1/pods${selector}`, { as: kubelet })).status;
  equal(await listed("?fieldSelector=spec.nodeName%3Dn1"), 200);
  equal(await listed("?fieldSelector=spec.nodeName%3Dn2"), 403);
  equal(await listed("?fieldSelector=spec.nodeName%21%3Dn1"), 403);
  equal(await listed("?labelSelector=spec.nodeName%3Dn1"), 403);
  equal(await listed(""), 403);
  const allowed = async (fieldSelector: object): Promise<boolean> => {
    const resourceAttributes = { verb: "list", version: "v1", resource: "pods", fieldSelector };
    const spec = { resourceAttributes, user: kubelet.name, groups: kubelet.groups };
    const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    return (await server.ask("POST", path, { body: { spec } })).status.allowed;
  };
  const own = { key: "spec.nodeName", operator: "In", values: ["n1"] };
  equal(await allowed({ requirements: [own] }), true);
  equal(await allowed({ rawSelector: "spec.nodeName=n1" }), true);
  equal(await allowed({ requirements: [{ ...own, values: ["n2"] }] }), false);
});
