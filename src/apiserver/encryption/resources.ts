/** Which resource a key of the store belongs to, and which rule is for it. */
import type { AnyKind } from "#api/kind.ts";
import type { Encryption, EncryptionRule } from "./configuration.ts";

export type FindRule = (key: string) => EncryptionRule | undefined;

/** The kinds say where built-in resources are stored; others are under their group and plural. */
export function ruleFinder(rules: Encryption, kinds: readonly AnyKind[]): FindRule {
  const builtIn = new Map<string, AnyKind>();
  for (const kind of kinds) if (kind.storage) builtIn.set(kind.storage.prefix, kind);
  const known = new Map<string, EncryptionRule | undefined>();

  const find = (short: string, long: string): EncryptionRule | undefined => {
    const kind = builtIn.get(long) ?? builtIn.get(short);
    if (kind) return ruleFor(rules, kind);
    const [, , group = "", plural = ""] = long.split("/");
    return group.includes(".") ? ruleFor(rules, { group, plural }) : undefined;
  };

  return (key) => {
    const second = key.indexOf("/", registry.length);
    const third = second < 0 ? -1 : key.indexOf("/", second + 1);
    const long = third < 0 ? key : key.slice(0, third);
    // Of a cluster's own objects only the name follows: two segments say it all.
    const short = second < 0 ? key : key.slice(0, second);
    if (builtIn.has(short)) return cached(known, short, () => find(short, short));
    return cached(known, long, () => find(short, long));
  };
}

const registry = "/registry/";

function cached<T>(known: Map<string, T>, key: string, make: () => T): T | undefined {
  if (known.has(key)) return known.get(key);
  const made = make();
  known.set(key, made);
  return made;
}

/** Exact names go before wildcards of a group, and those before all. */
function ruleFor(
  rules: Encryption,
  { group, plural }: Pick<AnyKind, "group" | "plural">,
): EncryptionRule | undefined {
  const full = group === "" ? plural : `${plural}.${group}`;
  for (const wanted of [full, `*.${group}`, "*.*"]) {
    const rule = rules.find(({ resources }) => resources.includes(wanted));
    if (rule) return rule;
  }
  return undefined;
}
