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

/** One object of an answer. A field of the wrong kind is an error that names it. */
export class Answer {
  readonly #members: ReadonlyMap<string, unknown>;

  constructor(value: unknown) {
    if (typeof value !== "object" || Array.isArray(value))
      throw new Error("the answer is not an object");
    this.#members = new Map(
      Object.entries(value ?? {}).map(([name, member]) => [name.toLowerCase(), member]),
    );
  }

  text(name: string): string {
    const value = this.#of(name) ?? "";
    if (typeof value !== "string") throw wrong(name, "a string");
    return value;
  }

  integer(name: string): number {
    const value = this.#of(name) ?? 0;
    if (typeof value !== "number" || !Number.isInteger(value)) throw wrong(name, "an integer");
    return value;
  }

  object(name: string): Answer | undefined {
    const value = this.#of(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "object") throw wrong(name, "an object");
    return new Answer(value);
  }

  /** Values by their own names, whose case counts. */
  entries(name: string): readonly (readonly [string, unknown])[] {
    const value = this.#of(name) ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw wrong(name, "an object");
    return Object.entries(value);
  }

  /** Undefined when the field is absent or null, which is not the same as empty. */
  list(name: string): readonly unknown[] | undefined {
    const value = this.#of(name);
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw wrong(name, "a list");
    return value;
  }

  #of(name: string): unknown {
    return this.#members.get(name.toLowerCase());
  }
}

const wrong = (name: string, what: string): Error =>
  new Error(`the answer's ${name} is not ${what}`);
