/**
 * `KEY=VALUE` to set and `KEY-` to remove, behind the words that name objects.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go#ParsePairs
 */
import { UsageError } from "../flags.ts";

export interface Pairs {
  readonly set: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
}

export interface SplitArguments extends Pairs {
  /** What names objects. */
  readonly args: readonly string[];
}

const isPair = (arg: string): boolean => arg.includes("=") || arg.endsWith("-");

// exact: kubectl, the messages
export function splitPairs(args: readonly string[], what: string): SplitArguments {
  const at = args.findIndex(isPair);
  const names = at < 0 ? args : args.slice(0, at);
  const pairs = at < 0 ? [] : args.slice(at);
  const wrong = pairs.find((arg) => !isPair(arg));
  if (wrong !== undefined)
    throw new UsageError(`all resources must be specified before ${what} changes: ${wrong}`);
  return { args: names, ...parsePairs(pairs, what) };
}

export function parsePairs(pairs: readonly string[], what: string): Pairs {
  const set = new Map<string, string>();
  const removed: string[] = [];
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at > 0) set.set(pair.slice(0, at), pair.slice(at + 1));
    else if (at < 0 && pair.endsWith("-") && pair !== "-") removed.push(pair.slice(0, -1));
    else throw new UsageError(`invalid ${what} spec: ${pair}`);
  }
  const both = removed.find((key) => set.has(key));
  if (both !== undefined)
    throw new UsageError(`can not both modify and remove a ${what} in the same command`);
  return { set, removed };
}
