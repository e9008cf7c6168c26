/**
 * In which of several ways somebody may act as somebody else: for some requests only, as a node, as a service account
 * or as another user; or, as it always was, for everything. The narrow ones are tried first.
 * upstream: apiserver/pkg/endpoints/filters/impersonation (KEP 5284, constrained impersonation)
 */
import type { ApiError } from "#api/errors.ts";
import { domainPrefixedPath } from "#api/field-rules.ts";
import { dnsSubdomain } from "#api/names.ts";
import type { User } from "#api/request.ts";
import { aggregateText } from "#schema/field-error.ts";
import {
  accountGroups,
  accountPrefix,
  allAuthenticated,
  allUnauthenticated,
  anonymous,
  nodeName as nodeNameKey,
  nodePrefix,
} from "../authn/groups.ts";
import { Remembered } from "../authn/remembered.ts";
import { forbiddenRequest } from "../refusals.ts";
import type { Attributes, Authorizer } from "./authorizer.ts";

export interface Impersonated {
  readonly user: User;
  /** The verb that allowed it, where it did so for some requests only; else empty. */
  readonly constraint: string;
}

interface Mode {
  /** Part of the verbs; empty: the old way. */
  readonly name: string;
  /** Whether users of that sort are impersonated in this way at all. */
  readonly fits: (wanted: User, requestor: User) => boolean;
  /** What is asked of the authorizer instead. */
  readonly asking?: (attributes: Attributes) => Attributes;
}

const modes: readonly Mode[] = [
  {
    name: "associated-node",
    fits: (wanted, { name, extra = {} }) =>
      isNameOnly(wanted) &&
      nodeIn(wanted.name) !== undefined &&
      accountIn(name) !== undefined &&
      extra[nodeNameKey]?.length === 1 &&
      extra[nodeNameKey][0] === nodeIn(wanted.name),
    // The right holds for whichever node the account's pod is on.
    asking: (attributes) => ({
      ...attributes,
      name: attributes.verb === "impersonate:associated-node" ? "*" : attributes.name,
      user: {
        ...attributes.user,
        extra: { [associatedKeys]: Object.keys(attributes.user.extra ?? {}).toSorted() },
      },
    }),
  },
  {
    name: "arbitrary-node",
    fits: (wanted) => isNameOnly(wanted) && nodeIn(wanted.name) !== undefined,
  },
  {
    name: "serviceaccount",
    fits: (wanted) => isNameOnly(wanted) && accountIn(wanted.name) !== undefined,
  },
  {
    name: "user-info",
    fits: ({ name }) => nodeIn(name) === undefined && accountIn(name) === undefined,
  },
  { name: "", fits: () => true },
];

const associatedKeys = "authentication.kubernetes.io/associated-node-keys";

const isNameOnly = ({ uid = "", groups, extra = {} }: User): boolean =>
  uid === "" && groups.length === 0 && Object.keys(extra).length === 0;

function nodeIn(name: string): string | undefined {
  if (!name.startsWith(nodePrefix)) return undefined;
  const node = name.slice(nodePrefix.length);
  return dnsSubdomain(node).length === 0 ? node : undefined;
}

function accountIn(name: string): { namespace: string; account: string } | undefined {
  if (!name.startsWith(accountPrefix)) return undefined;
  const [namespace, account, ...more] = name.slice(accountPrefix.length).split(":");
  return namespace && account && more.length === 0 ? { namespace, account } : undefined;
}

/** Throws Forbidden, with what the first way lacked. */
export type Impersonation = (wanted: User, attributes: Attributes) => Promise<Impersonated>;

export function impersonation(authorizer: Authorizer): Impersonation {
  /** By the caller's name: mostly it is the same way again. */
  const latest = new Remembered<Mode>();
  return async (wanted, attributes) => {
    const { user } = attributes;
    const last = latest.get(user.name);
    let refusal: ApiError | undefined;
    for (const mode of last ? [last, ...modes.filter((one) => one !== last)] : modes) {
      if (!mode.fits(wanted, user)) continue;
      const problem = await new Attempt(authorizer, mode, attributes).problemWith(wanted);
      if (!problem) {
        latest.set(user.name, mode);
        return { user: withImpliedGroups(wanted, mode), constraint: verbOf(mode, "") };
      }
      refusal ??= problem;
    }
    throw refusal as ApiError;
  };
}

const verbOf = ({ name }: Mode, fallback: string): string =>
  name === "" ? fallback : `impersonate:${name}`;

const authentication = "authentication.k8s.io";
/** From so many on, it is asked once for all of them. */
const manyChecks = 4;

type Target = Pick<Attributes, "resource" | "name"> & Partial<Attributes>;

/** One way, for one request. */
class Attempt {
  readonly #authorizer: Authorizer;
  readonly #mode: Mode;
  readonly #attributes: Attributes;

  constructor(authorizer: Authorizer, mode: Mode, attributes: Attributes) {
    this.#authorizer = authorizer;
    this.#mode = mode;
    this.#attributes = attributes;
  }

