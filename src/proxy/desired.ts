/**
 * The rules that should be, put together from what each owner wants, and the names that may
 * differ since they were last brought to the kernel. Replacing one owner's part costs as much as
 * that part has, not as much as the table.
 */
import type { Scope } from "./difference.ts";
import { type Chain, type Element, elementId, type Fragment, type RuleSet } from "./rules.ts";
import type { SetSpec } from "./rules.ts";

interface Claim {
  readonly owner: string;
  readonly rank: string;
  readonly element: Element;
}

export class DesiredRules implements RuleSet {
  readonly chains = new Map<string, Chain>();
  readonly sets = new Map<string, SetSpec>();
  readonly elements = new Map<string, Element>();
  readonly #fragments = new Map<string, Fragment>();
  /** Of each element, the lowest rank first: addresses can be claimed by several services. */
  readonly #claims = new Map<string, readonly Claim[]>();
  #touched = emptyTouched();

  /** `undefined` withdraws the owner. Names of chains and sets are the owner's alone. */
  replace(owner: string, fragment: Fragment | undefined): void {
    const old = this.#fragments.get(owner);
    if (old) this.#withdraw(owner, old);
    if (!fragment) {
      this.#fragments.delete(owner);
      return;
    }
    this.#fragments.set(owner, fragment);
    for (const chain of fragment.chains) this.#put("chains", chain);
    for (const set of fragment.sets) this.#put("sets", set);
    for (const element of fragment.elements) this.#claim({ owner, rank: fragment.rank, element });
  }

  /** What to compare, from now on anew. */
  takeTouched(): Scope {
    const touched = this.#touched;
    this.#touched = emptyTouched();
    return touched;
  }

  get isTouched(): boolean {
    return Object.values(this.#touched).some(({ size }) => size > 0);
  }

  #put<K extends "chains" | "sets">(part: K, value: K extends "chains" ? Chain : SetSpec): void {
    (this[part] as Map<string, typeof value>).set(value.name, value);
    this.#touched[part].add(value.name);
  }

  #withdraw(owner: string, { chains, sets, elements }: Fragment): void {
    for (const { name } of chains) {
      this.chains.delete(name);
      this.#touched.chains.add(name);
    }
    for (const { name } of sets) {
      this.sets.delete(name);
      this.#touched.sets.add(name);
    }
    for (const element of elements) this.#withdrawClaim(owner, elementId(element));
  }

  #claim(claim: Claim): void {
    const id = elementId(claim.element);
    const others = this.#claims.get(id) ?? [];
    const isMine = ({ owner }: Claim): boolean => owner === claim.owner;
    this.#settle(id, [...others.filter((other) => !isMine(other)), claim]);
  }

  #withdrawClaim(owner: string, id: string): void {
    this.#settle(
      id,
      (this.#claims.get(id) ?? []).filter((claim) => claim.owner !== owner),
    );
  }

  #settle(id: string, claims: readonly Claim[]): void {
    const sorted = claims.length > 1 ? claims.toSorted(byRank) : claims;
    const [first] = sorted;
    this.#touched.elements.add(id);
    if (first) {
      this.#claims.set(id, sorted);
      this.elements.set(id, first.element);
    } else {
      this.#claims.delete(id);
      this.elements.delete(id);
    }
  }
}

const byRank = (a: Claim, b: Claim): number => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0);

const emptyTouched = (): {
  readonly chains: Set<string>;
  readonly sets: Set<string>;
  readonly elements: Set<string>;
} => ({ chains: new Set(), sets: new Set(), elements: new Set() });
