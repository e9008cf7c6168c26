/**
 * Which flow a request belongs to: that of the first schema with a rule for it, by precedence, then by name.
 * What a user's schemas are is remembered with the user.
 * upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/rule.go
 */
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "#api/flowcontrol/flowschema.ts";
import type { User } from "#api/request.ts";
import { accountName } from "../authn/groups.ts";
import type { Context, RequestInfo } from "../context.ts";
import type { Flow } from "./flow.ts";

type Covers = (info: RequestInfo) => boolean;

interface Rule {
  readonly isFor: (user: User) => boolean;
  readonly covers: Covers;
}

export interface Matcher {
  readonly flow: Flow;
  readonly precedence: number;
  readonly rules: readonly Rule[];
}

interface Candidate {
  readonly flow: Flow;
  readonly covers: readonly Covers[];
}

export class Matching {
  readonly #matchers: readonly Matcher[];
  readonly #catchAll: Flow;
  readonly #ofUser = new WeakMap<User, readonly Candidate[]>();

  constructor(matchers: readonly Matcher[], catchAll: Flow) {
    this.#catchAll = catchAll;
    this.#matchers = matchers.toSorted(
      (one, other) =>
        one.precedence - other.precedence || (one.flow.name < other.flow.name ? -1 : 1),
    );
  }

  flowOf({ user, info }: Context): Flow {
    const known = this.#ofUser.get(user) ?? this.#candidatesOf(user);
    for (const { flow, covers } of known) {
      for (const each of covers) if (each(info)) return flow;
    }
    return this.#catchAll;
  }

  #candidatesOf(user: User): readonly Candidate[] {
    const all = this.#matchers.flatMap(({ flow, rules }) => {
      const own = rules.filter(({ isFor }) => isFor(user));
      return own.length === 0 ? [] : [{ flow, covers: own.map(({ covers }) => covers) }];
    });
    this.#ofUser.set(user, all);
    return all;
  }
}

export const matcherOf = ({ spec }: Pick<FlowSchema, "spec">, flow: Flow): Matcher => ({
  flow,
  precedence: spec.matchingPrecedence,
  rules: (spec.rules ?? []).map(ruleOf),
});

function ruleOf({ subjects, resourceRules, nonResourceRules }: PolicyRulesWithSubjects): Rule {
  const whom = subjects.map(subjectOf);
  const resources = (resourceRules ?? []).map(coversResource);
  const paths = (nonResourceRules ?? []).map(coversPath);
  return {
    isFor: (user) => whom.some((each) => each(user)),
    covers: (info) => (info.isResource ? resources : paths).some((each) => each(info)),
  };
}

const all = "*";

function subjectOf({ user, group, serviceAccount }: Subject): Rule["isFor"] {
  if (user) return ({ name }) => user.name === all || user.name === name;
  if (group) return ({ groups }) => group.name === all || groups.includes(group.name);
  if (!serviceAccount) return () => false;
  const prefix = accountName(serviceAccount.namespace, "");
  if (serviceAccount.name === all) return ({ name }) => name.startsWith(prefix);
  const full = prefix + serviceAccount.name;
  return ({ name }) => name === full;
}

/** Undefined: anything will do. */
const anyOf = (values: readonly string[]): ReadonlySet<string> | undefined =>
  values.includes(all) ? undefined : new Set(values);

function coversResource(rule: ResourcePolicyRule): Covers {
  const verbs = anyOf(rule.verbs);
  const groups = anyOf(rule.apiGroups);
  const resources = anyOf(rule.resources);
  const namespaces = anyOf(rule.namespaces ?? []);
  const isClusterWide = rule.clusterScope === true;
  return ({ verb, group, resource, subresource, namespace }) => {
    if (verbs && !verbs.has(verb)) return false;
    if (groups && !groups.has(group)) return false;
    if (namespace === "" ? !isClusterWide : namespaces && !namespaces.has(namespace)) return false;
    return !resources || resources.has(subresource ? `${resource}/${subresource}` : resource);
  };
}

function coversPath({ verbs: names, nonResourceURLs }: NonResourcePolicyRule): Covers {
  const verbs = anyOf(names);
  const paths = anyOf(nonResourceURLs);
  if (!paths) return ({ verb }) => !verbs || verbs.has(verb);
  const prefixes = [...paths].filter((path) => path.endsWith(all));
  const starts = prefixes.map((path) => path.replace(/\*+$/, ""));
  return ({ verb, path }) =>
    (!verbs || verbs.has(verb)) && (paths.has(path) || starts.some((one) => path.startsWith(one)));
}
