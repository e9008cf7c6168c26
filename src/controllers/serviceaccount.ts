import { Namespace } from "#api/core/namespace.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { defineController, eventsRule, watching } from "./runtime/controller.ts";
import { create } from "./runtime/effects.ts";

/**
 * Sees to it that every namespace has the service account `default`, which pods use that name none.
 * upstream: pkg/controller/serviceaccount/serviceaccounts_controller.go
 */
export const serviceaccountController = defineController({
  name: "serviceaccount-controller",
  identity: "service-account-controller",
  queue: "serviceaccount",
  for: Namespace,
  watches: [
    watching(ServiceAccount, ({ metadata: { namespace = "", name } }) =>
      name === "default" ? [namespace] : [],
    ),
  ],
  rules: [{ verbs: ["create"], apiGroups: [""], resources: ["serviceaccounts"] }, eventsRule],

  reconcile({ metadata, status }, view) {
    const { name: namespace = "" } = metadata;
    if (status.phase !== "Active" || metadata.deletionTimestamp) return [];
    if (view.get(ServiceAccount, namespace, "default")) return [];
    return [create(ServiceAccount, { metadata: { namespace, name: "default" } })];
  },
});
