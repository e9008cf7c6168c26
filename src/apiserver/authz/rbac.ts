/**
 * Role-based access control. What a user is granted is collected once per user object and kept
 * until a role or binding changes, so a decision is a walk over a few prepared rules.
 * upstream: plugin/pkg/auth/authorizer/rbac/rbac.go
 */
import type { PolicyRule } from "#api/rbac/rules.ts";
import type { User } from "#api/request.ts";
import type { Reader } from "../registry/registry.ts";
import type { Attributes, Decision } from "./authorizer.ts";
import { type Grant, type RbacIndex, rbacIndex, rbacRevision } from "./rbac-index.ts";
import { type Asked, askedOf } from "./rules.ts";

export interface Rbac {
  readonly authorize: (attributes: Attributes) => Decision;
  /** Everything that the user is granted cluster-wide and, unless empty, in the namespace. */
  readonly rulesOf: (user: User, namespace: string) => readonly Partial<PolicyRule>[];
}

/** One user's grants under one state of the roles. */
interface Profile {
  readonly index: RbacIndex;
  readonly cluster: readonly Grant[];
  readonly namespaces: Map<string, readonly Grant[]>;
}

export function createRbac(reader: () => Reader): Rbac {
  const profiles = new WeakMap<User, Profile>();
  let index: RbacIndex | undefined;
  let revision = -1;

  const newest = (): RbacIndex => {
    const now = rbacRevision(reader());
    if (index && now === revision) return index;
    index = rbacIndex(reader());
    revision = now;
    return index;
  };

  const profileOf = (user: User): Profile => {
    const current = newest();
    const known = profiles.get(user);
    if (known?.index === current) return known;
    const profile = {
      index: current,
      cluster: current.clusterWide(user),
      namespaces: new Map<string, readonly Grant[]>(),
    };
    profiles.set(user, profile);
    return profile;
  };

  const inNamespace = (profile: Profile, user: User, namespace: string): readonly Grant[] => {
    const known = profile.namespaces.get(namespace);
    if (known) return known;
    const grants = profile.index.inNamespace(user, namespace);
    profile.namespaces.set(namespace, grants);
    return grants;
  };

  return {
    authorize: (attributes) => {
      const { user, namespace, isResource } = attributes;
      const profile = profileOf(user);
      const asked = askedOf(attributes);
      const local =
        isResource && namespace !== "" ? inNamespace(profile, user, namespace) : undefined;
      return (
        allowedBy(profile.cluster, asked) ??
        (local && allowedBy(local, asked)) ??
        refusal([...profile.cluster, ...(local ?? [])])
      );
    },
    rulesOf: (user, namespace) => {
      const profile = profileOf(user);
      const local = namespace === "" ? [] : inNamespace(profile, user, namespace);
      return [...profile.cluster, ...local].flatMap(({ rules }) => rules.map(({ rule }) => rule));
    },
  };
}

function allowedBy(grants: readonly Grant[], asked: Asked): Decision | undefined {
  for (const { rules, decision } of grants) {
    for (const { covers } of rules) if (covers(asked)) return decision;
  }
  return undefined;
}

const plainRefusal: Decision = Object.freeze({ allowed: false, reason: "" });

/** Names the roles that bindings of this user point to in vain: mostly the reason. */
function refusal(grants: readonly Grant[]): Decision {
  const problems = [...new Set(grants.flatMap(({ problem }) => problem ?? []))];
  if (problems.length === 0) return plainRefusal;
  const list = problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`;
  return { allowed: false, reason: `RBAC: ${list}` };
}
