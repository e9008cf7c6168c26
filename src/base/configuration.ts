/**
 * Configuration files (`audit.k8s.io`, `kubescheduler.config.k8s.io`), read strictly:
 * everything that is wrong is told at once, by its path and where it stands, and a field that nobody reads is wrong too.
 */
import {
  duplicateMessage,
  forbiddenMessage,
  invalidMessage,
  requiredMessage,
  unsupportedMessage,
} from "./field-message.ts";
import { didYouMean } from "./nearest.ts";
import { placeOf } from "./yaml-path.ts";
import { type At, parsePlaced } from "./yaml-places.ts";
import { parseYaml, YamlError } from "./yaml.ts";

/** One thing that is wrong, and where in the text, as far as that can be told. */
export interface Mistake {
  readonly text: string;
  readonly at?: At;
}

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly mistakes: readonly Mistake[];

  constructor(what: string, mistakes: readonly Mistake[]) {
    super(`${what}: ${mistakes.map(({ text }) => text).join("; ")}`);
    this.mistakes = mistakes;
  }

  /** What is wrong, each by its path. */
  get problems(): readonly string[] {
    return this.mistakes.map(({ text }) => text);
  }

  /** `scheduler.yaml:3:5: …`, a line each, from the top of the file to its end. */
  inFile(file: string): string {
    const line = ({ text, at }: Mistake): string =>
      at ? `${file}:${at.line}:${at.column}: ${text}` : `${file}: ${text}`;
    return this.mistakes.toSorted(byPlace).map(line).join("\n");
  }
}

const byPlace = ({ at: a }: Mistake, { at: b }: Mistake): number =>
  (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);

export interface Expected {
  readonly apiVersions: readonly string[];
  readonly kind: string;
}

/** The whole file, read with `read`. Throws ConfigurationError. */
export const readConfiguration = <T>(
  text: string,
  { apiVersions, kind }: Expected,
  read: (section: Section) => T,
): T =>
  readSection(text, kind, (section) => {
    section.oneOf("apiVersion", apiVersions);
    section.oneOf("kind", [kind]);
    section.any("metadata");
    return read(section);
  });

/** The same of a file that need not tell what it is; `what` names it in errors. Throws ConfigurationError. */
export function readSection<T>(text: string, what: string, read: (section: Section) => T): T {
  const value = parsed(text, what);
  const problems: Problem[] = [];
  const section = new Section("", value, problems);
  const result = read(section);
  section.finish();
  if (problems.length > 0) throw new ConfigurationError(what, placed(text, problems));
  return result;
}

function parsed(text: string, what: string): Members {
  try {
    const value = parseYaml(text);
    if (isObject(value)) return value;
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    const { problem, at } = cause;
    throw new ConfigurationError(what, [{ text: `yaml: ${problem}`, ...(at ? { at } : {}) }]);
  }
  throw new ConfigurationError(what, [{ text: "the file must hold an object" }]);
}

function placed(text: string, problems: readonly Problem[]): readonly Mistake[] {
  const root = parsePlaced(text);
  return problems.map(({ path, problem, isOfName }) => ({
    text: `${path}: ${problem}`,
    ...("is" in root ? { at: placeOf(root, path, isOfName) } : {}),
  }));
}

interface Problem {
  readonly path: string;
  readonly problem: string;
  /** The name itself is wrong, not what stands there. */
  readonly isOfName: boolean;
}

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const listOf =
  <T>(isItem: (value: unknown) => value is T) =>
  (value: unknown): value is readonly T[] =>
    Array.isArray(value) && value.every(isItem);

/** One object of the file. What is read from it is checked, and remembered as known. */
export class Section {
  readonly path: string;
  readonly #members: Members;
  readonly #problems: Problem[];
  readonly #known = new Set<string>();
  readonly #mistyped = new Set<string>();
  readonly #parts = new Map<string, Section>();

  constructor(path: string, members: Members, problems: Problem[]) {
    this.path = path;
    this.#members = members;
    this.#problems = problems;
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined && this.#members[name] !== null;
  }

  any(name: string): unknown {
    this.#known.add(name);
    return this.#members[name] ?? undefined;
  }

  text(name: string): string | undefined {
    return this.#typed(name, "a string", isText);
  }

  /** A text that must be there and not be empty. */
  requiredText(name: string): string {
    const text = this.text(name);
    if (!text && !this.#isMistyped(name, text)) this.required(name);
    return text ?? "";
  }

  flag(name: string): boolean | undefined {
    return this.#typed(name, "true or false", isFlag);
  }

  integer(name: string): number | undefined {
    return this.#typed(name, "an integer", isInteger);
  }

  texts(name: string): readonly string[] {
    return this.#typed(name, "a list of strings", listOf(isText)) ?? [];
  }

  oneOf<const T extends string>(name: string, valid: readonly T[]): T | undefined {
    const text = this.text(name);
    const found = valid.find((value) => value === text);
    if (found === undefined && !this.#isMistyped(name, text))
      this.unsupported(name, text ?? "", valid);
    return found;
  }

  section(name: string): Section | undefined {
    const value = this.#typed(name, "an object", isObject);
    return value && this.#part(name, value);
  }

  sections(name: string): readonly Section[] {
    const list = this.#typed(name, "a list of objects", listOf(isObject)) ?? [];
    return list.map((value, at) => this.#part(`${name}[${at}]`, value));
  }

  wrong(name: string, problem: string): void {
    this.#problems.push({ path: this.#pathOf(name), problem, isOfName: false });
  }

  required(name: string, detail = ""): void {
    this.wrong(name, requiredMessage(detail));
  }

  /** What stands there is not valid. */
  invalid(name: string, detail: string, value = this.#members[name]): void {
    this.wrong(name, invalidMessage(value, detail));
  }

  unsupported(name: string, value: string, valid: readonly string[]): void {
    this.wrong(name, unsupportedMessage(value, valid) + didYouMean(value, valid));
  }

  duplicate(name: string, value = this.#members[name]): void {
    this.wrong(name, duplicateMessage(value));
  }

  forbidden(name: string, detail: string): void {
    this.wrong(name, forbiddenMessage(detail));
  }

  /** Complains of everything that was not asked for. */
  finish(): void {
    for (const name of Object.keys(this.#members)) {
      if (this.#known.has(name)) continue;
      const problem = `unknown field${this.#meant(name)}`;
      this.#problems.push({ path: this.#pathOf(name), problem, isOfName: true });
    }
    for (const part of this.#parts.values()) part.finish();
  }

  #meant(name: string): string {
    const names = [...this.#known].sort();
    return didYouMean(name, names) || (names.length > 0 ? `; there are ${names.join(", ")}` : "");
  }

  #part(name: string, value: Members): Section {
    const known = this.#parts.get(name);
    const part = known ?? new Section(this.#pathOf(name), value, this.#problems);
    this.#parts.set(name, part);
    return part;
  }

  #pathOf(name: string): string {
    if (name === "") return this.path;
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  #typed<T>(name: string, what: string, isRight: (value: unknown) => value is T): T | undefined {
    const value = this.any(name);
    if (value === undefined || isRight(value)) return value;
    // Whoever asks again hears nothing new.
    if (!this.#mistyped.has(name)) this.wrong(name, `must be ${what}`);
    this.#mistyped.add(name);
    return undefined;
  }

  /** Something stands there, and it was told already that it is of the wrong type. */
  #isMistyped(name: string, read: unknown): boolean {
    return read === undefined && this.has(name);
  }
}
