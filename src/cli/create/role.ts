/**
 * Rules and subjects of RBAC out of flags.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/create/{create_role,create_rolebinding}.go
 */
import { flag } from "../flags.ts";
import type { Session } from "../session.ts";

export const ruleFlags = {
  verb: flag.list("what may be done: get, list, …", { value: "VERB" }),
  resource: flag.list("with which resources: pods, deployments.apps, pods/log", {
    value: "RESOURCE[.GROUP][/SUBRESOURCE]",
  }),
  "resource-name": flag.list("only with objects of this name", { value: "NAME" }),
} as const;

export interface RuleFlags {
  readonly verb: readonly string[];
  readonly resource: readonly string[];
  readonly "resource-name": readonly string[];
}

export interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

const allVerbs = "*";

/** A star stands for all of them. */
export const verbsOf = (verbs: readonly string[]): readonly string[] =>
  verbs.includes(allVerbs) ? [allVerbs] : [...new Set(verbs)];

// exact: kubectl, the messages
export async function rulesOf(session: Session, flags: RuleFlags): Promise<readonly Rule[]> {
  if (flags.verb.length === 0) throw new Error("at least one verb must be specified");
  if (flags.resource.length === 0) throw new Error("at least one resource must be specified");
  const byGroup = new Map<string, string[]>();
  for (const text of new Set(flags.resource)) {
    const { group, name } = await groupAndName(session, text);
    const names = byGroup.get(group) ?? [];
    if (!names.includes(name)) byGroup.set(group, [...names, name]);
  }
  const names = flags["resource-name"];
  return [...byGroup].map(([group, resources]) => ({
    verbs: verbsOf(flags.verb),
    apiGroups: [group],
    resources,
    ...(names.length > 0 ? { resourceNames: names } : {}),
  }));
}

async function groupAndName(
  session: Session,
  text: string,
): Promise<{ readonly group: string; readonly name: string }> {
  const [type = "", subresource] = text.split("/");
  if (type === "") throw new Error("resource must be specified if apiGroup/subresource specified");
  if (type === "*") return { group: "", name: "*" };
  const found = (await session.discovered()).find(type);
  if (!found) throw new Error(`the server doesn't have a resource type "${type.split(".")[0]}"`);
  const { group, plural } = found.kind;
  return { group, name: subresource === undefined ? plural : `${plural}/${subresource}` };
}

export const subjectFlags = {
  user: flag.list("a user who gets the role", { value: "NAME" }),
  group: flag.list("a group whose members get the role", { value: "NAME" }),
  serviceaccount: flag.list("a service account that gets the role", { value: "NAMESPACE:NAME" }),
} as const;

export interface SubjectFlags {
  readonly user: readonly string[];
  readonly group: readonly string[];
  readonly serviceaccount: readonly string[];
}

const apiGroup = "rbac.authorization.k8s.io";

export interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly apiGroup?: string;
  readonly namespace?: string;
}

export const subjectsOf = (flags: SubjectFlags): readonly Subject[] => [
  ...flags.user.map((name) => ({ kind: "User", apiGroup, name })),
  ...flags.group.map((name) => ({ kind: "Group", apiGroup, name })),
  ...flags.serviceaccount.map(accountOf),
];

/** exact: kubectl, the message */
export function accountOf(text: string): Subject {
  const [namespace, name, ...more] = text.split(":");
  if (!namespace || !name || more.length > 0)
    throw new Error("serviceaccount must be <namespace>:<name>");
  return { kind: "ServiceAccount", name, namespace };
}

export const roleRef = (kind: "Role" | "ClusterRole", name: string) => ({ apiGroup, kind, name });
