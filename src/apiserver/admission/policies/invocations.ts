/** What a policy is asked about one request: once for each binding that is concerned, and each of its parameters. */
import type { ParamKind } from "#api/admissionregistration/policy-rules.ts";
import { ApiError } from "#api/errors.ts";
import type { ApiObject } from "#api/kind.ts";
import type { AdmissionSite } from "../admission.ts";
import type { Subject } from "../matching/subject.ts";
import type { Version } from "../matching/versions.ts";
import { meantVersion } from "./criteria.ts";
import { Misconfigured, paramKindOf, paramsOf } from "./params.ts";
import type { Binding, Policy } from "./policy-list.ts";

export interface Invocation<B> {
  readonly binding: Binding<B>;
  readonly version: Version;
  /** Null where the policy has none, or the binding gives none. */
  readonly params: ApiObject | null;
}

export interface Misfit<B> {
  /** Absent: the policy itself. */
  readonly binding?: Binding<B>;
  readonly problem: string;
}

export interface Invocations<B> {
  readonly due: readonly Invocation<B>[];
  /** What keeps it from being asked. */
  readonly misfits: readonly Misfit<B>[];
}

export async function invocationsOf<P, B, C>(
  policy: Policy<P, B, C>,
  subject: Subject,
  site: AdmissionSite,
): Promise<Invocations<B>> {
  const due: Invocation<B>[] = [];
  const misfits: Misfit<B>[] = [];
  // exact: apiserver, both
  const version = await tried(
    () => meantVersion(policy.criteria, subject),
    (why) => misfits.push({ problem: `failed to configure policy: ${why}` }),
  );
  if (!version || !(await isKnown(policy.paramKind, site, misfits))) return { due, misfits };
  for (const binding of policy.bindings) {
    const fail = (why: string): void =>
      void misfits.push({ binding, problem: `failed to configure binding: ${why}` });
    const params = await tried(() => concerned(policy, { binding, subject, site }), fail);
    for (const one of params ?? []) due.push({ binding, version, params: one });
  }
  return { due, misfits };
}

async function tried<T>(
  work: () => T | Promise<T>,
  fail: (why: string) => void,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Misconfigured || cause instanceof ApiError)) throw cause;
    fail(cause.message);
    return undefined;
  }
}

async function isKnown<B>(
  paramKind: ParamKind | undefined,
  { kinds }: AdmissionSite,
  misfits: Misfit<B>[],
): Promise<boolean> {
  const fail = (why: string): void =>
    void misfits.push({ problem: `failed to configure policy: ${why}` });
  if (!paramKind) return true;
  return (await tried(() => paramKindOf(kinds, paramKind), fail)) !== undefined;
}

interface Concern<B> {
  readonly binding: Binding<B>;
  readonly subject: Subject;
  readonly site: AdmissionSite;
}

/** With which parameters; undefined when the binding is not about the request. */
async function concerned<P, B, C>(
  { paramKind }: Policy<P, B, C>,
  { binding, subject, site }: Concern<B>,
): Promise<readonly (ApiObject | null)[] | undefined> {
  const { criteria, paramRef: ref } = binding;
  if (criteria && !meantVersion(criteria, subject)) return undefined;
  if (!paramKind || !ref) return [null];
  const { reader } = subject.request;
  const served = paramKindOf(site.kinds, paramKind);
  return paramsOf({ served, ref, reader, namespace: subject.namespace });
}
