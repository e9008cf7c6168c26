/** upstream: pkg/apis/flowcontrol/validation/validation.go#ValidateFlowSchemaSpec */
import { dnsSubdomain, invalidEach, namespaceName, serviceAccountName } from "#api/names.ts";
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type {
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  ServiceAccountSubject,
  Subject,
} from "./flowschema.ts";

const matchingPrecedenceMax = 10000;
const methods = ["ByNamespace", "ByUser"];
const verbs = [
  "get",
  "list",
  "create",
  "update",
  "delete",
  "deletecollection",
  "patch",
  "watch",
  "proxy",
];

export function* validFlowSchema(name: string, spec: FlowSchemaSpec): Iterable<FieldError> {
  yield* validPrecedence(name, spec.matchingPrecedence);
  const method = spec.distinguisherMethod;
  if (method && !methods.includes(method.type)) {
    yield notSupported("spec.distinguisherMethod.type", method, methods);
  }
  const level = spec.priorityLevelConfiguration.name;
  const levelPath = "spec.priorityLevelConfiguration.name";
  if (level === "") yield required(levelPath, "must reference a priority level");
  else yield* invalidEach(levelPath, level, dnsSubdomain(level));
  for (const [at, rule] of (spec.rules ?? []).entries()) {
    yield* validRules(rule, index("spec.rules", at));
  }
}

function* validPrecedence(name: string, precedence: number): Iterable<FieldError> {
  const path = "spec.matchingPrecedence";
  if (precedence <= 0) yield invalid(path, precedence, "must be a positive value");
  if (precedence > matchingPrecedenceMax) {
    yield invalid(path, precedence, `must not be greater than ${matchingPrecedenceMax}`);
  }
  if (precedence === 1 && name !== "exempt") {
    const why = "only the schema named 'exempt' may have matchingPrecedence 1";
    yield invalid(path, precedence, why);
  }
}

function* validRules(rules: PolicyRulesWithSubjects, at: string): Iterable<FieldError> {
  const { subjects, resourceRules = [], nonResourceRules = [] } = rules;
  if (!subjects?.length) {
    yield required(child(at, "subjects"), "subjects must contain at least one value");
  }
  for (const [i, subject] of (subjects ?? []).entries()) {
    yield* validSubject(subject, index(child(at, "subjects"), i));
  }
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    const why = "at least one of resourceRules and nonResourceRules has to be non-empty";
    yield required(at, why);
  }
  for (const [i, rule] of resourceRules.entries()) {
    yield* validResourceRule(rule, index(child(at, "resourceRules"), i));
  }
  for (const [i, rule] of nonResourceRules.entries()) {
    yield* validNonResourceRule(rule, index(child(at, "nonResourceRules"), i));
  }
}

const subjectFields: { readonly [kind: string]: "serviceAccount" | "user" | "group" } = {
  ServiceAccount: "serviceAccount",
  User: "user",
  Group: "group",
};

/** Exactly the member that the kind names is set. */
function* validSubject(subject: Subject, at: string): Iterable<FieldError> {
  const { kind } = subject;
  const field = subjectFields[kind];
  if (!field) {
    yield notSupported(child(at, "kind"), kind, Object.keys(subjectFields));
    return;
  }
  const chosen = subject[field];
  const path = child(at, field);
  if (!chosen) yield required(path, `${field} is required when subject kind is '${kind}'`);
  else if (chosen.name === "") yield required(child(path, "name"));
  if (field === "serviceAccount" && subject.serviceAccount) {
    yield* validAccount(subject.serviceAccount, path);
  }
  for (const [otherKind, other] of Object.entries(subjectFields)) {
    if (other !== field && subject[other]) {
      const why = `${other} is forbidden when subject kind is not '${otherKind}'`;
      yield forbidden(child(at, other), why);
    }
  }
}

function* validAccount(
  { name, namespace }: ServiceAccountSubject,
  at: string,
): Iterable<FieldError> {
  if (name !== "" && name !== "*") {
    yield* invalidEach(child(at, "name"), name, serviceAccountName(name, false));
  }
  const path = child(at, "namespace");
  if (namespace === "") yield required(path, "must specify namespace for service account");
  else yield* invalidEach(path, namespace, namespaceName(namespace, false));
}

function* validVerbs(given: readonly string[] | undefined, at: string): Iterable<FieldError> {
  if (!given?.length) yield required(at);
  else if (given.includes("*")) yield* alone(given, at, "verbs");
  else if (given.some((verb) => !verbs.includes(verb))) yield notSupported(at, given, verbs);
}

/** `*` stands for everything else. */
function* alone(
  given: readonly string[] | undefined,
  at: string,
  what: string,
): Iterable<FieldError> {
  if (given?.includes("*") && given.length > 1) {
    yield invalid(at, given, `if '*' is present, must not specify other ${what}`);
  }
}

function* validResourceRule(rule: ResourcePolicyRule, at: string): Iterable<FieldError> {
  const { apiGroups, resources, namespaces, clusterScope } = rule;
  yield* validVerbs(rule.verbs, child(at, "verbs"));
  if (!apiGroups?.length) {
    yield required(child(at, "apiGroups"), "resource rules must supply at least one api group");
  }
  yield* alone(apiGroups, child(at, "apiGroups"), "api groups");
  if (!resources?.length) {
    yield required(child(at, "resources"), "resource rules must supply at least one resource");
  }
  yield* alone(resources, child(at, "resources"), "resources");
  const path = child(at, "namespaces");
  if (!namespaces?.length && clusterScope !== true) {
    const why = "resource rules that are not cluster scoped must supply at least one namespace";
    yield required(path, why);
  }
  yield* validNamespaces(namespaces ?? [], path);
}

function* validNamespaces(namespaces: readonly string[], at: string): Iterable<FieldError> {
  yield* alone(namespaces, at, "namespaces");
  if (namespaces.includes("*")) return;
  for (const [i, namespace] of namespaces.entries()) {
    const problems = namespaceName(namespace, false).map(
      (problem) => `each member of this list must be '*' or a DNS-1123 label; ${problem}`,
    );
    yield* invalidEach(index(at, i), namespace, problems);
  }
}

function* validNonResourceRule(rule: NonResourcePolicyRule, at: string): Iterable<FieldError> {
  const { nonResourceURLs: urls } = rule;
  const path = child(at, "nonResourceURLs");
  yield* validVerbs(rule.verbs, child(at, "verbs"));
  if (!urls?.length) yield required(path);
  yield* alone(urls, path, "non-resource URLs");
  if (!urls || urls.includes("*")) return;
  for (const [i, url] of urls.entries()) {
    const problem = urlProblem(url);
    if (problem !== undefined) yield invalid(index(path, i), url, problem);
  }
}

function urlProblem(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const isSuffix = url.indexOf("*") === url.length - 1 && url.endsWith("/*");
  return url.includes("*") && !isSuffix ? "wildcard can only do suffix matching" : undefined;
}

export function* validFlowConditions(
  conditions: readonly { readonly type?: string | undefined }[] | undefined,
): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [at, { type = "" }] of (conditions ?? []).entries()) {
    const path = child(index("status.conditions", at), "type");
    if (seen.has(type)) yield duplicate(path, type);
    seen.add(type);
    if (type === "") yield required(path);
  }
}
