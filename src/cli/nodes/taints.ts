/**
 * Taints as `kubectl taint` writes them: KEY=VALUE:EFFECT, KEY:EFFECT- and KEY-.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/taint/utils.go
 */
import { labelValue, qualifiedName } from "#api/names.ts";
import { UsageError } from "../flags.ts";

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** Without an effect: every taint of the key. */
export interface TaintKey {
  readonly key: string;
  readonly effect: string;
}

const effects = new Set(["NoSchedule", "PreferNoSchedule", "NoExecute"]);

export const isTaintSpec = (text: string): boolean => text.includes(":") || text.endsWith("-");

// exact: kubectl, the messages of this file
export function parseTaints(specs: readonly string[]): {
  readonly added: readonly Taint[];
  readonly removed: readonly TaintKey[];
} {
  const added: Taint[] = [];
  const removed: TaintKey[] = [];
  for (const spec of specs) {
    if (spec.endsWith("-")) removed.push(parseRemoval(spec.slice(0, -1)));
    else added.push(parseTaint(spec));
  }
  const seen = new Set<string>();
  for (const { key, effect } of added) {
    const id = `${key}:${effect}`;
    if (seen.has(id)) throw new UsageError(`duplicated taints with the same key and effect: ${id}`);
    seen.add(id);
  }
  return { added, removed };
}

function parseRemoval(text: string): TaintKey {
  const [key = "", effect = ""] = text.replace(/=[^:]*/, "").split(":");
  if (effect !== "") checkEffect(effect);
  return { key, effect };
}

function parseTaint(spec: string): Taint {
  const at = spec.indexOf(":");
  const [key = "", value, ...more] = spec.slice(0, at < 0 ? undefined : at).split("=");
  const effect = at < 0 ? "" : spec.slice(at + 1);
  if (more.length > 0 || effect.includes(":")) throw new UsageError(`invalid taint spec: ${spec}`);
  checkEffect(effect);
  const problems = [...qualifiedName(key), ...labelValue(value ?? "")];
  if (problems.length > 0)
    throw new UsageError(`invalid taint spec: ${spec}, ${problems.join("; ")}`);
  return { key, ...(value ? { value } : {}), effect };
}

function checkEffect(effect: string): void {
  if (!effects.has(effect))
    throw new UsageError(`invalid taint effect: ${effect}, unsupported taint effect`);
}

export interface Retainted {
  readonly taints: readonly Taint[];
  readonly done: "tainted" | "untainted" | "modified";
}

export function retaint(
  nodeName: string,
  old: readonly Taint[],
  change: ReturnType<typeof parseTaints> & { readonly overwrite: boolean },
): Retainted {
  const { added, removed, overwrite } = change;
  const isSame = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  if (!overwrite && added.some((taint) => old.some((other) => isSame(taint, other))))
    throw new Error(
      `node ${nodeName} already has a taint(s) with same effect(s) and --overwrite is false`,
    );
  for (const { key, effect } of removed)
    if (!old.some((taint) => matches(taint, { key, effect })))
      throw new Error(`taint "${effect === "" ? key : `${key}:${effect}`}" not found`);
  const kept = old.filter(
    (taint) =>
      !removed.some((key) => matches(taint, key)) && !added.some((other) => isSame(taint, other)),
  );
  return { taints: [...added, ...kept], done: doneOf(old, change) };
}

const matches = (taint: Taint, { key, effect }: TaintKey): boolean =>
  taint.key === key && (effect === "" || taint.effect === effect);

function doneOf(
  old: readonly Taint[],
  { added, removed }: ReturnType<typeof parseTaints>,
): Retainted["done"] {
  const replaces = added.some(({ key, effect }) =>
    old.some((taint) => taint.key === key && taint.effect === effect),
  );
  if (replaces || (added.length > 0 && removed.length > 0)) return "modified";
  return added.length > 0 ? "tainted" : "untainted";
}
