/**
 * A table without a kernel, and the way of a packet through it: for tests, and for nodes that are
 * imagined. It does what the rules say, so that they can be judged by what becomes of packets.
 */
import { unreachable } from "#base/assert.ts";
import { contains, cidrOf, ipOf } from "#base/ip.ts";
import { pick, type Random } from "#base/random.ts";
import type { RuleBackend } from "../backend.ts";
import { type Change, emptyInventory, type Inventory, note } from "../difference.ts";
import {
  type Action,
  type Chain,
  type Condition,
  type Destination,
  type Element,
  elementId,
  type Hook,
  type Key,
  type Protocol,
} from "../rules.ts";

/** The first packet of a connection. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** It says it comes over the network; else it was made on this machine. */
  readonly isForeign?: boolean;
}

export type Fate =
  | { readonly is: "dropped" | "rejected" }
  | {
      readonly is: "delivered";
      readonly to: string;
      readonly port: number;
      /** Under an address of this machine. */
      readonly isMasqueraded: boolean;
    };

export interface MemoryBackendOptions {
  readonly random: Random;
  readonly nodeAddresses?: readonly string[];
}

export interface MemoryBackend extends RuleBackend {
  readonly send: (packet: Packet) => Fate;
  /** As `nft flush ruleset` does. */
  readonly flush: () => void;
  /** How many changes were applied. */
  readonly applied: () => number;
  /** The next changes are refused, this many. */
  readonly refuse: (times: number) => void;
}

export function memoryBackend(options: MemoryBackendOptions): MemoryBackend {
  const kernel = new Kernel();
  let isIntact = true;
  let applied = 0;
  let refusals = 0;
  const empty = async (): Promise<void> => kernel.clear();
  return {
    async read() {
      isIntact = true;
      return kernel.inventory();
    },
    async apply(change) {
      if (refusals-- > 0 || !kernel.allows(change)) throw new Error("the change was refused");
      applied++;
      kernel.apply(change);
    },
    isIntact: async () => isIntact,
    remove: empty,
    flush() {
      kernel.clear();
      isIntact = false;
    },
    applied: () => applied,
    refuse(times) {
      refusals = times;
    },
    send: (packet) => new Journey(kernel, packet, options).fate(),
  };
}

/** What nf_tables would keep. */
class Kernel {
  readonly chains = new Map<string, Chain>();
  readonly elements = new Map<string, Element>();
  /** Clients, by set. */
  readonly remembered = new Map<string, Set<string>>();
  #inventory = emptyInventory();

  inventory(): Inventory {
    const { chains, sets, elements } = this.#inventory;
    return { chains: new Map(chains), sets: new Set(sets), elements: new Map(elements) };
  }

  /** What exists is not added again, what does not is not changed, and what is named must be there. */
  allows(change: Change): boolean {
    const after = this.inventory();
    const hasSet = (name: string): boolean => after.sets.has(name);
    const hasElement = (element: Element): boolean => after.elements.has(elementId(element));
    const hasChain = (name: string): boolean => after.chains.has(name);
    const isSound =
      !change.addedSets.some(({ name }) => hasSet(name)) &&
      !change.addedChains.some(({ name }) => hasChain(name)) &&
      change.changedChains.every(({ name }) => hasChain(name)) &&
      change.removedChains.every(hasChain) &&
      change.removedSets.every(hasSet) &&
      !change.addedElements.some(hasElement) &&
      [...change.changedElements, ...change.removedElements].every(hasElement);
    note(after, change);
    return isSound && [...this.#namesAfter(change)].every(hasChain);
  }

  /** Chains that rules and elements would lead to. */
  *#namesAfter(change: Change): Generator<string> {
    const removed = new Set(change.removedElements.map(elementId));
    const changed = [...change.addedElements, ...change.changedElements];
    const elements = new Map([...this.elements, ...changed.map((e) => [elementId(e), e] as const)]);
    for (const [id, { verdict }] of elements) {
      if (verdict?.startsWith("goto ") && !removed.has(id)) yield verdict.slice("goto ".length);
    }
    const chains = new Map(this.chains);
    for (const chain of [...change.addedChains, ...change.changedChains]) {
      chains.set(chain.name, chain);
    }
    for (const name of change.removedChains) chains.delete(name);
    for (const { rules } of chains.values()) for (const { does } of rules) yield* targetsOf(does);
  }

  apply(change: Change): void {
    note(this.#inventory, change);
    for (const element of change.removedElements) this.elements.delete(elementId(element));
    for (const element of [...change.addedElements, ...change.changedElements]) {
      this.elements.set(elementId(element), element);
    }
    for (const chain of [...change.addedChains, ...change.changedChains]) {
      this.chains.set(chain.name, chain);
    }
    for (const name of change.removedChains) this.chains.delete(name);
    for (const name of change.removedSets) this.remembered.delete(name);
  }

  clear(): void {
    this.chains.clear();
    this.elements.clear();
    this.remembered.clear();
    this.#inventory = emptyInventory();
  }
}

function targetsOf(action: Action): readonly string[] {
  if (action.is === "goto" || action.is === "jump") return [action.chain];
  return action.is === "pick" ? action.chains : [];
}

type End = "dropped" | "rejected";
/** `left`: what remains of the chain is not for it. */
type Step = End | "accepted" | "left" | "on";

/** One packet on its way. */
class Journey {
  readonly #kernel: Kernel;
  readonly #packet: Packet;
  readonly #options: MemoryBackendOptions;
  #to: Destination;
  #isForwarded = false;
  #isMarked = false;
  #isMasqueraded = false;

