/** Flags: typed where they are declared, parsed as pflag does, so `run` never touches strings. */
import { durationProblem, parseDuration } from "#base/duration.ts";

/** The caller asked for something that does not exist: printed with a hint, exit code 1. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Flag<T> {
  readonly help: string;
  /** One letter: `-n`. */
  readonly short?: string;
  /** What stands for the value in help: `--replicas=COUNT`. Absent for switches. */
  readonly value?: string;
  /** What a bare `--flag` means; without it the flag needs a value. */
  readonly bare?: string;
  readonly required?: true;
  /** Folds one more occurrence into the value so far. */
  readonly read: (text: string, before: T | undefined) => T;
  readonly fallback: T;
}

// oxlint-disable-next-line typescript/no-explicit-any -- Flag is invariant; this is every flag.
export type Flags = Readonly<Record<string, Flag<any>>>;
export type ValuesOf<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

interface Looks {
  readonly short?: string;
  readonly value?: string;
}

const integer = (text: string): number => {
  if (!/^[+-]?\d+$/.test(text)) throw new UsageError(`"${text}" is not an integer`);
  return Number(text);
};

const truth = (text: string): boolean => {
  if (/^(true|t|1)$/i.test(text)) return true;
  if (/^(false|f|0)$/i.test(text)) return false;
  throw new UsageError(`"${text}" is neither true nor false`);
};

const duration = (text: string): number => {
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(durationProblem(text) ?? "not a duration");
  return ms;
};

export const flag = {
  text: <D extends string | undefined = undefined>(
    help: string,
    options: Looks & { readonly fallback?: D; readonly bare?: string } = {},
  ): Flag<string | D> => ({
    value: "TEXT",
    ...options,
    help,
    read: (text) => text,
    fallback: options.fallback as D,
  }),

  requiredText: (help: string, looks: Looks = {}): Flag<string> => ({
    value: "TEXT",
    ...looks,
    help,
    required: true,
    read: (text) => text,
    fallback: "",
  }),

  int: <D extends number | undefined = undefined>(
    help: string,
    options: Looks & { readonly fallback?: D } = {},
  ): Flag<number | D> => ({
    value: "N",
    ...options,
    help,
    read: integer,
    fallback: options.fallback as D,
  }),

  requiredInt: (help: string, looks: Looks = {}): Flag<number> => ({
    value: "N",
    ...looks,
    help,
    required: true,
    read: integer,
    fallback: 0,
  }),

  /** Milliseconds, written as `1m30s`. */
  duration: <D extends number | undefined = undefined>(
    help: string,
    options: Looks & { readonly fallback?: D } = {},
  ): Flag<number | D> => ({
    value: "DURATION",
    ...options,
    help,
    read: duration,
    fallback: options.fallback as D,
  }),

  switch: (help: string, options: Looks & { readonly fallback?: boolean } = {}): Flag<boolean> => ({
    ...options,
    help,
    bare: "true",
    read: truth,
    fallback: options.fallback ?? false,
  }),

  oneOf: <const T extends string>(
    values: readonly T[],
    help: string,
    options: Looks & { readonly fallback: T; readonly bare?: T },
  ): Flag<T> => ({
    value: values.join("|"),
    ...options,
    help,
    read: (text) => {
      const found = values.find((value) => value === text);
      if (found === undefined)
        throw new UsageError(`"${text}" is not one of ${values.map((v) => `"${v}"`).join(", ")}`);
      return found;
    },
  }),

  /** May be given several times; commas separate too unless `whole`. */
  list: (
    help: string,
    options: Looks & { readonly whole?: true } = {},
  ): Flag<readonly string[]> => ({
    value: "TEXT",
    ...options,
    help,
    read: (text, before = []) => [...before, ...(options.whole ? [text] : text.split(","))],
    fallback: [],
  }),
};

export interface Parsed<F extends Flags> {
  readonly args: readonly string[];
  readonly values: ValuesOf<F>;
  /** What followed `--`. */
  readonly rest: readonly string[];
  /** The flags that were given, by name. */
  readonly given: ReadonlySet<string>;
}

/** Reads `--name value`, `--name=value`, `-n value`, `-nvalue`, `-it`; `--` ends the flags. */
export function parseFlags<F extends Flags>(flags: F, argv: readonly string[]): Parsed<F> {
  const reading = new Reading(flags);
  const words = argv.values();
  for (const word of words) {
    if (word === "--") break;
    if (word.startsWith("--")) reading.long(word.slice(2), words);
    else if (word.length > 1 && word.startsWith("-")) reading.short(word.slice(1), words);
    else reading.args.push(word);
  }
  return { ...reading.finished(), rest: [...words] } as Parsed<F>;
}

class Reading {
  readonly args: string[] = [];
  readonly #flags: Flags;
  readonly #values = new Map<string, unknown>();

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  long(word: string, words: Iterator<string>): void {
    const at = word.indexOf("=");
    const name = at < 0 ? word : word.slice(0, at);
    const found = this.#flags[name];
    if (!found) throw new UsageError(`unknown flag: --${name}`);
    if (at >= 0) this.#set(name, found, word.slice(at + 1));
    else this.#set(name, found, found.bare ?? valueAfter(`--${name}`, words));
  }

  /** Switches may be joined (`-it`); the last one may carry its value. */
  short(letters: string, words: Iterator<string>): void {
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at] ?? "";
      const [name, found] = this.#byLetter(letter, letters);
      const tail = letters.slice(at + 1).replace(/^=/, "");
      if (found.bare === undefined || letters[at + 1] === "=") {
        this.#set(name, found, tail === "" ? valueAfter(`-${letter}`, words) : tail);
        return;
      }
      this.#set(name, found, found.bare);
    }
  }

  finished(): { args: readonly string[]; values: object; given: ReadonlySet<string> } {
    const values: Record<string, unknown> = {};
    const missing: string[] = [];
    for (const [name, found] of Object.entries(this.#flags)) {
      values[name] = this.#values.has(name) ? this.#values.get(name) : found.fallback;
      if (found.required && !this.#values.has(name)) missing.push(`"${name}"`);
    }
    // exact: kubectl
    if (missing.length > 0) throw new UsageError(`required flag(s) ${missing.join(", ")} not set`);
    return { args: this.args, values, given: new Set(this.#values.keys()) };
  }

  #byLetter(letter: string, letters: string): [string, Flag<unknown>] {
    for (const [name, found] of Object.entries(this.#flags))
      if (found.short === letter) return [name, found];
    throw new UsageError(`unknown shorthand flag: '${letter}' in -${letters}`);
  }

  #set(name: string, found: Flag<unknown>, text: string): void {
    try {
      this.#values.set(name, found.read(text, this.#values.get(name)));
    } catch (cause) {
      if (!(cause instanceof UsageError)) throw cause;
      throw new UsageError(`invalid argument "${text}" for "--${name}": ${cause.message}`, {
        cause,
      });
    }
  }
}

function valueAfter(name: string, words: Iterator<string>): string {
  const next = words.next();
  if (next.done) throw new UsageError(`flag needs an argument: ${name}`);
  return next.value;
}
