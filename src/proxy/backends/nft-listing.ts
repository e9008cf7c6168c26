/** Reads what `nft -j list table` prints, as far as one has to know to tell what is missing. */
import { emptyInventory, type Inventory } from "../difference.ts";
import { elementId, emptyPrint } from "../rules.ts";

interface NftName {
  readonly name: string;
}

interface NftSet extends NftName {
  readonly elem?: readonly unknown[];
  readonly timeout?: number;
}

interface NftRule {
  readonly chain: string;
  readonly comment?: string;
}

interface NftEntry {
  readonly chain?: NftName;
  readonly set?: NftSet;
  readonly map?: NftSet;
  readonly rule?: NftRule;
}

export function parseListing(json: string): Inventory {
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly NftEntry[] };
  const inventory = emptyInventory();
  const comments = new Map<string, string[]>();
  for (const { chain, set, map, rule } of nftables) {
    if (chain) comments.set(chain.name, []);
    if (rule) comments.get(rule.chain)?.push(rule.comment ?? "");
    const found = set ?? map;
    if (found) addSet(inventory, found);
  }
  for (const [chain, found] of comments) inventory.chains.set(chain, printOf(found));
  return inventory;
}

/** What a chain says is what we wrote when all its rules are there, in order. */
function printOf(comments: readonly string[]): string {
  if (comments.length === 0) return emptyPrint;
  const [print = ""] = (comments[0] ?? "").split(" ");
  const isWhole = comments.every((text, i) => text === `${print} ${i + 1}/${comments.length}`);
  return isWhole ? print : "?";
}

function addSet(inventory: Inventory, { name, elem = [], timeout }: NftSet): void {
  inventory.sets.add(name);
  // What rules put into it is theirs.
  if (timeout !== undefined) return;
  for (const element of elem) {
    const [key, verdict] = Array.isArray(element) ? (element as unknown[]) : [element];
    inventory.elements.set(elementId({ set: name, key: keyText(key) }), verdictText(verdict));
  }
}

function keyText(key: unknown): string {
  if (typeof key === "string" || typeof key === "number") return String(key);
  return (key as { readonly concat: readonly unknown[] }).concat.join(" ");
}

function verdictText(verdict: unknown): string {
  if (verdict === undefined) return "";
  const { goto } = verdict as { readonly goto?: { readonly target: string } };
  return goto ? `goto ${goto.target}` : "drop";
}
