import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { rootCaController } from "./root-ca.ts";
import { made, one, viewOf } from "./runtime/testing.ts";

const shop = made(Namespace, { metadata: { name: "shop" }, status: { phase: "Active" } });
const closing = made(Namespace, { metadata: { name: "shop" }, status: { phase: "Terminating" } });

const publisher = rootCaController("PEM");

test("every namespace gets the root certificates", () => {
  const creation = one(publisher.reconcile(shop, viewOf([])), "create");
  const published = made(ConfigMap, creation.object ?? {});
  equal(published.data?.["ca.crt"], "PEM");
  deepEqual(publisher.reconcile(shop, viewOf([published])), []);
  deepEqual(publisher.reconcile(closing, viewOf([])), []);
});

test("root certificates that somebody changed are put right", () => {
  const spoiled = made(ConfigMap, {
    metadata: { namespace: "shop", name: "kube-root-ca.crt", annotations: { mine: "x" } },
    data: { "ca.crt": "other", more: "y" },
  });
  const update = one(publisher.reconcile(shop, viewOf([spoiled])), "update");
  deepEqual((update.object as ConfigMap).data, { "ca.crt": "PEM" });
  equal(update.object.metadata.annotations?.["mine"], "x");
});
