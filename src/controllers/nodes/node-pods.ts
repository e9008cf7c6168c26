/** Which pods a node has, and what the controllers that look after nodes may do. */
import type { Pod } from "#api/core/pod.ts";
import type { PolicyRule } from "#api/rbac/rules.ts";
import type { Index } from "#client/cache.ts";
import { eventsRule } from "../runtime/controller.ts";

export const byNode: Index<Pod> = ({ spec }) => (spec.nodeName ? [spec.nodeName] : []);

/** Several controllers share the identity `node-controller`. */
export const nodeControllerRules: readonly Partial<PolicyRule>[] = [
  {
    verbs: ["get", "list", "watch", "update", "delete", "patch"],
    apiGroups: [""],
    resources: ["nodes"],
  },
  { verbs: ["patch", "update"], apiGroups: [""], resources: ["nodes/status"] },
  { verbs: ["patch", "update"], apiGroups: [""], resources: ["pods/status"] },
  { verbs: ["list", "watch", "get", "delete"], apiGroups: [""], resources: ["pods"] },
  eventsRule,
];
