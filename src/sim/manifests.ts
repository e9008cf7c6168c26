/** What can be applied: objects, YAML, lists of either, and whatever turns itself into objects. */
import type { AnyKind } from "#api/kind.ts";
import { nearest } from "#base/nearest.ts";
import { parseYamlDocuments } from "#base/yaml.ts";

/** An object as in a manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
  };
}

/** As cdk8s' charts and apps are. */
export interface Synthesized {
  readonly toJson: () => unknown;
}

/** A string is YAML, the path of a file that ends in .yaml, .yml or .json, or a URL. */
export type Applicable = string | URL | object | Synthesized | readonly Applicable[];

type Read = (where: string | URL) => Promise<string>;

/** In the order in which they stand. Throws on what is no object of Kubernetes. */
export async function manifestsOf(input: Applicable, read: Read): Promise<readonly Manifest[]> {
  if (input instanceof URL) return manifestsIn(await read(input));
  if (typeof input === "string") return manifestsIn(isPlace(input) ? await read(input) : input);
  if (Array.isArray(input)) {
    const found: Manifest[] = [];
    for (const one of input as readonly Applicable[]) found.push(...(await manifestsOf(one, read)));
    return found;
  }
  if (typeof input !== "object" || input === null) throw notApplicable(input);
  if ("toJson" in input && typeof input.toJson === "function")
    return manifestsOf(input.toJson() as Applicable, read);
  return checked(input);
}

const isPlace = (text: string): boolean => /^(https?:\/\/\S+|[^\n:]+\.(ya?ml|json))$/.test(text);

/** Throws on what is no object of Kubernetes. */
export const manifestsIn = (text: string): readonly Manifest[] =>
  parseYamlDocuments(text).flatMap((one) => checked(one));

function checked(value: unknown): readonly Manifest[] {
  const found = value as Partial<Manifest> & { readonly items?: readonly unknown[] };
  if (typeof found?.apiVersion !== "string" || typeof found.kind !== "string")
    throw notApplicable(value);
  const isList = Array.isArray(found.items) && found.kind.endsWith("List");
  return isList ? (found.items ?? []).flatMap((one) => checked(one)) : [found as Manifest];
}

function notApplicable(value: unknown): TypeError {
  const found = value === undefined ? "undefined" : JSON.stringify(value);
  const hint = typeof value === "string" ? " (a path ends in .yaml, .yml or .json)" : "";
  return new TypeError(`an object needs apiVersion and kind: ${found}${hint}`);
}

/** Throws on a kind that is not among them. */
export function kindOf(manifest: Manifest, kinds: Iterable<AnyKind>): AnyKind {
  for (const kind of kinds)
    if (kind.kind === manifest.kind && kind.apiVersion === manifest.apiVersion) return kind;
  throw noSuchKind(manifest, kinds);
}

/** With the one that was probably meant: of that name in another group or version, or of a name like it. */
export function noSuchKind({ kind, apiVersion }: Manifest, kinds: Iterable<AnyKind>): TypeError {
  const all = [...kinds];
  const near = nearest(
    kind,
    all.map((one) => one.kind),
  );
  const meant =
    all.find((one) => one.kind === near && one.apiVersion === apiVersion) ??
    all.find((one) => one.kind === near);
  const hint = meant ? `; did you mean ${meant.kind} in ${meant.apiVersion}?` : "";
  return new TypeError(`no kind ${kind} in ${apiVersion}${hint}`);
}
