/** Questions about an expression that its text answers, without types. */
import { unreachable } from "#base/assert.ts";
import { Issues } from "./issues.ts";
import type { Node } from "./syntax/nodes.ts";
import { parse } from "./syntax/parser.ts";

/** Whether the expression reads the variable's field by name: `claims.email`, `claims.?email`. */
export function selects(text: string, variable: string, field: string): boolean {
  const root = parse(text, new Issues(text));
  return root !== undefined && reads(root, variable, field);
}

const reads = (node: Node, variable: string, field: string): boolean =>
  (node.op === "select" &&
    node.field === field &&
    node.operand.op === "ident" &&
    node.operand.name === variable) ||
  partsOf(node).some((part) => reads(part, variable, field));

function partsOf(node: Node): readonly Node[] {
  switch (node.op) {
    case "literal":
    case "ident":
      return [];
    case "select":
      return [node.operand];
    case "call":
      return node.target ? [node.target, ...node.args] : node.args;
    case "list":
      return node.items;
    case "map":
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case "struct":
      return node.fields.map(({ value }) => value);
    case "fold":
      return node.condition ? [node.range, node.condition, node.body] : [node.range, node.body];
    case "bind":
      return [node.init, node.body];
    default:
      return unreachable(node);
  }
}
