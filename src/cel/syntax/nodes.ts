/** The tree of an expression. Macros are already what they mean: a `fold`, a `bind` or a plain call. */
import type { Overload } from "#cel/functions/overload.ts";
import type { CelType } from "#cel/types.ts";
import type { Value } from "#cel/values.ts";

interface Base {
  /** Where it stands in the text, for messages. */
  readonly at: number;
  /** Set by the checker. */
  type?: CelType;
}

export interface Literal extends Base {
  readonly op: "literal";
  readonly value: Value;
  readonly literalType: CelType;
}

export interface Ident extends Base {
  readonly op: "ident";
  readonly name: string;
  /** Set by the checker when the name is a type's. */
  names?: CelType;
}

export interface Select extends Base {
  readonly op: "select";
  readonly operand: Node;
  readonly field: string;
  /** Inside `has()`: is it there? */
  readonly isTest: boolean;
  /** `a.?b` */
  readonly isOptional: boolean;
  /** Set by the checker when the whole chain is a type's name. */
  names?: CelType;
  /** Set by the checker when the whole chain is a variable's name: `authorizer.requestResource`. */
  variable?: string;
}

export interface Call extends Base {
  readonly op: "call";
  readonly fn: string;
  readonly target: Node | undefined;
  readonly args: readonly Node[];
  /** Set by the checker: those that may apply, more than one when types are known only at run time. */
  overloads?: readonly Overload[];
  /** Set by the checker: `strings.quote(x)` has no target, `strings` is part of the name. */
  qualified?: boolean;
}

export interface ListNode extends Base {
  readonly op: "list";
  readonly items: readonly Node[];
  /** Which of them are `?x`. */
  readonly optionals: ReadonlySet<number>;
}

export interface MapEntry {
  readonly key: Node;
  readonly value: Node;
  readonly isOptional: boolean;
}

export interface MapNode extends Base {
  readonly op: "map";
  readonly entries: readonly MapEntry[];
}

export interface StructField {
  readonly at: number;
  readonly name: string;
  readonly value: Node;
  readonly isOptional: boolean;
}

export interface StructNode extends Base {
  readonly op: "struct";
  readonly name: string;
  readonly fields: readonly StructField[];
}

export type FoldKind =
  | "all"
  | "exists"
  | "existsOne"
  | "map"
  | "filter"
  | "transformMap"
  | "transformMapEntry";

export interface Fold extends Base {
  readonly op: "fold";
  readonly form: FoldKind;
  readonly range: Node;
  /** One variable: a list's items or a map's keys. Two: index or key, and value. */
  readonly variables: readonly string[];
  readonly condition: Node | undefined;
  readonly body: Node;
}

export interface Bind extends Base {
  readonly op: "bind";
  readonly name: string;
  readonly init: Node;
  readonly body: Node;
}

export type Node = Literal | Ident | Select | Call | ListNode | MapNode | StructNode | Fold | Bind;