  async problemWith(wanted: User): Promise<ApiError | undefined> {
    const { name } = this.#mode;
    if (name !== "") {
      const verb = `impersonate-on:${name}:${this.#attributes.verb}`;
      const problem = await this.#problem({ ...this.#attributes, verb });
      if (problem) return problem;
    }
    for (const targets of this.#targetsOf(wanted)) {
      const problem = await this.#problemWithAll(targets);
      if (problem) return problem;
    }
    return undefined;
  }

  /** Everything that the caller must be allowed to impersonate, part by part. */
  *#targetsOf({ name, groups, uid = "", extra = {} }: User): Iterable<Part> {
    const isOld = this.#mode.name === "";
    const group = isOld ? "" : authentication;
    yield { targets: [{ group, ...nameTarget(name, isOld) }] };
    if (uid !== "") yield { targets: [{ group: authentication, resource: "uids", name: uid }] };
    yield {
      targets: groups.map((one) => ({ group, resource: "groups", name: one })),
      wrong: isOld ? undefined : groupProblem(groups),
    };
    yield {
      targets: Object.entries(extra).flatMap(([subresource, values]) =>
        values.map((value) => ({
          group: authentication,
          resource: "userextras",
          subresource,
          name: value,
        })),
      ),
      wrong: isOld ? undefined : extraProblem(extra),
    };
  }

  async #problemWithAll({ targets, wrong }: Part): Promise<ApiError | undefined> {
    const [first] = targets;
    if (!first) return undefined;
    if (wrong) {
      const about = this.#asked({ ...first, subresource: "", name: wrong.name ?? "" });
      return forbiddenRequest(about, wrong.text);
    }
    if (this.#mode.name !== "" && targets.length >= manyChecks) {
      const subresource = first.subresource === undefined ? "" : "*";
      if (!(await this.#problem(this.#asked({ ...first, subresource, name: "*" }))))
        return undefined;
    }
    for (const target of targets) {
      const problem = await this.#problem(this.#asked(target));
      if (problem) return problem;
    }
    return undefined;
  }

  #asked(target: Target): Attributes {
    const { user, path } = this.#attributes;
    const verb = verbOf(this.#mode, "impersonate");
    return { ...whole, user, path, verb, ...target };
  }

  async #problem(wanted: Attributes): Promise<ApiError | undefined> {
    const attributes = this.#mode.asking?.(wanted) ?? wanted;
    const { allowed, reason, error } = await this.#authorizer.authorize(attributes);
    if (allowed) return undefined;
    return forbiddenRequest(attributes, [error ?? "", reason].filter(Boolean).join(": "));
  }
}

const whole = {
  isResource: true,
  group: "",
  version: "v1",
  namespace: "",
  subresource: "",
} as const;

interface Part {
  readonly targets: readonly Target[];
  /** What nobody may impersonate in this way. */
  readonly wrong?: { readonly text: string; readonly name?: string } | undefined;
}

function nameTarget(name: string, isOld: boolean): Target {
  const node = isOld ? undefined : nodeIn(name);
  if (node !== undefined) return { resource: "nodes", name: node };
  const { namespace, account } = accountIn(name) ?? {};
  if (account === undefined) return { resource: "users", name };
  return { resource: "serviceaccounts", namespace: namespace ?? "", name: account };
}

// exact: apiserver, all texts
function groupProblem(groups: readonly string[]): Part["wrong"] {
  const notAllowed = (what: string, name = "") => ({
    text: `impersonating the ${what} is not allowed`,
    name,
  });
  if (groups.includes("")) return notAllowed("empty string group");
  if (groups.includes("system:masters"))
    return notAllowed("system:masters group", "system:masters");
  return undefined;
}

function extraProblem(extra: NonNullable<User["extra"]>): Part["wrong"] {
  for (const [key, values] of Object.entries(extra)) {
    const text = keyProblem(key) ?? valuesProblem(values);
    if (text !== undefined) return { text };
  }
  return undefined;
}

function keyProblem(key: string): string | undefined {
  if (key === "") return "impersonating the empty string key in extra is not allowed";
  const problems = [...domainPrefixedPath("extra.key", key)];
  if (problems.length > 0)
    return `impersonating an invalid key in extra is not allowed: ${aggregateText(problems)}`;
  if (key === key.toLowerCase()) return undefined;
  return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`;
}

function valuesProblem(values: readonly string[]): string | undefined {
  if (values.length === 0) return "impersonating empty values in extra is not allowed";
  if (!values.includes("")) return undefined;
  return "impersonating the empty string value in extra is not allowed";
}

function withImpliedGroups(user: User, { name: mode }: Mode): User {
  const implied = groupsOf(user, mode);
  if (user.name === anonymous.name)
    return { ...user, groups: [...new Set([...implied, allUnauthenticated])] };
  if (implied.includes(allUnauthenticated)) return { ...user, groups: implied };
  return { ...user, groups: [...new Set([...implied, allAuthenticated])] };
}

/** Of nodes and service accounts it is known in which groups they are. */
function groupsOf({ name, groups }: User, mode: string): readonly string[] {
  if (mode !== "" && nodeIn(name) !== undefined) return ["system:nodes"];
  const account = groups.length === 0 ? accountIn(name) : undefined;
  if (!account) return groups;
  return accountGroups(account.namespace);
}
