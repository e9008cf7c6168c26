/**
 * Asks superuser and then, in order, whom the chain names: node and roles unless it is said otherwise.
 * One allowance or one denial is enough. Without one the reasons of all are told.
 * upstream: staging/src/k8s.io/apiserver/pkg/authorization/union/union.go
 */
import type { PolicyRule } from "#api/rbac/rules.ts";
import type { User } from "#api/request.ts";
import { aggregate } from "#base/aggregate.ts";
import type { Reader } from "../registry/registry.ts";
import type { Answer, Attributes, Authorizer, Decision, ResolvedRules } from "./authorizer.ts";
import { createNodeAuthorizer, nodeNameOf } from "./node.ts";
import { createRbac, type Rbac } from "./rbac.ts";

export const builtInTypes = ["AlwaysAllow", "AlwaysDeny", "Node", "RBAC"] as const;
export type BuiltIn = (typeof builtInTypes)[number];

/** Somebody outside. Never rejects. */
export interface Outsider {
  readonly name: string;
  readonly authorize: (attributes: Attributes) => Answer;
}

export type Chain = readonly (BuiltIn | Outsider)[];

export interface AuthorizerOptions {
  /** Asked for with each use: the registry is made after the authorizer. */
  readonly reader: () => Reader;
  /** What every node may do beyond what is decided object by object. */
  readonly nodeRules: readonly Partial<PolicyRule>[];
  /** Asked for with each use: it may be changed. The same one while it is the same. */
  readonly chain?: (() => Chain) | undefined;
}

/** Also tells what somebody holds, so that nobody can grant more. */
export interface RoleAuthorizer extends Authorizer {
  readonly heldRules: (user: User, namespace: string) => readonly Partial<PolicyRule>[];
}

type Rules = readonly Partial<PolicyRule>[];

/** One of the chain. */
interface Step extends Outsider {
  readonly type: string;
  /** How often it allowed and denied. */
  readonly counts: { allowed: number; denied: number };
  readonly rulesOf: (user: User, namespace: string) => { readonly rules: Rules; problem?: string };
}

/** The one group that no role has to name: whoever is in it may do everything. */
export const isSuperuser = ({ groups }: User): boolean => groups.includes("system:masters");

const usual: Chain = ["Node", "RBAC"];

export function createAuthorizer(options: AuthorizerOptions): RoleAuthorizer {
  const { reader, chain = () => usual } = options;
  const rbac = createRbac(reader);
  const builtIn = builtInSteps(options, rbac);
  let known: Chain | undefined;
  let steps: readonly Step[] = [];
  const current = (): readonly Step[] => {
    const now = chain();
    if (now === known) return steps;
    steps = now.map((one) => (typeof one === "string" ? builtIn[one] : outsideStep(one)));
    known = now;
    return steps;
  };
  return {
    authorize: (attributes) =>
      isSuperuser(attributes.user) ? allowed : ask(current(), attributes, start),
    rulesFor: (user, namespace) => {
      const parts = current().map((step) => step.rulesOf(user, namespace));
      const problems = parts.flatMap(({ problem }) => problem ?? []);
      return resolved(
        parts.flatMap(({ rules }) => rules),
        problems,
      );
    },
    heldRules: rbac.rulesOf,
    decisions: () => current().map(({ type, name, counts }) => ({ type, name, ...counts })),
  };
}

const allowed: Decision = Object.freeze({ allowed: true, reason: "" });
const noOpinion: Decision = Object.freeze({ allowed: false, reason: "" });

interface Progress {
  /** How many were asked. */
  readonly asked: number;
  /** What they said together. */
  readonly said: Decision;
}

const start: Progress = Object.freeze({ asked: 0, said: noOpinion });

/** Waits only where it must. */
function ask(steps: readonly Step[], attributes: Attributes, { asked, said }: Progress): Answer {
  let together = said;
  for (let at = asked; at < steps.length; at++) {
    const step = steps[at] as Step;
    const answer = step.authorize(attributes);
    if (answer instanceof Promise) {
      const before = together;
      return answer.then((one) =>
        isFinal(one, step)
          ? one
          : ask(steps, attributes, { asked: at + 1, said: joined(before, one) }),
      );
    }
    if (isFinal(answer, step)) return answer;
    together = joined(together, answer);
  }
  return together;
}

/** Nobody else is asked; it is counted who decided. */
function isFinal({ allowed: may, denied }: Decision, { counts }: Step): boolean {
  if (may) counts.allowed++;
  else if (denied) counts.denied++;
  return may || denied === true;
}

function joined(first: Decision, second: Decision): Decision {
  if (isEmpty(first)) return second;
  if (isEmpty(second)) return first;
  const errors = [first, second].flatMap(({ error }) => error ?? []);
  return {
    allowed: false,
    reason: [first, second].flatMap(({ reason }) => reason || []).join("\n"),
    ...(errors.length > 0 ? { error: aggregate(errors) } : {}),
  };
}

const isEmpty = ({ reason, error }: Decision): boolean => reason === "" && error === undefined;

const everything: Rules = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** exact: apiserver, the messages */
function builtInSteps(
  { reader, nodeRules }: AuthorizerOptions,
  rbac: Rbac,
): Readonly<Record<BuiltIn, Step>> {
  const node = createNodeAuthorizer(reader, nodeRules);
  const refusal: Decision = Object.freeze({ allowed: false, reason: "Everything is forbidden." });
  return {
    Node: {
      ...named("Node"),
      authorize: (attributes) => node(attributes) ?? noOpinion,
      // A node's rules depend on its pods.
      rulesOf: (user) => (nodeNameOf(user) === undefined ? none : unresolved("node")),
    },
    RBAC: {
      ...named("RBAC"),
      authorize: rbac.authorize,
      rulesOf: (user, namespace) => ({ rules: rbac.rulesOf(user, namespace) }),
    },
    AlwaysAllow: {
      ...named("AlwaysAllow"),
      authorize: () => allowed,
      rulesOf: () => ({ rules: everything }),
    },
    AlwaysDeny: { ...named("AlwaysDeny"), authorize: () => refusal, rulesOf: () => none },
  };
}

const named = (
  type: string,
  name = type.toLowerCase(),
): Pick<Step, "type" | "name" | "counts"> => ({
  type,
  name,
  counts: { allowed: 0, denied: 0 },
});

const none = { rules: [] } as const;

const unresolved = (who: string) => ({
  rules: [],
  problem: `${who} authorizer does not support user rule resolution`,
});

const outsideStep = ({ name, authorize }: Outsider): Step => ({
  ...named("Webhook", name),
  authorize,
  rulesOf: () => unresolved("webhook"),
});

function resolved(rules: Rules, problems: readonly string[]): ResolvedRules {
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
    incomplete: problems.length > 0,
    ...(problems.length > 0 ? { problem: aggregate(problems) } : {}),
  };
}
