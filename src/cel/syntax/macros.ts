/** Calls that are not calls: `has(a.b)`, `list.all(x, ...)`, `cel.bind(...)`, `opt.optMap(x, ...)`. */
import type { Call, Fold, FoldKind, Node } from "./nodes.ts";

interface Wrong {
  readonly at: number;
  readonly wrong: string;
}

type Expand = (node: Call, target: Node) => Node | Wrong;

/** By name and number of arguments. */
const receiverMacros: Readonly<Record<string, Expand>> = {
  "all/2": fold("all", 1),
  "exists/2": fold("exists", 1),
  "exists_one/2": fold("existsOne", 1),
  "existsOne/2": fold("existsOne", 1),
  "map/2": fold("map", 1),
  "map/3": fold("map", 1),
  "filter/2": fold("filter", 1),
  "all/3": fold("all", 2),
  "exists/3": fold("exists", 2),
  "exists_one/3": fold("existsOne", 2),
  "existsOne/3": fold("existsOne", 2),
  "transformList/3": fold("map", 2),
  "transformList/4": fold("map", 2),
  "transformMap/3": fold("transformMap", 2),
  "transformMap/4": fold("transformMap", 2),
  "transformMapEntry/3": fold("transformMapEntry", 2),
  "transformMapEntry/4": fold("transformMapEntry", 2),
  "optMap/2": optionalMap(true),
  "optFlatMap/2": optionalMap(false),
  "sortBy/2": sortBy,
};

/** Undefined when it is a call like any other. */
export function expandMacro(node: Call): Node | Wrong | undefined {
  const { target, fn, args } = node;
  if (!target) return fn === "has" && args.length === 1 ? expandHas(node) : undefined;
  if (fn === "bind" && args.length === 3 && target.op === "ident" && target.name === "cel")
    return expandBind(node);
  return receiverMacros[`${fn}/${args.length}`]?.(node, target);
}

function expandHas({ at, args: [arg] }: Call): Node | Wrong {
  if (arg?.op !== "select" || arg.isOptional)
    return { at, wrong: "invalid argument to has() macro" };
  return { ...arg, at, isTest: true };
}

function expandBind({ at, args: [name, init, body] }: Call): Node | Wrong {
  if (name?.op !== "ident" || !init || !body)
    return { at: name?.at ?? at, wrong: "cel.bind() variable names must be simple identifiers" };
  return { op: "bind", at, name: name.name, init, body };
}

function fold(form: FoldKind, variableCount: 1 | 2): Expand {
  return ({ at, args }, range): Fold | Wrong => {
    const variables: string[] = [];
    for (const arg of args.slice(0, variableCount)) {
      if (arg.op !== "ident") return { at: arg.at, wrong: "argument must be a simple name" };
      variables.push(arg.name);
    }
    const [first, second] = args.slice(variableCount);
    const body = second ?? first;
    if (!body) return { at, wrong: "argument is missing" };
    const condition = second && first;
    return { op: "fold", form, at, range, variables, condition, body };
  };
}

/** `opt.optMap(x, f)`: `opt.hasValue() ? optional.of(cel.bind(x, opt.value(), f)) : optional.none()`. */
function optionalMap(wraps: boolean): Expand {
  return ({ at, args: [name, body] }, target): Node | Wrong => {
    if (name?.op !== "ident" || !body)
      return { at: name?.at ?? at, wrong: "optMap() variable name must be a simple identifier" };
    const method = (fn: string): Node => ({ op: "call", at, fn, target, args: [] });
    const bind: Node = { op: "bind", at, name: name.name, init: method("value"), body };
    const global = (fn: string, args: readonly Node[]): Node => ({
      op: "call",
      at,
      fn,
      target: undefined,
      args,
    });
    const some = wraps ? global("optional.of", [bind]) : bind;
    return global("_?_:_", [method("hasValue"), some, global("optional.none", [])]);
  };
}

const sorted = "@__sortBy_input__";

/** `list.sortBy(x, key)`: the list, in the order of its keys. */
function sortBy({ at, args: [name, body] }: Call, init: Node): Node | Wrong {
  if (name?.op !== "ident" || !body)
    return { at: name?.at ?? at, wrong: "argument must be a simple name" };
  const input: Node = { op: "ident", at, name: sorted };
  const keys: Fold = {
    op: "fold",
    form: "map",
    at,
    range: { ...input },
    variables: [name.name],
    condition: undefined,
    body,
  };
  const call: Call = { op: "call", at, fn: "@sortByAssociatedKeys", target: input, args: [keys] };
  return { op: "bind", at, name: sorted, init, body: call };
}
