/** The types of the comprehensions: what their variables are, what their parts must be. */
import { unreachable } from "#base/assert.ts";
import type { Fold, Node } from "#cel/syntax/nodes.ts";
import {
  boolType,
  dynType,
  errorType,
  formatType,
  intType,
  isUnknown,
  listType,
  mapType,
  paramOf,
  type CelType,
} from "#cel/types.ts";

/** What a call is applied to, for messages. */
export interface Application {
  readonly name: string;
  readonly isMember: boolean;
  readonly types: readonly CelType[];
}

/** What is needed of the checker here. */
export interface FoldChecker {
  check: (node: Node) => CelType;
  /** A type that is not known yet. */
  openType: () => CelType;
  fits: (expected: CelType, actual: CelType) => boolean;
  inScope: (names: readonly (readonly [string, CelType])[], read: () => CelType) => CelType;
  noOverload: (at: number, application: Application) => void;
  complain: (at: number, message: string) => void;
}

export function foldTypes(checker: FoldChecker, node: Fold, range: CelType): CelType {
  const [first, second] = variableTypes(checker, node, range);
  const [name = "", other] = node.variables;
  const scope: (readonly [string, CelType])[] = [[name, first]];
  if (other !== undefined) scope.push([other, second]);
  return checker.inScope(scope, () => {
    const condition = node.condition && checker.check(node.condition);
    const body = checker.check(node.body);
    return resultOf(checker, node, { first, condition, body });
  });
}

function variableTypes(
  checker: FoldChecker,
  node: Fold,
  range: CelType,
): readonly [first: CelType, second: CelType] {
  const hasTwo = node.variables.length === 2;
  if (range.form === "list") return hasTwo ? [intType, paramOf(range)] : [paramOf(range), dynType];
  if (range.form === "map") return [paramOf(range), paramOf(range, 1)];
  if (isUnknown(range)) return [dynType, dynType];
  checker.complain(
    node.range.at,
    `expression of type '${formatType(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`, // exact: cel-go
  );
  return [errorType, errorType];
}

interface Parts {
  readonly first: CelType;
  readonly condition: CelType | undefined;
  readonly body: CelType;
}

/** Messages name the operator that upstream expands the macro to. */
function resultOf(checker: FoldChecker, node: Fold, { first, condition, body }: Parts): CelType {
  const expectBool = (type: CelType, name: string, rest: (type: CelType) => readonly CelType[]) => {
    if (!checker.fits(boolType, type))
      checker.noOverload(node.at, { name, isMember: false, types: rest(type) });
  };
  const ifElse = (type: CelType, result: CelType): void =>
    expectBool(type, "_?_:_", (found) => [found, result, result]);
  switch (node.form) {
    case "all":
      expectBool(body, "_&&_", (type) => [boolType, type]);
      return boolType;
    case "exists":
      expectBool(body, "_||_", (type) => [boolType, type]);
      return boolType;
    case "existsOne":
      ifElse(body, intType);
      return boolType;
    case "filter":
      ifElse(body, listType(first));
      return listType(first);
    case "map":
      if (condition) ifElse(condition, listType(body));
      return listType(body);
    case "transformMap":
      if (condition) ifElse(condition, mapType(first, body));
      return mapType(first, body);
    case "transformMapEntry":
      return entryMap(checker, node, { first, condition, body });
    default:
      return unreachable(node.form);
  }
}

/** `transformMapEntry` takes a map for each, and puts them together. */
function entryMap(checker: FoldChecker, node: Fold, { condition, body }: Parts): CelType {
  const result = mapType(checker.openType(), checker.openType());
  if (!checker.fits(result, body))
    checker.noOverload(node.at, { name: "cel.@mapInsert", isMember: false, types: [result, body] });
  if (condition && !checker.fits(boolType, condition))
    checker.noOverload(node.at, {
      name: "_?_:_",
      isMember: false,
      types: [condition, result, result],
    });
  return result;
}
