/**
 * Default roles and bindings, as data and as objects. A role that is there already gets the rules,
 * labels and subjects that it lacks and keeps what somebody added, unless its annotation says that
 * it is not to be touched.
 * upstream: staging/src/k8s.io/component-helpers/auth/rbac/reconciliation
 */
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { Role } from "#api/rbac/role.ts";
import { RoleBinding } from "#api/rbac/rolebinding.ts";
import type { PolicyRule, Subject } from "#api/rbac/rules.ts";
import { draftOf, equal } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import type { Reader } from "../registry/registry.ts";
import { missingRules } from "../authz/escalation.ts";
import { type ClusterRoles, clusterRoleRules, storedRoles } from "../authz/rbac-index.ts";
import type { Rule } from "./rules.ts";
import { type Wanted, wanted } from "./wanted.ts";

export interface DefaultRole {
  readonly name: string;
  readonly rules?: readonly Rule[];
  /** It has the rules of all roles with this label. */
  readonly gathers?: string;
  readonly labels?: readonly string[];
  /** Who it is bound to: `user x`, `group x`, `account namespace/x`. Absent: no binding is made. */
  readonly to?: readonly string[];
  /** The name of the binding, where it is not that of the role. */
  readonly boundAs?: string;
}

const group = "rbac.authorization.k8s.io";
const autoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

const metadataOf = ({ name, labels = [] }: DefaultRole) => ({
  name,
  annotations: { [autoUpdate]: "true" },
  labels: {
    "kubernetes.io/bootstrapping": "rbac-defaults",
    ...Object.fromEntries(labels.map((label) => [label, "true"])),
  },
});

/** The role, and its binding. */
export const clusterRoleObjects = (role: DefaultRole): readonly Wanted[] => [
  wanted(
    ClusterRole,
    {
      metadata: metadataOf(role),
      rules: role.rules ?? [],
      ...(role.gathers
        ? {
            aggregationRule: {
              clusterRoleSelectors: [{ matchLabels: { [role.gathers]: "true" } }],
            },
          }
        : {}),
    },
    { merge: mergeRole },
  ),
  ...(role.to
    ? [
        wanted(
          ClusterRoleBinding,
          {
            metadata: metadataOf({ name: role.boundAs ?? role.name }),
            roleRef: { apiGroup: group, kind: ClusterRole.kind, name: role.name },
            subjects: role.to.map(subjectOf),
          },
          asBinding,
        ),
      ]
    : []),
];

export const namespaceRoleObjects = (
  role: DefaultRole & { readonly namespace: string },
): readonly Wanted[] => [
  wanted(
    Role,
    { metadata: { ...metadataOf(role), namespace: role.namespace }, rules: role.rules ?? [] },
    { merge: mergeRole },
  ),
  wanted(
    RoleBinding,
    {
      metadata: { ...metadataOf({ name: role.boundAs ?? role.name }), namespace: role.namespace },
      roleRef: { apiGroup: group, kind: Role.kind, name: role.name },
      subjects: (role.to ?? []).map(subjectOf),
    },
    asBinding,
  ),
];

function subjectOf(text: string): Partial<Subject> {
  const [what = "", name = ""] = text.split(" ");
  switch (what) {
    case "user":
      return { kind: "User", apiGroup: group, name };
    case "group":
      return { kind: "Group", apiGroup: group, name };
    default: {
      const [namespace = "", account = ""] = name.split("/");
      return { kind: "ServiceAccount", name: account, namespace };
    }
  }
}

type AnyRole = Pick<ClusterRole, "metadata" | "rules" | "aggregationRule">;
type AnyBinding = Pick<ClusterRoleBinding, "metadata" | "roleRef" | "subjects">;

const isKept = ({ metadata }: Pick<AnyRole, "metadata">): boolean =>
  metadata.annotations?.[autoUpdate] === "false";

/** Labels and annotations that it lacks. */
function addMetadata(draft: Draft<AnyRole>["metadata"], { metadata }: Pick<AnyRole, "metadata">) {
  draft.labels = { ...metadata.labels, ...draft.labels };
  draft.annotations = { ...metadata.annotations, ...draft.annotations };
}

function mergeRole<T extends AnyRole>(current: T, role: T, reader: Reader): Draft<T> | undefined {
  if (isKept(current)) return undefined;
  const draft = draftOf(current) as Draft<AnyRole>;
  addMetadata(draft.metadata, role);
  if (role.aggregationRule) {
    const selectors = draft.aggregationRule?.clusterRoleSelectors ?? [];
    const lacking = (role.aggregationRule.clusterRoleSelectors ?? []).filter(
      (selector) => !selectors.some((own) => equal(own, selector)),
    );
    draft.aggregationRule = { clusterRoleSelectors: [...selectors, ...draftOf(lacking)] };
    draft.rules = gathered(current, storedRoles(reader));
  } else {
    const lacking = missingRules(draft.rules, role.rules) as readonly PolicyRule[];
    draft.rules = [...draft.rules, ...draftOf(lacking)];
  }
  return draft as Draft<T>;
}

/** The rules of its parts, each once; what a controller would write for those who look. */
export function gathered(
  { metadata }: Pick<AnyRole, "metadata">,
  roles: ClusterRoles,
): Draft<PolicyRule>[] {
  const rules: Draft<PolicyRule>[] = [];
  for (const rule of clusterRoleRules(roles, metadata.name ?? "") ?? [])
    if (!rules.some((known) => equal(known, rule))) rules.push(draftOf(rule));
  return rules;
}

function mergeBinding<T extends AnyBinding>(current: T, binding: T): Draft<T> | undefined {
  if (isKept(current)) return undefined;
  const draft = draftOf(current) as Draft<AnyBinding>;
  addMetadata(draft.metadata, binding);
  const own = draft.subjects ?? [];
  const lacking = (binding.subjects ?? []).filter((one) => !own.some((other) => equal(other, one)));
  if (own.length + lacking.length > 0) draft.subjects = [...own, ...draftOf(lacking)];
  return draft as Draft<T>;
}

/** What a binding binds to is for ever; one of another role is made again. */
const asBinding = {
  merge: mergeBinding,
  replaces: (current: AnyBinding, binding: AnyBinding): boolean =>
    !isKept(current) && !equal(current.roleRef, binding.roleRef),
};
