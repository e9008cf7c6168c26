/**
 * Whether a webhook is to be asked about a request, and in which version.
 * upstream: apiserver/pkg/admission/plugin/webhook/{generic,predicates}
 */
import { activationOf } from "../expressions/activation.ts";
import type { AuthorizeFor } from "../expressions/authorize.ts";
import { refused } from "../admission.ts";
import { whenAnswered } from "#apiserver/authz/unanswered.ts";
import { isSelected, versionFor } from "../matching/coverage.ts";
import type { Subject } from "../matching/subject.ts";
import type { Version } from "../matching/versions.ts";
import type { Hook } from "./hooks.ts";

export interface Invocation {
  readonly hook: Hook;
  readonly version: Version;
}

/** Undefined when it is not concerned. Throws NotFound and Forbidden. */
export async function invocationOf(
  hook: Hook,
  subject: Subject,
  authorizeFor: AuthorizeFor,
): Promise<Invocation | undefined> {
  const version = versionFor(hook, subject);
  if (!version || !isSelected(hook, subject)) return undefined;
  if (!hook.conditions) return { hook, version };
  const activation = activationOf(subject, version, authorizeFor);
  const met = await whenAnswered(() => isMet(hook, activation, subject));
  return met ? { hook, version } : undefined;
}

function isMet(
  { conditions, isLenient }: Hook,
  activation: ReturnType<typeof activationOf>,
  { request }: Subject,
): boolean {
  const { isMet: met, error } = conditions?.(activation) ?? { isMet: true };
  if (error === undefined || isLenient) return met;
  throw refused(request, error);
}
