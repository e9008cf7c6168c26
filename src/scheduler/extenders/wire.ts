/**
 * What is said to an extender and what it answers (`k8s.io/kube-scheduler/extender/v1`). The fields are
 * written as Go writes them; answers are read as Go reads them: whatever the case of their letters.
 */
import type { Node } from "#api/core/node.ts";
import type { Pod } from "#api/core/pod.ts";

export interface ExtenderArgs {
  readonly Pod: Pod;
  readonly Nodes: { readonly metadata: object; readonly items: readonly Node[] } | null;
  readonly NodeNames: readonly string[] | null;
}

export interface BindingArgs {
  readonly PodName: string;
  readonly PodNamespace: string;
  readonly PodUID: string;
  readonly Node: string;
}

interface VictimsOf<P> {
  readonly Pods: readonly P[];
  readonly NumPDBViolations: number;
}

export type MetaVictims = VictimsOf<{ readonly UID: string }>;

/** The fields that do not apply are null, as Go has it. */
export interface PreemptionArgs {
  readonly Pod: Pod;
  readonly NodeNameToVictims: Readonly<Record<string, VictimsOf<Pod>>> | null;
  readonly NodeNameToMetaVictims: Readonly<Record<string, MetaVictims>> | null;
}

/** One object of an answer. A field of the wrong kind is an error that names it, and who answered. */
export class Answer {
  readonly #from: string;
  readonly #members: ReadonlyMap<string, unknown>;

  /** `from`: the extender's address. */
  constructor(value: unknown, from: string) {
    this.#from = from;
    if (typeof value !== "object" || Array.isArray(value))
      throw malformed(from, "the answer is not an object");
    this.#members = new Map(
      Object.entries(value ?? {}).map(([name, member]) => [name.toLowerCase(), member]),
    );
  }

  text(name: string): string {
    const value = this.#of(name) ?? "";
    if (typeof value !== "string") throw this.#wrong(name, "a string");
    return value;
  }

  integer(name: string): number {
    const value = this.#of(name) ?? 0;
    if (typeof value !== "number" || !Number.isInteger(value))
      throw this.#wrong(name, "an integer");
    return value;
  }

  object(name: string): Answer | undefined {
    const value = this.#of(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "object") throw this.#wrong(name, "an object");
    return new Answer(value, this.#from);
  }

  /** Values by their own names, whose case counts. */
  entries(name: string): readonly (readonly [string, unknown])[] {
    const value = this.#of(name) ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw this.#wrong(name, "an object");
    return Object.entries(value);
  }

  /** Texts by their own names. */
  texts(name: string): ReadonlyMap<string, string> {
    const isText = (entry: readonly [string, unknown]): entry is readonly [string, string] =>
      typeof entry[1] === "string";
    const entries = this.entries(name);
    if (!entries.every(isText)) throw this.#wrong(name, "an object of strings");
    return new Map(entries);
  }

  /** Undefined when the field is absent or null, which is not the same as empty. */
  list(name: string): readonly unknown[] | undefined {
    const value = this.#of(name);
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw this.#wrong(name, "a list");
    return value;
  }

  #wrong(name: string, what: string): Error {
    return malformed(this.#from, `the answer's ${name} is not ${what}`);
  }

  #of(name: string): unknown {
    return this.#members.get(name.toLowerCase());
  }
}

export const malformed = (from: string, what: string): Error =>
  new Error(`extender ${JSON.stringify(from)}: ${what}`);
