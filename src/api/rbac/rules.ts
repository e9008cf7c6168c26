/**
 * What roles allow, and whom bindings name: shared by roles of a namespace and of the cluster.
 * upstream: pkg/apis/rbac/validation/validation.go
 */
import { ageColumn } from "#api/columns.ts";
import type { ApiObject, Column } from "#api/kind.ts";
import { invalidEach, pathSegmentName, serviceAccountName } from "#api/names.ts";
import {
  child,
  type FieldError,
  index,
  invalid,
  notListed,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const rbacGroup = "rbac.authorization.k8s.io";

export const PolicyRule = s.struct("rbac/v1.PolicyRule", {
  verbs: s.list(1, "string", {
    required: true,
    listType: "atomic",
    doc: "What may be done (get, list, create…); `*` stands for everything.",
  }),
  apiGroups: s.list(2, "string", {
    listType: "atomic",
    doc: "Groups of the resources; empty text is the core group, `*` every group.",
  }),
  resources: s.list(3, "string", {
    listType: "atomic",
    doc: "Plural names, with `/` before a subresource; `*` stands for all.",
  }),
  resourceNames: s.list(4, "string", {
    listType: "atomic",
    doc: "Only objects of these names. Empty: all of them.",
  }),
  nonResourceURLs: s.list(5, "string", {
    listType: "atomic",
    doc: "Paths outside the resources, such as `/metrics`; a final `*` matches any rest.",
  }),
});

export interface PolicyRule extends ValueOf<typeof PolicyRule> {}

export const RoleRef = s.struct(
  "rbac/v1.RoleRef",
  {
    apiGroup: s.string(1, { always: true, doc: "Group of the role: rbac.authorization.k8s.io." }),
    kind: s.string(2, { required: true, doc: "Role or ClusterRole." }),
    name: s.string(3, { required: true }),
  },
  {
    atomic: true,
    doc: "The role that a binding grants.",
    defaults(draft) {
      draft.apiGroup ||= rbacGroup;
    },
  },
);

export interface RoleRef extends ValueOf<typeof RoleRef> {}

/** Kinds of subjects that are no objects of the API. */
const people = new Set(["User", "Group"]);

export const Subject = s.struct(
  "rbac/v1.Subject",
  {
    kind: s.string(1, { required: true, doc: "User, Group or ServiceAccount." }),
    apiGroup: s.string(2),
    name: s.string(3, { required: true }),
    namespace: s.string(4, { doc: "Namespace of a service account." }),
  },
  {
    atomic: true,
    doc: "Somebody who gets a role.",
    defaults(draft) {
      if (people.has(draft.kind)) draft.apiGroup ||= rbacGroup;
    },
  },
);

export interface Subject extends ValueOf<typeof Subject> {}

type Scope = "Namespaced" | "Cluster";

export function* validRules(rules: readonly PolicyRule[], scope: Scope): Iterable<FieldError> {
  for (const [at, rule] of rules.entries()) yield* validRule(index("rules", at), rule, scope);
}

function* validRule(at: string, rule: PolicyRule, scope: Scope): Iterable<FieldError> {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  if (verbs.length === 0)
    yield required(child(at, "verbs"), "verbs must contain at least one value");
  if (nonResourceURLs.length > 0) {
    const path = child(at, "nonResourceURLs");
    if (scope === "Namespaced") {
      yield invalid(path, nonResourceURLs, "namespaced rules cannot apply to non-resource URLs");
    }
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      yield invalid(
        path,
        nonResourceURLs,
        "rules cannot apply to both regular resources and non-resource URLs",
      );
    }
    return;
  }
  if (apiGroups.length === 0) {
    yield required(child(at, "apiGroups"), "resource rules must supply at least one api group");
  }
  if (resources.length === 0) {
    yield required(child(at, "resources"), "resource rules must supply at least one resource");
  }
}

export function* validRoleRef(
  { apiGroup, kind, name }: RoleRef,
  kinds: readonly string[],
): Iterable<FieldError> {
  if (apiGroup !== rbacGroup) yield notSupported("roleRef.apiGroup", apiGroup, [rbacGroup]);
  if (!kinds.includes(kind)) yield notListed("roleRef.kind", kind, kinds);
  if (name === "") yield required("roleRef.name");
  else yield* invalidEach("roleRef.name", name, pathSegmentName(name, false));
}

export function* validSubjects(
  subjects: readonly Subject[] | undefined,
  scope: Scope,
): Iterable<FieldError> {
  for (const [at, subject] of (subjects ?? []).entries()) {
    const path = index("subjects", at);
    if (subject.name === "") yield required(child(path, "name"));
    yield* validSubject(path, subject, scope);
  }
}

function* validSubject(path: string, subject: Subject, scope: Scope): Iterable<FieldError> {
  const { kind, apiGroup = "", name, namespace = "" } = subject;
  switch (kind) {
    case "ServiceAccount":
      if (name !== "") {
        yield* invalidEach(child(path, "name"), name, serviceAccountName(name, false));
      }
      if (apiGroup !== "") yield notSupported(child(path, "apiGroup"), apiGroup, [""]);
      if (scope === "Cluster" && namespace === "") yield required(child(path, "namespace"));
      return;
    case "User":
    case "Group":
      if (apiGroup !== rbacGroup) {
        yield notSupported(child(path, "apiGroup"), apiGroup, [rbacGroup]);
      }
      return;
    default:
      yield notListed(child(path, "kind"), kind, ["ServiceAccount", "User", "Group"]);
  }
}

interface Bound {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[] | undefined;
}

const subjectsColumn = (
  name: string,
  kind: string,
  show = (subject: Subject): string => subject.name,
): Column<Bound> => ({
  name,
  type: "string",
  wide: true,
  cell: ({ subjects = [] }) =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map(show)
      .join(", "),
});

/** What both kinds of bindings show, after the name. */
export const bindingColumns = [
  {
    name: "Role",
    type: "string",
    cell: ({ roleRef }: Bound) => `${roleRef.kind}/${roleRef.name}`,
  },
  ageColumn,
  subjectsColumn("Users", "User"),
  subjectsColumn("Groups", "Group"),
  subjectsColumn(
    "ServiceAccounts",
    "ServiceAccount",
    ({ namespace = "", name }) => `${namespace}/${name}`,
  ),
] as const satisfies readonly Column<Bound & ApiObject>[];

/** Whoever may change a binding could otherwise hand out any role. */
export function* sameRoleRef(value: RoleRef, old: RoleRef): Iterable<FieldError> {
  const isSame =
    value.apiGroup === old.apiGroup && value.kind === old.kind && value.name === old.name;
  if (!isSame) yield invalid("roleRef", value, "cannot change roleRef");
}
