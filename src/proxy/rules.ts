/**
 * What the kernel should do with the traffic of services, as data: chains of rules, and sets and
 * maps in which rules look things up. A backend knows how to say it to a kernel; nothing else does.
 */
import { sha256Hex } from "#base/hash.ts";

export type Protocol = "tcp" | "udp" | "sctp";

/** A part of a packet by which something is looked up. */
export type KeyField = "source" | "destination" | "protocol" | "port";
export type Key = readonly KeyField[];

export interface Destination {
  readonly address: string;
  readonly port: number;
}

export type Condition =
  /** The first packet of its connection. */
  | { readonly is: "new" }
  | { readonly is: "invalid" }
  /** Its destination was changed by us, or by someone like us. */
  | { readonly is: "forwarded" }
  | { readonly is: "from" | "not from" | "to" | "not to"; readonly cidrs: readonly string[] }
  /** One of the addresses of this machine. */
  | { readonly is: "from node" | "to node" }
  /** It did not come over the loopback interface. */
  | { readonly is: "over network" }
  | { readonly is: "in"; readonly set: string; readonly key: Key }
  | { readonly is: "marked" };

export type Action =
  /** Does what the map says about the packet; nothing when it says nothing. */
  | { readonly is: "look up"; readonly map: string; readonly key: Key }
  /** `jump` comes back, `goto` does not. */
  | { readonly is: "goto" | "jump"; readonly chain: string }
  /** Its source is to be masqueraded on its way out. */
  | { readonly is: "mark" }
  /** Sends the connection to one of them, whichever. */
  | { readonly is: "forward"; readonly protocol: Protocol; readonly to: readonly Destination[] }
  /** Goes to one of the chains, whichever. */
  | { readonly is: "pick"; readonly chains: readonly string[] }
  /** Puts the source into the set, or keeps it there for longer. */
  | { readonly is: "remember"; readonly set: string }
  | { readonly is: "masquerade" }
  | { readonly is: "drop" }
  /** Tells the sender that nobody is there. */
  | { readonly is: "reject" };

export interface Rule {
  /** All of them have to hold. */
  readonly when?: readonly Condition[];
  readonly does: Action;
}

export interface Hook {
  readonly type: "nat" | "filter";
  readonly at: "prerouting" | "input" | "forward" | "output" | "postrouting";
  /** Lower comes first. */
  readonly priority: number;
}

export interface Chain {
  readonly name: string;
  /** Where the kernel enters it; absent: only other chains do. */
  readonly hook?: Hook;
  readonly rules: readonly Rule[];
  /** Equal for equal chains, and different for different ones: it is kept in the kernel too. */
  readonly print: string;
}

/** Of a chain without rules, which has nothing that could be marked. */
export const emptyPrint = "";

export function chainOf(name: string, rules: readonly Rule[], hook?: Hook): Chain {
  const isEmpty = rules.length === 0;
  const print = isEmpty ? emptyPrint : sha256Hex(JSON.stringify([hook, rules])).slice(0, 16);
  return hook ? { name, hook, rules, print } : { name, rules, print };
}

export interface SetSpec {
  readonly name: string;
  readonly key: Key;
  /** Its elements say what to do; those of a plain set are just in it. */
  readonly isMap?: true;
  /** Rules put sources into it; each is forgotten so long after it was seen last. */
  readonly forgetsAfterSeconds?: number;
}

export type Verdict = "drop" | `goto ${string}`;

export interface Element {
  readonly set: string;
  /** In the order of the set's key: `10.96.0.1 tcp 443`. */
  readonly key: string;
  readonly verdict?: Verdict;
}

/** Names an element among all elements of all sets; set names have no blanks. */
export const elementId = ({ set, key }: Pick<Element, "set" | "key">): string => `${set} ${key}`;

export interface RuleSet {
  readonly chains: ReadonlyMap<string, Chain>;
  readonly sets: ReadonlyMap<string, SetSpec>;
  /** By `elementId`. */
  readonly elements: ReadonlyMap<string, Element>;
}

/** What one owner contributes: the layout of the table, or a service. */
export class Fragment {
  readonly chains: Chain[] = [];
  readonly sets: SetSpec[] = [];
  readonly elements: Element[] = [];
  /** Where two owners want different things of one element, the lower rank has its way. */
  readonly rank: string;

  constructor(rank: string) {
    this.rank = rank;
  }

  chain(name: string, rules: readonly Rule[], hook?: Hook): void {
    this.chains.push(chainOf(name, rules, hook));
  }

  element(set: string, key: readonly (string | number)[], verdict?: Verdict): void {
    const element = { set, key: key.join(" ") };
    this.elements.push(verdict ? { ...element, verdict } : element);
  }
}
