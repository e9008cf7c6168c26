/** What the controllers may do: a role for each identity, for whoever sets up the cluster's roles. */
import { allControllers, type ControllersOptions } from "./start.ts";
import type { AnyController } from "./runtime/controller.ts";

export interface ControllerRole {
  /** The service account in kube-system; its role is `system:controller:` and this. */
  readonly identity: string;
  readonly rules: AnyController["rules"];
}

/** Controllers that share an identity share its role: each rule stands in it once. */
export function controllerRoles(options: ControllersOptions): readonly ControllerRole[] {
  const roles = new Map<string, Map<string, AnyController["rules"][number]>>();
  for (const { name, identity = name, rules } of allControllers(options)) {
    const known = roles.get(identity) ?? new Map();
    for (const rule of rules) known.set(JSON.stringify(rule), rule);
    roles.set(identity, known);
  }
  return Array.from(roles, ([identity, rules]) => ({ identity, rules: [...rules.values()] }));
}
