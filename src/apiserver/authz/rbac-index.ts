/**
 * Who is bound to which rules: roles and bindings turned over, from subject to rules. Built from
 * the cache and kept until one of the four kinds changes.
 * upstream: pkg/registry/rbac/validation/rule.go#DefaultRuleResolver
 */
import type { PolicyRule, RoleRef, Subject } from "#api/rbac/rules.ts";
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { Role } from "#api/rbac/role.ts";
import { RoleBinding } from "#api/rbac/rolebinding.ts";
import type { User } from "#api/request.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { accountName } from "../authn/groups.ts";
import type { Reader } from "../registry/registry.ts";
import type { Decision } from "./authorizer.ts";
import { type PreparedRule, prepareRule } from "./rules.ts";

/** The rules that one binding gives to one subject. */
export interface Grant {
  readonly rules: readonly PreparedRule[];
  /** What is answered when one of them covers the request. */
  readonly decision: Decision;
  /** Why there are no rules: the role does not exist. */
  readonly problem?: string;
}

type Grants = readonly Grant[];

export interface RbacIndex {
  readonly clusterWide: (user: User) => Grants;
  readonly inNamespace: (user: User, namespace: string) => Grants;
}

/** The newest change that the index has to know of. */
export const rbacRevision = (reader: Reader): number =>
  Math.max(
    reader.changed(ClusterRole),
    reader.changed(ClusterRoleBinding),
    reader.changed(Role),
    reader.changed(RoleBinding),
  );

type BySubject = Map<string, Grant[]>;

export function rbacIndex(reader: Reader): RbacIndex {
  const rulesOf = roleRules(reader);
  const cluster: BySubject = new Map();
  for (const { object } of reader.list(ClusterRoleBinding, "")) bind(cluster, object, rulesOf);
  const namespaces = new Map<string, BySubject>();
  for (const { object } of reader.list(RoleBinding, "")) {
    const namespace = object.metadata.namespace ?? "";
    const grants: BySubject = namespaces.get(namespace) ?? new Map();
    namespaces.set(namespace, grants);
    bind(grants, object, rulesOf);
  }
  return {
    clusterWide: (user) => grantsOf(cluster, user),
    inNamespace: (user, namespace) => grantsOf(namespaces.get(namespace), user),
  };
}

function grantsOf(grants: BySubject | undefined, { name, groups }: User): Grants {
  if (!grants) return [];
  const keys = [userKey(name), ...groups.map(groupKey)];
  return keys.flatMap((key) => grants.get(key) ?? []);
}

const userKey = (name: string): string => `user ${name}`;
const groupKey = (name: string): string => `group ${name}`;

type RulesOf = (ref: RoleRef, namespace: string) => readonly PolicyRule[] | undefined;

/** Finds the rules of a role; those of an aggregated one are collected from its parts. */
export function roleRules(reader: Reader): RulesOf {
  return ({ kind, name }, namespace) => {
    switch (kind) {
      case "ClusterRole":
        return clusterRoleRules(storedRoles(reader), name);
      case "Role":
        return reader.get(Role, namespace, name)?.object.rules;
      default:
        return undefined;
    }
  };
}

/** Where cluster roles are looked up: those that are stored, or are about to be. */
export interface ClusterRoles {
  readonly find: (name: string) => ClusterRole | undefined;
  /** By name. */
  readonly all: () => readonly ClusterRole[];
}

export const storedRoles = (reader: Reader): ClusterRoles => ({
  find: (name) => reader.get(ClusterRole, "", name)?.object,
  all: () => reader.list(ClusterRole, "").map(({ object }) => object),
});

/**
 * A controller writes the collected rules into aggregated roles so that readers see them; what is
 * allowed does not wait for it. `seen` ends cycles. Undefined where there is no such role.
 */
export function clusterRoleRules(
  roles: ClusterRoles,
  name: string,
  seen = new Set<string>(),
): readonly PolicyRule[] | undefined {
  const role = roles.find(name);
  if (!role?.aggregationRule) return role?.rules;
  seen.add(name);
  const selectors = (role.aggregationRule.clusterRoleSelectors ?? []).map(labelSelectorOf);
  return roles
    .all()
    .filter(({ metadata: { labels } }) => selectors.some(({ matches }) => matches(labels)))
    .map(({ metadata }) => metadata.name ?? "")
    .flatMap((part) => (seen.has(part) ? [] : (clusterRoleRules(roles, part, seen) ?? [])));
}

type Binding = ClusterRoleBinding | RoleBinding;

function bind(grants: BySubject, binding: Binding, rulesOf: RulesOf): void {
  const namespace = binding.metadata.namespace ?? "";
  const rules = rulesOf(binding.roleRef, namespace);
  const prepared = (rules ?? []).map(prepareRule);
  const problem = rules ? {} : { problem: missingRole(binding.roleRef) };
  for (const subject of binding.subjects ?? []) {
    const key = subjectKey(subject, namespace);
    if (key === undefined) continue;
    const reason = `RBAC: allowed by ${nameOf(binding)} of ${binding.roleRef.kind} ${JSON.stringify(binding.roleRef.name)} to ${describe(subject)}`;
    const grant = { rules: prepared, decision: { allowed: true, reason }, ...problem };
    const found = grants.get(key);
    if (found) found.push(grant);
    else grants.set(key, [grant]);
  }
}

/** A service account is the user that its tokens name. */
function subjectKey({ kind, name, namespace }: Subject, own: string): string | undefined {
  switch (kind) {
    case "User":
      return userKey(name);
    case "Group":
      return groupKey(name);
    case "ServiceAccount":
      return namespace || own ? userKey(accountName(namespace || own, name)) : undefined;
    default:
      return undefined;
  }
}

const nameOf = ({ kind, metadata: { name, namespace } }: Binding): string =>
  `${kind} ${JSON.stringify(namespace ? `${name}/${namespace}` : name)}`;

const describe = ({ kind, name, namespace }: Subject): string =>
  `${kind} ${JSON.stringify(namespace ? `${name}/${namespace}` : name)}`;

const missingRole = ({ kind, name }: RoleRef): string =>
  `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`;
