/** Answers worth keeping: small, and no two of a sort. */
import { isDeepStrictEqual } from "node:util";
import type { AnyKind } from "../../src/api/kind.ts";
import { isOutdated } from "./compare.ts";
import type { Compared } from "./run.ts";

/** Of one kind and one outcome. */
const limits = {
  builtIn: { bytes: 600, count: 1 },
  custom: { bytes: 600, count: 12 },
  patch: { bytes: 300, count: 40 },
} as const;

function sortOf(kind: AnyKind | undefined): keyof typeof limits {
  if (!kind) return "patch";
  return kind.schema.options.open ? "custom" : "builtIn";
}

export class Record {
  readonly #sorts = new Map<string, string[]>();

  add(compared: Compared): void {
    if (!isWorthy(compared)) return;
    const { kind, question, there, outcome } = compared;
    const name = kind && `${kind.apiVersion} ${kind.kind}`;
    const text = JSON.stringify({ ...(name ? { kind: name } : {}), question, answer: there });
    const kept = this.#sorts.get(`${name} ${outcome}`) ?? [];
    const { bytes, count } = limits[sortOf(kind)];
    if (text.length <= bytes && kept.length < count) kept.push(text);
    this.#sorts.set(`${name} ${outcome}`, kept);
  }

  text(): string {
    return [...this.#sorts.values()]
      .flat()
      .map((line) => `${line}\n`)
      .join("");
  }
}

/** The answers are the same to the letter, not only but for what `compare.ts` allows for. */
function isWorthy({ kind, here, there, differs }: Compared): boolean {
  if (differs !== "" || isOutdated(here, there)) return false;
  return kind ? isDeepStrictEqual(objectIn(here), objectIn(there)) : isDeepStrictEqual(here, there);
}

const objectIn = ({ object }: { readonly object?: unknown }): unknown =>
  object === undefined ? undefined : JSON.parse(JSON.stringify(object));
