/**
 * POST /bindings: the older form of `pods/binding`.
 * differs: upstream answers with a Status, here the binding itself comes back.
 */
import { Binding } from "#api/core/binding.ts";
import { bindPod, checkBinding } from "../subresources/pod-binding.ts";
import { typed } from "./typed.ts";
import { defineVirtual } from "./virtual.ts";

export const binding = defineVirtual<Binding>({
  kind: Binding,

  async create(draft, { context, registry, ports, namespace }) {
    checkBinding(draft);
    const { user, warnings, request } = context;
    const how = {
      user,
      fieldManager: request.query.get("fieldManager") ?? "",
      dryRun: request.query.has("dryRun"),
      warnings,
      waiting: request,
    };
    await bindPod(registry, { namespace, binding: draft, now: ports.clock.now() }, how);
    return typed(Binding, draft);
  },
});
