import type { User } from "#api/request.ts";

/** What somebody wants to do. upstream: authorization.v1 Resource- and NonResourceAttributes */
export interface Attributes {
  readonly user: User;
  readonly verb: string;
  readonly isResource: boolean;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** As the query has it: a kubelet may list the pods of its own node only. */
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** Denied for good: no other authorizer is asked. */
  readonly denied?: true;
  readonly reason: string;
  /** It could not be found out by all who were asked. */
  readonly error?: string;
}

/** At once where only caches are read; a promise where somebody outside has to be asked. */
export type Answer = Decision | Promise<Decision>;

export interface Decided {
  /** `RBAC`, `Webhook`. */
  readonly type: string;
  readonly name: string;
  readonly allowed: number;
  readonly denied: number;
}

/** Says whether somebody may do something. It is on every request's path. */
export interface Authorizer {
  /** Never rejects. */
  readonly authorize: (attributes: Attributes) => Answer;
  /** How often each of those who are asked decided, so far. */
  readonly decisions?: () => Iterable<Decided>;
  /** For SelfSubjectRulesReview. */
  readonly rulesFor: (user: User, namespace: string) => ResolvedRules;
}

export interface ResolvedRules {
  readonly resourceRules: readonly {
    readonly verbs: readonly string[];
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames: readonly string[];
  }[];
  readonly nonResourceRules: readonly {
    readonly verbs: readonly string[];
    readonly nonResourceURLs: readonly string[];
  }[];
  readonly incomplete: boolean;
  /** Why it is incomplete. */
  readonly problem?: string;
}