  constructor(kernel: Kernel, packet: Packet, options: MemoryBackendOptions) {
    this.#kernel = kernel;
    this.#packet = packet;
    this.#options = options;
    this.#to = { address: packet.to, port: packet.port };
  }

  fate(): Fate {
    const { isForeign = false } = this.#packet;
    const end = this.#pass(isForeign ? "prerouting" : "output") ?? this.#passAll(isForeign);
    if (end) return { is: end };
    const { address: to, port } = this.#to;
    return { is: "delivered", to, port, isMasqueraded: this.#isMasqueraded };
  }

  /** Where it goes on once its destination is known. What is sent here from here leaves, too. */
  #passAll(isForeign: boolean): End | undefined {
    const isOurs = this.#isOurs(this.#to.address);
    const arriving = isOurs ? (["input"] as const) : [];
    const passing = isOurs ? arriving : (["forward", "postrouting"] as const);
    for (const hook of isForeign ? passing : (["postrouting", ...arriving] as const)) {
      const end = this.#pass(hook);
      if (end) return end;
    }
    return undefined;
  }

  #isOurs = (address: string): boolean =>
    (this.#options.nodeAddresses ?? []).includes(address) || address.startsWith("127.");

  /** All chains of a hook, in their order. */
  #pass(at: Hook["at"]): End | undefined {
    const chains = [...this.#kernel.chains.values()].filter(({ hook }) => hook?.at === at);
    const priority = (chain: Chain): number => chain.hook?.priority ?? 0;
    for (const chain of chains.toSorted((a, b) => priority(a) - priority(b))) {
      const step = this.#walk(chain.name);
      if (step === "dropped" || step === "rejected") return step;
    }
    return undefined;
  }

  #walk(name: string): Step {
    for (const { when = [], does } of this.#kernel.chains.get(name)?.rules ?? []) {
      if (!when.every((condition) => this.#holds(condition))) continue;
      const step = this.#act(does);
      if (step !== "on") return step === "left" ? "on" : step;
    }
    return "on";
  }

  #act(action: Action): Step {
    switch (action.is) {
      case "look up":
        return this.#follow(this.#kernel.elements.get(this.#id(action.map, action.key))?.verdict);
      case "jump":
        return this.#walk(action.chain);
      case "goto":
        return ended(this.#walk(action.chain));
      case "pick":
        return ended(this.#walk(pick(this.#options.random, action.chains as [string])));
      case "forward":
        this.#to = pick(this.#options.random, action.to as [Destination]);
        this.#isForwarded = true;
        return "accepted";
      case "drop":
        return "dropped";
      case "reject":
        return "rejected";
      case "mark":
        this.#isMarked = true;
        return "on";
      case "masquerade":
        this.#isMasqueraded = true;
        return "accepted";
      case "remember":
        return this.#remember(action.set);
      default:
        return unreachable(action);
    }
  }

  #remember(set: string): Step {
    const clients = this.#kernel.remembered.get(set) ?? new Set();
    this.#kernel.remembered.set(set, clients.add(this.#packet.from));
    return "on";
  }

  #follow(verdict: Element["verdict"]): Step {
    if (verdict === undefined) return "on";
    return verdict === "drop" ? "dropped" : ended(this.#walk(verdict.slice("goto ".length)));
  }

  #holds(condition: Condition): boolean {
    if (condition.is === "in") return this.#isIn(condition.set, condition.key);
    if ("cidrs" in condition) return this.#isAtEnd(condition.is, condition.cidrs);
    switch (condition.is) {
      case "new":
        return true;
      case "invalid":
        return false;
      case "forwarded":
        return this.#isForwarded;
      case "from node":
        return this.#isOurs(this.#packet.from);
      case "to node":
        return this.#isOurs(this.#to.address);
      case "over network":
        return this.#packet.isForeign === true;
      case "marked":
        return this.#isMarked;
      default:
        return unreachable(condition);
    }
  }

  #isAtEnd(which: "from" | "not from" | "to" | "not to", cidrs: readonly string[]): boolean {
    const address = which.endsWith("from") ? this.#packet.from : this.#to.address;
    return isWithin(address, cidrs) !== which.startsWith("not");
  }

  #isIn = (set: string, key: Key): boolean =>
    this.#kernel.remembered.get(set)?.has(this.#packet.from) === true ||
    this.#kernel.elements.has(this.#id(set, key));

  #id(set: string, key: Key): string {
    const { from, protocol } = this.#packet;
    const { address, port } = this.#to;
    const fields = { source: from, destination: address, protocol, port };
    return elementId({ set, key: key.map((field) => fields[field]).join(" ") });
  }
}

/** What `goto` leads to does not come back to the chain that it left. */
const ended = (step: Step): Step => (step === "on" ? "left" : step);

const isWithin = (address: string, cidrs: readonly string[]): boolean =>
  cidrs.some((cidr) => contains(cidrOf(cidr), ipOf(address)));
