/**
 * Configuration files (`audit.k8s.io`, `kubescheduler.config.k8s.io`), read strictly:
 * everything that is wrong is told at once, by its path, and a field that nobody reads is wrong too.
 */
import { parseYaml } from "#base/yaml.ts";

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[]) {
    super(`${what}: ${problems.join("; ")}`);
    this.problems = problems;
  }
}

export interface Expected {
  readonly apiVersions: readonly string[];
  readonly kind: string;
}

/** The whole file, read with `read`. Throws ConfigurationError. */
export function readConfiguration<T>(
  text: string,
  { apiVersions, kind }: Expected,
  read: (section: Section) => T,
): T {
  const value = parsed(text, kind);
  const problems: string[] = [];
  const section = new Section("", value, problems);
  section.oneOf("apiVersion", apiVersions);
  section.oneOf("kind", [kind]);
  section.any("metadata");
  const result = read(section);
  section.finish();
  if (problems.length > 0) throw new ConfigurationError(kind, problems);
  return result;
}

function parsed(text: string, kind: string): Members {
  try {
    const value = parseYaml(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw new ConfigurationError(kind, [(cause as Error).message]);
  }
  throw new ConfigurationError(kind, ["the file must hold an object"]);
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
  readonly #problems: string[];
  readonly #known = new Set<string>();
  readonly #parts: Section[] = [];

  constructor(path: string, members: Members, problems: string[]) {
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
    if (!text) this.wrong(name, "required");
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
    if (found === undefined) {
      const list = valid.map((value) => JSON.stringify(value)).join(", ");
      this.wrong(name, `unsupported value ${JSON.stringify(text ?? "")}: must be one of ${list}`);
    }
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
    this.#problems.push(`${this.#pathOf(name)}: ${problem}`);
  }

  /** Complains of everything that was not asked for. */
  finish(): void {
    for (const name of Object.keys(this.#members))
      if (!this.#known.has(name)) this.wrong(name, "unknown field");
    for (const part of this.#parts) part.finish();
  }

  #part(name: string, value: Members): Section {
    const part = new Section(this.#pathOf(name), value, this.#problems);
    this.#parts.push(part);
    return part;
  }

  #pathOf(name: string): string {
    if (name === "") return this.path;
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  #typed<T>(name: string, what: string, isRight: (value: unknown) => value is T): T | undefined {
    const value = this.any(name);
    if (value === undefined || isRight(value)) return value;
    this.wrong(name, `must be ${what}`);
    return undefined;
  }
}
