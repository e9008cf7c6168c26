/**
 * The kernel's nf_tables, through the `nft` program: a table of our own, changed in transactions.
 * Other tables (Docker's, the administrator's) are neither read nor touched.
 */
import { type Processes, runOrThrow } from "#base/processes.ts";
import type { RuleBackend } from "../backend.ts";
import { emptyInventory } from "../difference.ts";
import { sets } from "../layout.ts";
import { commandsOf, type NftObject } from "./nft-json.ts";
import { parseListing } from "./nft-listing.ts";
import { piped } from "./piped.ts";

export interface NftablesOptions {
  readonly processes: Processes;
  /** Of the table; the name of the cluster's instance. */
  readonly table: string;
  /** The program and what goes before its arguments: `["ip", "netns", "exec", "x", "nft"]`. */
  readonly command?: readonly string[];
}

/** Looked at to see whether the table is still the one we wrote: nothing else is listed so cheaply. */
const witness = sets.witness.name;

export function nftablesBackend(options: NftablesOptions): RuleBackend {
  const { processes, table, command = ["nft"] } = options;
  const [program = "nft", ...before] = command;
  /** What listing the witness gave: its handle tells a table from its successor. */
  let seen: string | undefined;

  const nft = (...args: readonly string[]): Promise<string> =>
    runOrThrow(processes, { program, args: [...before, ...args] });

  const transact = (nftables: readonly NftObject[]): Promise<string> =>
    runOrThrow(processes, piped([...command, "-j", "-f", "-"], JSON.stringify({ nftables })));

  const look = async (): Promise<string | undefined> => {
    const args = [...before, "-j", "list", "set", "ip", table, witness];
    const { code, output } = await processes.run({ program, args });
    return code === 0 ? output : undefined;
  };

  const exists = async (): Promise<boolean> => {
    const { nftables } = JSON.parse(await nft("-j", "list", "tables", "ip")) as TableList;
    return nftables.some((entry) => entry.table?.name === table);
  };

  return {
    async read() {
      if (!(await exists())) return emptyInventory();
      const inventory = parseListing(await nft("-j", "list", "table", "ip", table));
      seen = await look();
      return inventory;
    },
    async apply(change) {
      await transact(commandsOf(table, change));
      if (change.addedSets.some(({ name }) => name === witness)) seen = await look();
    },
    isIntact: async () => (await look()) === seen,
    async remove() {
      if (await exists()) await nft("delete", "table", "ip", table);
      seen = undefined;
    },
  };
}

interface TableList {
  readonly nftables: readonly { readonly table?: { readonly name: string } }[];
}
