/**
 * What an off feature gate does to objects: its fields are dropped on the way in, unless the object
 * in the store has them already. upstream: pkg/api/pod/util.go#DropDisabledPodFields
 */
import { unreachable } from "#base/assert.ts";
import type { AnyStruct, Draft, Type } from "#schema/struct.ts";
import { defaultGates, type FeatureGates } from "./feature-gates.ts";

/** Where in a struct the fields of disabled features are. */
interface Plan {
  /** Fields of the struct itself. */
  readonly drops: readonly string[];
  /** Fields further down that have some. */
  readonly into: readonly {
    readonly name: string;
    readonly inline: boolean;
    readonly plan: Plan;
  }[];
}

type Plans = WeakMap<AnyStruct, Plan>;

/** Clusters of one process may have their gates set differently. */
const plansByGates = new WeakMap<FeatureGates, Plans>();
const nothingToDrop: Plan = { drops: [], into: [] };

function plansOf(gates: FeatureGates): Plans {
  const known = plansByGates.get(gates);
  if (known) return known;
  const plans: Plans = new WeakMap();
  plansByGates.set(gates, plans);
  return plans;
}

function planOf(struct: AnyStruct, gates: FeatureGates, plans = plansOf(gates)): Plan {
  const known = plans.get(struct);
  if (known) return known;
  plans.set(struct, nothingToDrop); // A struct that contains itself ends here.
  const fields = Object.entries(struct.fields);
  const drops = fields
    .filter(([, { options }]) => isGatedOff(options.gate, gates))
    .map(([name]) => name);
  const into = fields.flatMap(([name, { type, inline = false }]) => {
    const inner = structIn(type);
    const plan = inner && !drops.includes(name) ? planOf(inner, gates, plans) : nothingToDrop;
    return plan === nothingToDrop ? [] : [{ name, inline, plan }];
  });
  const plan = drops.length + into.length === 0 ? nothingToDrop : { drops, into };
  plans.set(struct, plan);
  return plan;
}

const isGatedOff = (gate: string | undefined, gates: FeatureGates): boolean =>
  gate !== undefined && !gate.split(",").every((name) => gates.isEnabled(name));

function structIn(type: Type): AnyStruct | undefined {
  switch (type.is) {
    case "struct":
      return type.struct();
    case "list":
      return structIn(type.item);
    case "map":
      return structIn(type.value);
    case "scalar":
      return undefined;
    default:
      return unreachable(type);
  }
}

type Node = Record<string, unknown>;

interface Circumstances {
  /** What stood there before. */
  readonly old?: unknown;
  /** As they stand by default unless said. */
  readonly gates?: FeatureGates | undefined;
}

/**
 * Removes the fields of disabled features from `draft`. A field that `old` uses anywhere stays,
 * so that objects written while a gate was on can still be changed.
 */
export function dropDisabledFields(
  struct: AnyStruct,
  draft: Draft<unknown>,
  { old, gates = defaultGates }: Circumstances = {},
): void {
  const plan = planOf(struct, gates);
  if (plan === nothingToDrop) return;
  const see: See = (node, owner, name) => {
    if (node[name] === undefined) return;
    if (old !== undefined && isUsed(plan, old, { owner, name })) return;
    delete node[name];
  };
  visit(withoutSame(plan, draft, old), draft, see);
}

/** What is the old object's own may stay as it is. */
function withoutSame(plan: Plan, draft: unknown, old: unknown): Plan {
  if (typeof draft !== "object" || !draft || typeof old !== "object" || !old) return plan;
  const isSame = (name: string): boolean => (draft as Node)[name] === (old as Node)[name];
  return { ...plan, into: plan.into.filter(({ name, inline }) => inline || !isSame(name)) };
}

function isUsed(root: Plan, value: unknown, field: { owner: Plan; name: string }): boolean {
  let found = false;
  visit(root, value, (node, owner, name) => {
    found ||= owner === field.owner && name === field.name && node[name] !== undefined;
  });
  return found;
}

type See = (node: Node, owner: Plan, name: string) => void;

/** Calls `see` for every place of a disabled field, set or not. */
function visit(plan: Plan, value: unknown, see: See): void {
  if (typeof value !== "object" || value === null) return;
  const node = value as Node;
  for (const name of plan.drops) see(node, plan, name);
  for (const { name, inline, plan: inner } of plan.into) {
    if (inline) visit(inner, node, see);
    else visitField(inner, node[name], see);
  }
}

/** The value of a field: a struct, or a list or map of them. */
function visitField(plan: Plan, value: unknown, see: See): void {
  if (Array.isArray(value)) for (const item of value) visitField(plan, item, see);
  else visit(plan, value, see);
}
