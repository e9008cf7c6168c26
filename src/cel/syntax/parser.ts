/** Tokens to a tree, by recursive descent; macros are expanded on the way. */
import type { Issues } from "#cel/issues.ts";
import { expandMacro } from "./macros.ts";
import { literalOf } from "./literals.ts";
import { characters } from "#cel/values.ts";
import { tokenize, type Token } from "./lexer.ts";
import type { MapEntry, Node, StructField } from "./nodes.ts";

/** exact: cel-go's own limits */
const depthMax = 250;
const sizeMax = 100_000;

/** Stops reading at the first syntax error; it stands in the issues already. */
class Stop extends Error {}

/** Undefined when it cannot be read; the issues say why. */
export function parse(text: string, issues: Issues): Node | undefined {
  const size = characters(text);
  if (size > sizeMax) {
    issues.add(0, `expression code point size exceeds limit: size: ${size}, limit ${sizeMax}`);
    return undefined;
  }
  const tokens = tokenize(text, issues);
  if (!issues.isEmpty) return undefined;
  try {
    return new Parser(tokens, issues).whole();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return undefined;
  }
}

const startsOfExpression =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const reserved = new Set(
  "as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

const relations = new Set(["<", "<=", ">", ">=", "==", "!=", "in"]);
const sums = new Set(["+", "-"]);
const products = new Set(["*", "/", "%"]);

class Parser {
  readonly #tokens: readonly Token[];
  readonly #issues: Issues;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], issues: Issues) {
    this.#tokens = tokens;
    this.#issues = issues;
  }

  whole(): Node {
    const node = this.#expression();
    const rest = this.#peek();
    if (rest.form !== "end")
      this.#fail(rest, `Syntax error: extraneous input '${rest.text}' expecting <EOF>`);
    return node;
  }

  #expression(): Node {
    return this.#deeper(() => {
      const condition = this.#disjunction();
      const at = this.#peek().at;
      if (!this.#accept("?")) return condition;
      const yes = this.#disjunction();
      this.#expect(":");
      return call(at, "_?_:_", [condition, yes, this.#expression()]);
    });
  }

  #disjunction(): Node {
    return this.#logical("||", "_||_", () => this.#conjunction());
  }

  #conjunction(): Node {
    return this.#logical("&&", "_&&_", () => this.#relation());
  }

  /** As a balanced tree, so that a long chain is not a deep one. */
  #logical(symbol: string, fn: string, operand: () => Node): Node {
    const operands = [operand()];
    const places: number[] = [];
    while (this.#peek().text === symbol && this.#peek().form === "symbol") {
      places.push(this.#take().at);
      operands.push(operand());
    }
    return balance(fn, operands, places);
  }

  #relation(): Node {
    return this.#leftAssociative(relations, () => this.#sum());
  }

  #sum(): Node {
    return this.#leftAssociative(sums, () => this.#product());
  }

  #product(): Node {
    return this.#leftAssociative(products, () => this.#unary());
  }

  #leftAssociative(operators: ReadonlySet<string>, operand: () => Node): Node {
    let left = operand();
    for (let count = 0; this.#isOperator(operators); count++) {
      if (this.#depth + count > depthMax) this.#tooDeep();
      const { text, at } = this.#take();
      left = call(at, text === "in" ? "@in" : `_${text}_`, [left, operand()]);
    }
    return left;
  }

  #isOperator(operators: ReadonlySet<string>): boolean {
    const { form, text } = this.#peek();
    return operators.has(text) && (form === "symbol" || (form === "ident" && text === "in"));
  }

  #unary(): Node {
    const { form, text, at } = this.#peek();
    if (form !== "symbol" || (text !== "!" && text !== "-")) return this.#member();
    let count = 0;
    while (this.#accept(text)) count++;
    if (text === "-" && count === 1 && this.#isNumber()) {
      const node = this.#member(at);
      return node;
    }
    // An even number of them is none.
    const operand = this.#member();
    return count % 2 === 0 ? operand : call(at, text === "!" ? "!_" : "-_", [operand]);
  }

  #isNumber(): boolean {
    const { form } = this.#peek();
    return form === "int" || form === "double";
  }

  /** `negativeAt` is where a minus sign stands that belongs to the number. */
  #member(negativeAt?: number): Node {
    let node = this.#primary(negativeAt);
    for (let count = 0; ; count++) {
      if (this.#depth + count > depthMax) this.#tooDeep();
      const { at } = this.#peek();
      if (this.#accept(".")) node = this.#afterDot(node, at);
      else if (this.#accept("[")) node = this.#index(node, at);
      else return node;
    }
  }

  #afterDot(operand: Node, at: number): Node {
    const isOptional = this.#accept("?");
    const name = this.#identifier(true);
    const open = this.#peek().at;
    if (!isOptional && this.#accept("("))
      return this.#macroOr({ ...call(open, name.text, this.#arguments(")")), target: operand });
    return { op: "select", at, operand, field: name.text, isTest: false, isOptional };
  }

  #index(operand: Node, at: number): Node {
    const isOptional = this.#accept("?");
    const key = this.#expression();
    this.#expect("]");
    return call(at, isOptional ? "_[?_]" : "_[_]", [operand, key]);
  }

  #primary(negativeAt?: number): Node {
    const token = this.#peek();
    if (token.form === "symbol") return this.#bracketed(token);
    if (token.form === "ident" && token.text !== "in") return this.#named(false);
    if (token.form === "end" || token.form === "ident") this.#unexpected(token);
    this.#take();
    return this.#literal(token, negativeAt);
  }

  #literal(token: Token, negativeAt: number | undefined): Node {
    const literal = literalOf(token, negativeAt !== undefined);
    if (typeof literal === "string") this.#fail(token, literal);
    return { op: "literal", at: negativeAt ?? token.at, ...literal };
  }

  #bracketed(token: Token): Node {
    const { text, at } = token;
    if (text === ".") return this.#named(this.#accept("."));
    if (text !== "(" && text !== "[" && text !== "{") this.#unexpected(token);
    this.#take();
    if (text === "[") return this.#list(at);
    if (text === "{") return { op: "map", at, entries: this.#entries() };
    const node = this.#expression();
    this.#expect(")");
    return node;
  }

  #list(at: number): Node {
    const items: Node[] = [];
    const optionals = new Set<number>();
    while (!this.#accept("]")) {
      if (this.#accept("?")) optionals.add(items.length);
      items.push(this.#expression());
      if (this.#accept(",")) continue;
      this.#expect("]");
      break;
    }
    return { op: "list", at, items, optionals };
  }

  #entries(): readonly MapEntry[] {
    const entries: MapEntry[] = [];
    while (!this.#accept("}")) {
      const isOptional = this.#accept("?");
      const key = this.#expression();
      this.#expect(":");
      entries.push({ key, value: this.#expression(), isOptional });
      if (this.#accept(",")) continue;
      this.#expect("}");
      break;
    }
    return entries;
  }

  #named(isAbsolute: boolean): Node {
    const { text, at } = this.#identifier(false);
    const prefix = isAbsolute ? "." : "";
    if (text === "true" || text === "false" || text === "null") {
      const literal = literalOf({ form: "ident", text, at }, false);
      if (typeof literal !== "string") return { op: "literal", at, ...literal };
    }
    const open = this.#peek().at;
    if (this.#accept("(")) return this.#macroOr(call(open, prefix + text, this.#arguments(")")));
    return this.#struct(prefix + text) ?? { op: "ident", at, name: text };
  }

  /** `Object.spec{...}`: only a name with dots and then a brace is one. */
  #struct(name: string): Node | undefined {
    let ahead = this.#next;
    let full = name;
    while (this.#tokens[ahead]?.text === "." && this.#tokens[ahead + 1]?.form === "ident") {
      full += `.${this.#tokens[ahead + 1]?.text}`;
      ahead += 2;
    }
    const brace = this.#tokens[ahead];
    if (brace?.form !== "symbol" || brace.text !== "{") return undefined;
    this.#next = ahead + 1;
    return { op: "struct", at: brace.at, name: full, fields: this.#fields() };
  }

  #fields(): readonly StructField[] {
    const fields: StructField[] = [];
    while (!this.#accept("}")) {
      const isOptional = this.#accept("?");
      const name = this.#identifier(true);
      const { at } = this.#peek();
      this.#expect(":");
      fields.push({ at, name: name.text, value: this.#expression(), isOptional });
      if (this.#accept(",")) continue;
      this.#expect("}");
      break;
    }
    return fields;
  }

  #arguments(close: string): readonly Node[] {
    const args: Node[] = [];
    if (this.#accept(close)) return args;
    do args.push(this.#expression());
    while (this.#accept(","));
    this.#expect(close);
    return args;
  }

  #macroOr(node: Node & { readonly op: "call" }): Node {
    const expanded = expandMacro(node);
    if (typeof expanded !== "object") return node;
    if ("wrong" in expanded) this.#fail(expanded, expanded.wrong);
    return expanded;
  }

  /** After a dot, words that are reserved elsewhere are allowed. */
  #identifier(isField: boolean): Token {
    const token = this.#take();
    if (token.form !== "ident") this.#missing(token, "IDENTIFIER");
    if (!isField && reserved.has(token.text))
      this.#fail(token, `reserved identifier: ${token.text}`);
    return token;
  }

  #deeper(read: () => Node): Node {
    if (++this.#depth > depthMax) this.#tooDeep();
    const node = read();
    this.#depth--;
    return node;
  }

  #tooDeep(): never {
    this.#issues.add(0, `expression recursion limit exceeded: ${depthMax}`);
    throw new Stop();
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { form: "end", text: "<EOF>", at: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    if (token.form !== "end") this.#next++;
    return token;
  }

  #accept(symbol: string): boolean {
    const { form, text } = this.#peek();
    const isIt = form === "symbol" && text === symbol;
    if (isIt) this.#next++;
    return isIt;
  }

  #expect(symbol: string): void {
    if (!this.#accept(symbol)) this.#missing(this.#peek(), `'${symbol}'`);
  }

  #unexpected(token: Token): never {
    this.#missing(token, startsOfExpression);
  }

  #missing(token: Token, expected: string): never {
    this.#fail(token, `Syntax error: mismatched input '${token.text}' expecting ${expected}`);
  }

  #fail({ at }: { readonly at: number }, message: string): never {
    this.#issues.add(at, message);
    throw new Stop();
  }
}

const call = (at: number, fn: string, args: readonly Node[]): Node & { readonly op: "call" } => ({
  op: "call",
  at,
  fn,
  target: undefined,
  args,
});

function balance(fn: string, operands: readonly Node[], places: readonly number[]): Node {
  const [only] = operands;
  if (operands.length === 1 && only) return only;
  const middle = operands.length >> 1;
  const left = balance(fn, operands.slice(0, middle), places.slice(0, middle - 1));
  const right = balance(fn, operands.slice(middle), places.slice(middle));
  return call(places[middle - 1] ?? 0, fn, [left, right]);
}
