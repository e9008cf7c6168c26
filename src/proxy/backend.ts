/** What carries the rules out. `backends/` has those that there are, and their contract as tests. */
import type { Change, Inventory } from "./difference.ts";
import type { Protocol } from "./rules.ts";

export interface RuleBackend {
  /** What is in force now, whoever put it there: a new process goes on where the last one ended. */
  readonly read: () => Promise<Inventory>;
  /** All of it at once. Throws when it was refused: then nothing has changed. */
  readonly apply: (change: Change) => Promise<void>;
  /** The table is the one that was last read or written, not removed meanwhile. Cheap. */
  readonly isIntact: () => Promise<boolean>;
  /** Ends all forwarding. */
  readonly remove: () => Promise<void>;
}

/** Connections that the kernel knows, and would go on translating as it did when they began. */
export interface Flow {
  readonly protocol: Protocol;
  /** What the client believes to talk to; anything when absent. */
  readonly address?: string;
  readonly port?: number;
  /** Who answers; anybody when absent. */
  readonly answeredBy?: string;
}

/** One that is there. */
export type KnownFlow = Required<Flow>;

export interface FlowTable {
  /** Makes the kernel forget all these; how many there were. */
  readonly forget: (flows: readonly Flow[]) => Promise<number>;
  readonly list: (protocol: Protocol) => Promise<readonly KnownFlow[]>;
}

export interface KernelSettings {
  /** As `sysctl -w` does. False when this kernel has no such setting. */
  readonly set: (name: string, value: string) => Promise<boolean>;
}
