/**
 * Asking whether someone may do something. The host passes a `CelAuthorizer` where a variable of `authorizerType` is
 * declared. upstream: staging/src/k8s.io/apiserver/pkg/cel/library/authz.go
 */
import { fixedCost, selectorParsing } from "#cel/cost/call-cost.ts";
import { opaqueType } from "#cel/types.ts";
import { Boxed, fail } from "#cel/values.ts";
import { overload, type Overload } from "./overload.ts";

/** What is asked for: a resource or a path. */
export interface AuthorizationQuery {
  /** Instead of the user of the request. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  /** When it could not be found out. */
  readonly error?: string;
}

export type Authorize = (query: AuthorizationQuery) => AuthorizationAnswer;

abstract class Opaque extends Boxed {
  equals(other: Boxed): boolean {
    return other === this;
  }
}

const prefix = "kubernetes.authorization";

class Check extends Opaque {
  readonly typeName: string;
  readonly authorize: Authorize;
  readonly query: Omit<AuthorizationQuery, "verb">;
  constructor(form: string, authorize: Authorize, query: Omit<AuthorizationQuery, "verb">) {
    super();
    this.typeName = `${prefix}.${form}`;
    this.authorize = authorize;
    this.query = query;
  }
  with(form: string, more: Omit<AuthorizationQuery, "verb">): Check {
    return new Check(form, this.authorize, { ...this.query, ...more });
  }
}

class DecisionValue extends Opaque {
  readonly typeName = `${prefix}.Decision`;
  readonly answer: AuthorizationAnswer;
  constructor(answer: AuthorizationAnswer) {
    super();
    this.answer = answer;
  }
}

export const authorizerType = opaqueType(`${prefix}.Authorizer`);
export const resourceCheckType = opaqueType(`${prefix}.ResourceCheck`);

/** The value of a variable of `authorizerType`. */
export const authorizerValue = (authorize: Authorize): unknown =>
  new Check("Authorizer", authorize, {});

/** The value of `authorizer.requestResource`, of `resourceCheckType`. */
export const resourceCheckValue = (
  authorize: Authorize,
  query: Omit<AuthorizationQuery, "verb">,
): unknown => new Check("ResourceCheck", authorize, query);

const filled = (text: string, name: string): string =>
  text.trim() === "" ? fail(`${name} must not be empty`) : text;

const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

function asServiceAccount(of: Check, namespace: string, name: string): Check {
  if (!subdomain.test(name) || name.length > 253) fail("Invalid service account name");
  if (!label.test(namespace) || namespace.length > 63) fail("Invalid service account namespace");
  return of.with("Authorizer", { serviceAccount: { namespace, name } });
}

const checking = { cost: fixedCost(350_000) };
const ask = ({ authorize, query }: Check, verb: string): DecisionValue =>
  new DecisionValue(authorize({ ...query, verb }));

const narrowing = (
  name: keyof AuthorizationQuery,
  extras?: { cost: typeof selectorParsing },
): Overload =>
  overload(
    name,
    `${prefix}.ResourceCheck.(string): ${prefix}.ResourceCheck`,
    (check: Check, value: string) => check.with("ResourceCheck", { [name]: value }),
    extras,
  );

const telling = (
  name: string,
  result: string,
  read: (answer: AuthorizationAnswer) => unknown,
): Overload =>
  overload(name, `${prefix}.Decision.(): ${result}`, ({ answer }: DecisionValue) => read(answer));

export const authorizerFunctions: readonly Overload[] = [
  overload(
    "path",
    `${prefix}.Authorizer.(string): ${prefix}.PathCheck`,
    (of: Check, path: string) => of.with("PathCheck", { path: filled(path, "path") }),
  ),
  overload(
    "group",
    `${prefix}.Authorizer.(string): ${prefix}.GroupCheck`,
    (of: Check, group: string) => of.with("GroupCheck", { group }),
  ),
  overload(
    "serviceAccount",
    `${prefix}.Authorizer.(string, string): ${prefix}.Authorizer`,
    asServiceAccount,
  ),
  overload(
    "resource",
    `${prefix}.GroupCheck.(string): ${prefix}.ResourceCheck`,
    (of: Check, resource: string) =>
      of.with("ResourceCheck", { resource: filled(resource, "resource") }),
  ),
  ...(["subresource", "namespace", "name"] as const).map((name) => narrowing(name)),
  narrowing("fieldSelector", { cost: selectorParsing }),
  narrowing("labelSelector", { cost: selectorParsing }),
  overload("check", `${prefix}.PathCheck.(string): ${prefix}.Decision`, ask, checking),
  overload("check", `${prefix}.ResourceCheck.(string): ${prefix}.Decision`, ask, checking),
  telling("allowed", "bool", ({ allowed }) => allowed),
  telling("reason", "string", ({ reason }) => reason),
  telling("errored", "bool", ({ error }) => error !== undefined),
  telling("error", "string", ({ error = "" }) => error),
];
