/**
 * Nobody gives away more than they hold: checked where roles are written and where they are bound.
 * Exempt are superusers, and who may `escalate` the role or `bind` it.
 * upstream: pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go
 */
import { notFound } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { ClusterRoleBinding } from "#api/rbac/clusterrolebinding.ts";
import { Role } from "#api/rbac/role.ts";
import { RoleBinding } from "#api/rbac/rolebinding.ts";
import type { PolicyRule, RoleRef } from "#api/rbac/rules.ts";
import { equal } from "#schema/copy.ts";
import { escalationMessage, missingRules } from "../authz/escalation.ts";
import { roleRules } from "../authz/rbac-index.ts";
import { isSuperuser, type RoleAuthorizer } from "../authz/union.ts";
import { type Admission, type AdmissionRequest, refused } from "./admission.ts";

type Rules = readonly Partial<PolicyRule>[];

const everything: Rules = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

export const roleEscalation = (authorizer: RoleAuthorizer): Admission<ClusterRole> =>
  Object.freeze({
    name: "RoleEscalation",
    on: [Role, ClusterRole],
    when: ["CREATE", "UPDATE"] as const,

    async validate(role: ClusterRole, request: AdmissionRequest<ClusterRole>) {
      const { rules, aggregationRule } = role;
      const { kind, old, user, name } = request;
      if (isSuperuser(user)) return;
      if (old && isOnlyForCollector(role, old)) return;
      if (await mayDo(authorizer, request, ["escalate", kind, name])) return;
      refuseMissing(authorizer, request, rules);
      // It gathers rules that are not even written yet.
      const isGathering = aggregationRule ?? old?.aggregationRule;
      if (isGathering && missing(authorizer, request, everything).length > 0)
        throw refused(request, "must have cluster-admin privileges to use the aggregationRule");
    },
  });

export const roleBindingEscalation = (authorizer: RoleAuthorizer): Admission<RoleBinding> =>
  Object.freeze({
    name: "RoleEscalation",
    on: [RoleBinding, ClusterRoleBinding],
    when: ["CREATE", "UPDATE"] as const,

    async validate(binding: RoleBinding, request: AdmissionRequest<RoleBinding>) {
      const { roleRef } = binding;
      const { old, user } = request;
      if (isSuperuser(user)) return;
      if (old && isOnlyForCollector(binding, old)) return;
      const kind = roleKindOf(roleRef);
      if (await mayDo(authorizer, request, ["bind", kind, roleRef.name])) return;
      const rules = roleRules(request.reader)(roleRef, request.namespace);
      if (!rules) throw notFound(kind, roleRef.name);
      refuseMissing(authorizer, request, rules);
    },
  });

/**
 * Only what the garbage collector writes is changed: who owns it, and who holds on to it.
 * upstream: pkg/registry/rbac/helpers.go#IsOnlyMutatingGCFields
 */
const isOnlyForCollector = (now: ApiObject, old: ApiObject): boolean =>
  equal(withoutCollectors(now), withoutCollectors(old));

function withoutCollectors({ metadata, ...rest }: ApiObject): object {
  const {
    ownerReferences: _owners,
    finalizers: _finalizers,
    managedFields: _fields,
    resourceVersion: _revision,
    ...said
  } = metadata;
  return { ...rest, metadata: said };
}

const roleKindOf = ({ kind }: RoleRef): AnyKind => (kind === Role.kind ? Role : ClusterRole);

async function mayDo<T extends ApiObject>(
  authorizer: RoleAuthorizer,
  { user, namespace }: AdmissionRequest<T>,
  [verb, kind, name]: readonly [string, AnyKind, string],
): Promise<boolean> {
  const { allowed } = await authorizer.authorize({
    user,
    verb,
    isResource: true,
    path: "",
    group: kind.group,
    version: "*",
    resource: kind.plural,
    subresource: "",
    namespace,
    name,
  });
  return allowed;
}

const missing = <T extends ApiObject>(
  authorizer: RoleAuthorizer,
  { user, namespace }: AdmissionRequest<T>,
  rules: Rules,
): Rules => missingRules(authorizer.heldRules(user, namespace), rules);

function refuseMissing<T extends ApiObject>(
  authorizer: RoleAuthorizer,
  request: AdmissionRequest<T>,
  rules: Rules,
): void {
  const lacking = missing(authorizer, request, rules);
  if (lacking.length > 0) throw refused(request, escalationMessage(request.user, lacking));
}
