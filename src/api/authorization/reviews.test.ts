import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { problemsOf } from "#api/testing.ts";
import { LocalSubjectAccessReview } from "./localsubjectaccessreview.ts";
import { SelfSubjectAccessReview } from "./selfsubjectaccessreview.ts";
import { SubjectAccessReview } from "./subjectaccessreview.ts";

const resourceAttributes = { namespace: "a", verb: "get", resource: "pods" };
const nonResourceAttributes = { path: "/healthz", verb: "get" };

test("a review asks about a resource or a path", () => {
  deepEqual(problemsOf(SelfSubjectAccessReview, { spec: { resourceAttributes } }), []);
  deepEqual(problemsOf(SelfSubjectAccessReview, { spec: { nonResourceAttributes } }), []);
  deepEqual(problemsOf(SelfSubjectAccessReview, { spec: {} }), [
    "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
  ]);
  deepEqual(
    problemsOf(SelfSubjectAccessReview, { spec: { resourceAttributes, nonResourceAttributes } }),
    [
      'spec.nonResourceAttributes: Invalid value: {"path":"/healthz","verb":"get"}: cannot be specified in combination with resourceAttributes',
    ],
  );
});

test("a review of somebody says of whom", () => {
  deepEqual(
    problemsOf(SubjectAccessReview, { spec: { resourceAttributes, groups: ["devs"] } }),
    [],
  );
  deepEqual(problemsOf(SubjectAccessReview, { spec: { resourceAttributes } }), [
    'spec.user: Invalid value: "": at least one of user or group must be specified',
  ]);
});

test("reviews have no metadata, the local one but its namespace", () => {
  const spec = { resourceAttributes, user: "jane" };
  deepEqual(problemsOf(SubjectAccessReview, { metadata: { name: "x" }, spec }), [
    'metadata: Invalid value: {"name":"x"}: must be empty',
  ]);
  deepEqual(problemsOf(LocalSubjectAccessReview, { metadata: { namespace: "a" }, spec }), []);
  deepEqual(
    problemsOf(LocalSubjectAccessReview, { metadata: { namespace: "b", name: "x" }, spec }),
    [
      'metadata: Invalid value: {"name":"x","namespace":"b"}: must be empty except for namespace',
      'spec.resourceAttributes.namespace: Invalid value: "a": must match metadata.namespace',
    ],
  );
  deepEqual(
    problemsOf(LocalSubjectAccessReview, { spec: { nonResourceAttributes, user: "jane" } }),
    [
      'spec.nonResourceAttributes: Invalid value: {"path":"/healthz","verb":"get"}: disallowed on this kind of request',
    ],
  );
});

test("selectors are a text or requirements, with operators of any name", () => {
  const asking = (selectors: object) =>
    problemsOf(SelfSubjectAccessReview, {
      spec: { resourceAttributes: { ...resourceAttributes, ...selectors } },
    });
  const any = { key: "a", operator: "Newer", values: ["b"] };
  deepEqual(
    asking({ fieldSelector: { requirements: [any] }, labelSelector: { rawSelector: "a" } }),
    [],
  );
  deepEqual(
    asking({ fieldSelector: {}, labelSelector: { rawSelector: "a", requirements: [any] } }),
    [
      "spec.resourceAttributes.fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required",
      'spec.resourceAttributes.labelSelector.rawSelector: Invalid value: "a": may not specified at the same time as requirements',
    ],
  );
  const without = { key: "", operator: "In" };
  deepEqual(asking({ fieldSelector: { requirements: [without] } }), [
    "spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified",
    "spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ]);
  const surplus = { key: "a", operator: "Exists", values: ["b"] };
  deepEqual(asking({ labelSelector: { requirements: [surplus] } }), [
    "spec.resourceAttributes.labelSelector.requirements[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
  ]);
});
