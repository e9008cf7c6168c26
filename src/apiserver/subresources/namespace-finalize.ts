/** Lets a namespace go. upstream: pkg/registry/core/namespace/strategy.go#namespaceFinalizeStrategy */
import { Namespace } from "#api/core/namespace.ts";
import { draftOf } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import { refuse } from "./part.ts";
import { defineSubresource, type Revise } from "./subresource.ts";

export const namespaceFinalize = defineSubresource({
  of: Namespace,
  name: "finalize",
  verbs: ["update"],
  methods: ["PUT"],
  kind: "Namespace",
  edit: ((wanted, current) => {
    const draft: Draft<Namespace> = { ...wanted, status: draftOf(current.status) };
    refuse(Namespace, current, Namespace.validate?.(draft) ?? []);
    return draft;
  }) satisfies Revise<Namespace>,
});
