/** upstream: pkg/apis/admissionregistration/validation/validation.go */
import { qualifiedName, invalidEach } from "#api/names.ts";
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  required,
  tooMany,
} from "#schema/field-error.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const MatchCondition = s.struct(
  "admissionregistration/v1.MatchCondition",
  {
    name: s.string(1, { required: true }),
    expression: s.string(2, { required: true, doc: "In CEL; requests that it is false for pass." }),
  },
  {
    *validate({ name, expression }, at): Iterable<FieldError> {
      if (expression.trim() === "") yield required(child(at, "expression"));
      if (name === "") yield required(child(at, "name"));
      else yield* invalidEach(child(at, "name"), name, qualifiedName(name));
    },
  },
);

export interface MatchCondition extends ValueOf<typeof MatchCondition> {}

const conditionsMax = 64;

/** What the conditions of one webhook or policy owe to each other. */
export function* validMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  at: string,
): Iterable<FieldError> {
  if (!conditions) return;
  if (conditions.length > conditionsMax) yield tooMany(at, conditions.length, conditionsMax);
  const seen = new Set([""]);
  for (const [i, { name }] of conditions.entries()) {
    if (name !== "" && seen.has(name)) yield duplicate(child(index(at, i), "name"), name);
    seen.add(name);
  }
}

export const Rule = s.struct(
  "admissionregistration/v1.Rule",
  {
    apiGroups: s.list(1, "string", { listType: "atomic" }),
    apiVersions: s.list(2, "string", { listType: "atomic" }),
    resources: s.list(3, "string", {
      listType: "atomic",
      doc: "As in pods, pods/log, pods/*, */scale, * (no subresources) or */*.",
    }),
    scope: s.oneOf(4, ["*", "Cluster", "Namespaced"], { optional: true }),
  },
  {
    defaults(draft) {
      draft.scope ??= "*";
    },
    *validate({ apiGroups = [], apiVersions = [], resources = [] }, at): Iterable<FieldError> {
      yield* someOrAll(apiGroups, child(at, "apiGroups"), "API groups");
      yield* someOrAll(apiVersions, child(at, "apiVersions"), "API versions");
      for (const [i, version] of apiVersions.entries()) {
        if (version === "") yield required(index(child(at, "apiVersions"), i));
      }
      yield* validResources(resources, child(at, "resources"));
    },
  },
);

export interface Rule extends ValueOf<typeof Rule> {}

/** Something must be listed, and `*` stands alone. */
function* someOrAll(list: readonly string[], at: string, what: string): Iterable<FieldError> {
  if (list.length === 0) yield required(at);
  if (list.length > 1 && list.includes("*")) {
    yield invalid(at, list, `if '*' is present, must not specify other ${what}`);
  }
}

function* validResources(resources: readonly string[], at: string): Iterable<FieldError> {
  if (resources.length === 0) yield required(at);
  const seen = new Set<string>();
  for (const [i, resource] of resources.entries()) {
    const [name, subresource] = split(resource);
    if (resource === "") yield required(index(at, i));
    if (subresource === undefined) continue;
    for (const wider of [`${name}/*`, `*/${subresource}`]) {
      const problem = `if '${wider}' is present, must not specify ${resource}`;
      if (seen.has(wider)) yield invalid(index(at, i), resource, problem);
    }
    seen.add(resource);
  }
  if (resources.length > 1 && resources.includes("*/*")) {
    yield invalid(at, resources, "if '*/*' is present, must not specify other resources");
  }
  const plain = resources.filter((resource) => resource !== "" && !resource.includes("/"));
  if (plain.includes("*") && plain.at(-1) !== "*") {
    const why = "if '*' is present, must not specify other resources without subresources";
    yield invalid(at, resources, why);
  }
}

/** The name, and the subresource if there is one. */
function split(resource: string): readonly [string, string | undefined] {
  const at = resource.indexOf("/");
  return at < 0 ? [resource, undefined] : [resource.slice(0, at), resource.slice(at + 1)];
}

export const RuleWithOperations = s.struct(
  "admissionregistration/v1.RuleWithOperations",
  {
    operations: s.list(
      1,
      { oneOf: ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"] },
      { listType: "atomic" },
    ),
    rule: s.inline(2, Rule, { protoName: "rule" }),
  },
  {
    *validate({ operations = [] }, at): Iterable<FieldError> {
      yield* someOrAll(operations, child(at, "operations"), "operations");
    },
  },
);

export interface RuleWithOperations extends ValueOf<typeof RuleWithOperations> {}
