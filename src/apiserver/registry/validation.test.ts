import { equal } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { Deployment } from "#api/apps/deployment.ts";
import type { ApiObject } from "#api/kind.ts";
import { objectFrom } from "#api/testing.ts";
import { changedObjectErrors, newObjectErrors } from "./validation.ts";

/** More than there can be arguments in a call. */
const count = 150_000;

const wrongKeys = Object.fromEntries(Array.from({ length: count }, (_, i) => [`!${i}`, ""]));
const metadata = { name: "a", namespace: "b" };

test("an object may have any number of mistakes", () => {
  const fine = objectFrom(ConfigMap, { metadata: { ...metadata, resourceVersion: "1" } });
  const labelled: ApiObject = { ...fine, metadata: { ...fine.metadata, labels: wrongKeys } };
  const filled: ApiObject = Object.assign({}, fine, { data: wrongKeys });
  equal(newObjectErrors(ConfigMap, labelled).length, count);
  equal(changedObjectErrors(ConfigMap, "", { object: filled, old: fine }).length, count);
});

test("so may what is inside of it", () => {
  const template = { metadata: { labels: wrongKeys }, spec: { containers: [] } };
  const spec = { selector: { matchLabels: { a: "b" } }, template };
  const object = objectFrom(Deployment, { metadata, spec }) as ApiObject;
  equal(newObjectErrors(Deployment, object).length > count, true);
});
