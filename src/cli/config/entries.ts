/** Entries of a kubeconfig: each list has names, and under a key of its own what they stand for. */
import type { Kubeconfig } from "#client/kubeconfig.ts";

export const entryKeys = { clusters: "cluster", contexts: "context", users: "user" } as const;

export type ListName = keyof typeof entryKeys;

export const isListName = (name: string): name is ListName => Object.hasOwn(entryKeys, name);

/** What an entry says; fields that nobody knows too. */
export type Entry = Readonly<Record<string, unknown>>;

type Named = { readonly name: string } & Readonly<Record<string, Entry>>;

const listOf = (config: Kubeconfig, list: ListName): readonly Named[] =>
  config[list] as unknown as readonly Named[];

export const namesIn = (config: Kubeconfig, list: ListName): readonly string[] =>
  listOf(config, list)
    .map(({ name }) => name)
    .toSorted();

export const findEntry = (config: Kubeconfig, list: ListName, name: string): Entry | undefined =>
  listOf(config, list).find((entry) => entry.name === name)?.[entryKeys[list]];

/** With this entry in place of the one of that name; without any when it is undefined. */
export function withEntry(config: Kubeconfig, { list, name, entry }: Change): Kubeconfig {
  const others = listOf(config, list).filter((other) => other.name !== name);
  const all = entry === undefined ? others : [...others, { name, [entryKeys[list]]: entry }];
  return { ...config, [list]: all.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

export interface Change {
  readonly list: ListName;
  readonly name: string;
  readonly entry: Entry | undefined;
}

/** Without fields that were made empty. */
export const compact = (entry: Entry): Entry =>
  Object.fromEntries(
    Object.entries(entry).filter(([, value]) => value !== undefined && value !== ""),
  );
