/** Why a text is no JSON, in the words of Go's parser: clients show them to people. */

/** What may stand at the place that the scan has come to. */
type Expected = "value" | "firstItem" | "firstKey" | "key" | "colon" | "comma" | "nothing";

interface Scan {
  readonly text: string;
  at: number;
  expected: Expected;
  /** `{` and `[` that are not closed yet. */
  readonly open: string[];
}

const endOfText = "unexpected end of JSON input"; // exact: Go

/** Of a text that JSON.parse refused. Does not recurse: such a text may be nested in any depth. */
export function syntaxProblem(text: string): string {
  const scan: Scan = { text, at: 0, expected: "value", open: [] };
  for (;;) {
    scan.at = endOf(/[ \t\r\n]*/y, text, scan.at);
    if (scan.at >= text.length) return endOfText;
    const problem = steps[scan.expected](scan, text.charAt(scan.at));
    if (problem !== undefined) return problem;
  }
}

/** Moves on, or says what is wrong. */
type Step = (scan: Scan, char: string) => string | undefined;

const steps: { readonly [E in Expected]: Step } = {
  value,
  firstItem: (scan, char) => (char === "]" ? close(scan) : value(scan, char)),
  firstKey: (scan, char) => (char === "}" ? close(scan) : key(scan, char)),
  key,
  colon: (scan, char) => (char === ":" ? go(scan, "value") : wrong(char, "after object key")),
  comma,
  nothing: (_scan, char) => wrong(char, "after top-level value"),
};

/** Over the character at hand. */
function go(scan: Scan, expected: Expected): undefined {
  scan.at += 1;
  scan.expected = expected;
}

function close(scan: Scan): undefined {
  scan.open.pop();
  scan.at += 1;
  valueEnded(scan);
}

function valueEnded(scan: Scan): undefined {
  scan.expected = scan.open.length > 0 ? "comma" : "nothing";
}

function comma(scan: Scan, char: string): string | undefined {
  const isObject = scan.open.at(-1) === "{";
  if (char === ",") return go(scan, isObject ? "key" : "value");
  if (char === (isObject ? "}" : "]")) return close(scan);
  return wrong(char, isObject ? "after object key:value pair" : "after array element");
}

function key(scan: Scan, char: string): string | undefined {
  if (char !== '"') return wrong(char, "looking for beginning of object key string");
  scan.expected = "colon";
  return string(scan);
}

function value(scan: Scan, char: string): string | undefined {
  if (char === "{" || char === "[") {
    scan.open.push(char);
    return go(scan, char === "{" ? "firstKey" : "firstItem");
  }
  valueEnded(scan);
  if (char === '"') return string(scan);
  if (/[-0-9]/.test(char)) return number(scan);
  const word = ["true", "false", "null"].find((known) => known.startsWith(char));
  return word === undefined ? wrong(char, "looking for beginning of value") : literal(scan, word);
}

function literal(scan: Scan, word: string): string | undefined {
  for (const wanted of word) {
    const char = scan.text.charAt(scan.at);
    if (char !== wanted) return wrong(char, `in literal ${word} (expecting '${wanted}')`);
    scan.at += 1;
  }
  return undefined;
}

const digits = /[0-9]*/y;

function number(scan: Scan): string | undefined {
  const { text } = scan;
  if (text.charAt(scan.at) === "-") scan.at += 1;
  if (text.charAt(scan.at) === "0") scan.at += 1;
  else if (!pass(scan, digits)) return wrong(text.charAt(scan.at), "in numeric literal");
  if (text.charAt(scan.at) === ".") {
    scan.at += 1;
    if (!pass(scan, digits))
      return wrong(text.charAt(scan.at), "after decimal point in numeric literal");
  }
  if (!pass(scan, /(?:[eE][-+]?)?/y) || pass(scan, digits)) return undefined;
  return wrong(text.charAt(scan.at), "in exponent of numeric literal");
}

/** From quote to quote. */
function string(scan: Scan): string | undefined {
  const { text } = scan;
  scan.at += 1;
  for (;;) {
    // oxlint-disable-next-line no-control-regex -- JSON does not allow them in strings.
    pass(scan, /[^"\\\u0000-\u001f]*/y);
    const char = text.charAt(scan.at);
    if (char !== '"' && char !== "\\") return wrong(char, "in string literal");
    scan.at += 1;
    if (char === '"') return undefined;
    const problem = escaped(scan);
    if (problem !== undefined) return problem;
  }
}

/** After the backslash. */
function escaped(scan: Scan): string | undefined {
  const char = scan.text.charAt(scan.at);
  if (char === "u") {
    scan.at += 1;
    pass(scan, /[0-9a-fA-F]{0,4}/y);
    const isWhole = /u[0-9a-fA-F]{4}$/.test(scan.text.slice(Math.max(scan.at - 5, 0), scan.at));
    const next = scan.text.charAt(scan.at);
    return isWhole ? undefined : wrong(next, String.raw`in \u hexadecimal character escape`);
  }
  if (char === "" || !'"\\/bfnrt'.includes(char)) return wrong(char, "in string escape code");
  scan.at += 1;
  return undefined;
}

/** Whether there was anything. */
function pass(scan: Scan, pattern: RegExp): boolean {
  const before = scan.at;
  scan.at = endOf(pattern, scan.text, before);
  return scan.at > before;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** No character means that the text ended. exact: Go */
const wrong = (char: string, where: string): string =>
  char === "" ? endOfText : `invalid character ${quoted(char)} ${where}`;

const named: Readonly<Record<string, string>> = {
  "'": String.raw`\'`,
  "\\": String.raw`\\`,
  "\t": String.raw`\t`,
  "\n": String.raw`\n`,
  "\r": String.raw`\r`,
};

/** Go reads bytes: of a longer character it shows what its first byte would be alone. */
function quoted(char: string): string {
  const code = Buffer.from(char)[0] ?? 0;
  const alone = String.fromCharCode(code);
  const hex = code.toString(16).padStart(2, "0");
  if (code < 0x20 || code === 0x7f) return `'${named[alone] ?? String.raw`\x${hex}`}'`;
  return `'${named[alone] ?? alone}'`;
}
