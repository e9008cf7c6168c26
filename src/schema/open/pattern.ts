/**
 * Patterns are Go's: RE2 syntax, in which a few things are spelt differently.
 * differs: they run on JavaScript's engine, which backtracks; whoever may define kinds is trusted.
 */
const compiled = new Map<string, RegExp | undefined>();
const compiledMax = 2_000;

/** Undefined where it is no regular expression. */
export function patternOf(pattern: string): RegExp | undefined {
  if (!compiled.has(pattern)) {
    if (compiled.size >= compiledMax) compiled.clear();
    compiled.set(pattern, compile(pattern));
  }
  return compiled.get(pattern);
}

function compile(pattern: string): RegExp | undefined {
  const [, letters = "", rest = pattern] = /^\(\?([ims]+)\)([^]*)$/.exec(pattern) ?? [];
  const text = rest
    .replaceAll(/\\A/g, "^")
    .replaceAll(/\\z/g, "$")
    .replaceAll(/\(\?P</g, "(?<")
    .replaceAll(/\[:(\w+):\]/g, (all, name: string) => classes[name] ?? all);
  for (const flags of [`${letters}u`, letters]) {
    try {
      return new RegExp(text, flags);
    } catch (cause) {
      // Without the flag `u`, escapes that Go allows and Unicode mode does not are fine.
      if (!(cause instanceof SyntaxError)) throw cause;
    }
  }
  return undefined;
}

const classes: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  upper: "A-Z",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};
