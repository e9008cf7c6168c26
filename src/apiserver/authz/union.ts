/**
 * Asks superuser, node and roles in turn; one allowance is enough. Without one the reasons of all
 * are told.
 */
import type { PolicyRule } from "#api/rbac/rules.ts";
import type { User } from "#api/request.ts";
import type { Reader } from "../registry/registry.ts";
import type { Authorizer, Decision, ResolvedRules } from "./authorizer.ts";
import { createNodeAuthorizer, nodeNameOf } from "./node.ts";
import { createRbac } from "./rbac.ts";

export interface AuthorizerOptions {
  /** Asked for with each use: the registry is made after the authorizer. */
  readonly reader: () => Reader;
  /** What every node may do beyond what is decided object by object. */
  readonly nodeRules: readonly Partial<PolicyRule>[];
}

/** Also tells what somebody holds, so that nobody can grant more. */
export interface RoleAuthorizer extends Authorizer {
  readonly heldRules: (user: User, namespace: string) => readonly Partial<PolicyRule>[];
}

const allowed: Decision = Object.freeze({ allowed: true, reason: "" });

/** The one group that no role has to name: whoever is in it may do everything. */
export const isSuperuser = ({ groups }: User): boolean => groups.includes("system:masters");

export function createAuthorizer({ reader, nodeRules }: AuthorizerOptions): RoleAuthorizer {
  const rbac = createRbac(reader);
  const node = createNodeAuthorizer(reader, nodeRules);
  return {
    authorize: (attributes) => {
      if (isSuperuser(attributes.user)) return allowed;
      const byNode = node(attributes);
      if (byNode?.allowed) return byNode;
      const byRole = rbac.authorize(attributes);
      return byRole.allowed || !byNode?.reason ? byRole : joined(byNode, byRole);
    },
    rulesFor: (user, namespace) => {
      const held = isSuperuser(user) ? everything : rbac.rulesOf(user, namespace);
      return resolved(held, nodeNameOf(user) !== undefined);
    },
    heldRules: rbac.rulesOf,
  };
}

const joined = (first: Decision, second: Decision): Decision =>
  second.reason === "" ? first : { allowed: false, reason: `${first.reason}\n${second.reason}` };

const everything: readonly Partial<PolicyRule>[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** A node's rules depend on its pods, so its list is never complete. */
function resolved(rules: readonly Partial<PolicyRule>[], incomplete: boolean): ResolvedRules {
  const isPath = ({ nonResourceURLs = [] }: Partial<PolicyRule>): boolean =>
    nonResourceURLs.length > 0;
  return {
    resourceRules: rules
      .filter((rule) => !isPath(rule))
      .map(({ verbs = [], apiGroups = [], resources = [], resourceNames = [] }) => ({
        verbs,
        apiGroups,
        resources,
        resourceNames,
      })),
    nonResourceRules: rules
      .filter(isPath)
      .map(({ verbs = [], nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
    incomplete,
  };
}
