import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Namespace } from "#api/core/namespace.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { made, told, viewOf } from "./runtime/testing.ts";
import { serviceaccountController } from "./serviceaccount.ts";

const shop = made(Namespace, { metadata: { name: "shop" }, status: { phase: "Active" } });
const closing = made(Namespace, { metadata: { name: "shop" }, status: { phase: "Terminating" } });

test("every namespace gets its default service account, once", () => {
  deepEqual(told(serviceaccountController.reconcile(shop, viewOf([]))), [
    "create ServiceAccount default",
  ]);
  const account = made(ServiceAccount, { metadata: { namespace: "shop", name: "default" } });
  deepEqual(serviceaccountController.reconcile(shop, viewOf([account])), []);
  deepEqual(serviceaccountController.reconcile(closing, viewOf([])), []);
});
