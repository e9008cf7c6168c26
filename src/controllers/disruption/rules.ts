/** What the identity `disruption-controller` may do. */
import type { PolicyRule } from "#api/rbac/rules.ts";
import { eventsRule } from "../runtime/controller.ts";

const get = ["get", "list", "watch"];

export const disruptionRules: readonly Partial<PolicyRule>[] = [
  { verbs: get, apiGroups: ["apps", "extensions"], resources: ["deployments"] },
  { verbs: get, apiGroups: ["apps", "extensions"], resources: ["replicasets"] },
  { verbs: get, apiGroups: [""], resources: ["replicationcontrollers"] },
  { verbs: get, apiGroups: ["policy"], resources: ["poddisruptionbudgets"] },
  { verbs: get, apiGroups: ["apps"], resources: ["statefulsets"] },
  { verbs: ["update"], apiGroups: ["policy"], resources: ["poddisruptionbudgets/status"] },
  { verbs: ["get"], apiGroups: ["*"], resources: ["*/scale"] },
  { verbs: ["patch", "update"], apiGroups: [""], resources: ["pods/status"] },
  eventsRule,
];
