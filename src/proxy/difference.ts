/** What to change so that the table says what it should: only that, whatever else is in it. */
import { type Chain, type Element, elementId, type RuleSet, type SetSpec } from "./rules.ts";

/** What a table has, by name, in as many words as are needed to see a difference. */
export interface Inventory {
  /** Name to print. */
  readonly chains: Map<string, string>;
  readonly sets: Set<string>;
  /** By `elementId`; the verdict, empty in a plain set. */
  readonly elements: Map<string, string>;
}

export const emptyInventory = (): Inventory => ({
  chains: new Map(),
  sets: new Set(),
  elements: new Map(),
});

/** Everything in it happens at once, or nothing does. */
export interface Change {
  readonly addedSets: readonly SetSpec[];
  readonly addedChains: readonly Chain[];
  readonly changedChains: readonly Chain[];
  readonly addedElements: readonly Element[];
  readonly changedElements: readonly Element[];
  readonly removedElements: readonly Element[];
  readonly removedChains: readonly string[];
  readonly removedSets: readonly string[];
}

/** Where to look for differences. */
export interface Scope {
  readonly chains: Iterable<string>;
  readonly sets: Iterable<string>;
  readonly elements: Iterable<string>;
}

export const everything = (before: Inventory, after: RuleSet): Scope => ({
  chains: new Set([...before.chains.keys(), ...after.chains.keys()]),
  sets: new Set([...before.sets, ...after.sets.keys()]),
  elements: new Set([...before.elements.keys(), ...after.elements.keys()]),
});

export function difference(
  before: Inventory,
  after: RuleSet,
  scope: Scope = everything(before, after),
): Change {
  return {
    ...ofSets(before, after, scope),
    ...ofChains(before, after, scope),
    ...ofElements(before, after, scope),
  };
}

type Parts<P extends string> = Pick<Change, Extract<keyof Change, `${string}${P}`>>;

function ofSets(before: Inventory, after: RuleSet, scope: Scope): Parts<"Sets"> {
  const addedSets: SetSpec[] = [];
  const removedSets: string[] = [];
  for (const name of scope.sets) {
    const wanted = after.sets.get(name);
    if (wanted && !before.sets.has(name)) addedSets.push(wanted);
    if (!wanted && before.sets.has(name)) removedSets.push(name);
  }
  return { addedSets, removedSets };
}

function ofChains(before: Inventory, after: RuleSet, scope: Scope): Parts<"Chains"> {
  const addedChains: Chain[] = [];
  const changedChains: Chain[] = [];
  const removedChains: string[] = [];
  for (const name of scope.chains) {
    const wanted = after.chains.get(name);
    const print = before.chains.get(name);
    if (!wanted) {
      if (print !== undefined) removedChains.push(name);
    } else if (print === undefined) addedChains.push(wanted);
    else if (print !== wanted.print) changedChains.push(wanted);
  }
  return { addedChains, changedChains, removedChains };
}

function ofElements(before: Inventory, after: RuleSet, scope: Scope): Parts<"Elements"> {
  const addedElements: Element[] = [];
  const changedElements: Element[] = [];
  const removedElements: Element[] = [];
  for (const id of scope.elements) {
    const wanted = after.elements.get(id);
    const verdict = before.elements.get(id);
    if (!wanted) {
      if (verdict !== undefined) removedElements.push(elementOf(id));
    } else if (verdict === undefined) addedElements.push(wanted);
    else if (verdict !== (wanted.verdict ?? "")) changedElements.push(wanted);
  }
  return { addedElements, changedElements, removedElements };
}

/** The reverse of `elementId`. */
function elementOf(id: string): Element {
  const blank = id.indexOf(" ");
  return { set: id.slice(0, blank), key: id.slice(blank + 1) };
}

export const isEmpty = (change: Change): boolean =>
  Object.values(change).every((part: readonly unknown[]) => part.length === 0);

/** Notes in the inventory what the change did. Elements go with their set. */
export function note(inventory: Inventory, change: Change): void {
  for (const { name } of change.addedSets) inventory.sets.add(name);
  for (const { name, print } of [...change.addedChains, ...change.changedChains]) {
    inventory.chains.set(name, print);
  }
  for (const element of change.removedElements) inventory.elements.delete(elementId(element));
  for (const element of [...change.addedElements, ...change.changedElements]) {
    inventory.elements.set(elementId(element), element.verdict ?? "");
  }
  for (const name of change.removedChains) inventory.chains.delete(name);
  for (const name of change.removedSets) inventory.sets.delete(name);
}
