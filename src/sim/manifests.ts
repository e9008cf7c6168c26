/** What can be applied: objects, YAML, lists of either, and whatever turns itself into objects. */
import type { AnyKind } from "#api/kind.ts";
import { kindByName } from "#api/kind-by-name.ts";
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

export type Applicable = string | object | Synthesized | readonly Applicable[];

/** In the order in which they stand. Throws on what is no object of Kubernetes. */
export function manifestsOf(input: Applicable): readonly Manifest[] {
  if (typeof input === "string") return parseYamlDocuments(input).flatMap((one) => checked(one));
  if (Array.isArray(input)) return input.flatMap((one: Applicable) => manifestsOf(one));
  if ("toJson" in input && typeof input.toJson === "function")
    return manifestsOf(input.toJson() as Applicable);
  return checked(input);
}

function checked(value: unknown): readonly Manifest[] {
  const found = value as Partial<Manifest> & { readonly items?: readonly unknown[] };
  if (typeof found?.apiVersion !== "string" || typeof found.kind !== "string")
    throw new TypeError(`an object needs apiVersion and kind: ${JSON.stringify(value)}`);
  const isList = Array.isArray(found.items) && found.kind.endsWith("List");
  return isList ? (found.items ?? []).flatMap((one) => checked(one)) : [found as Manifest];
}

/** Throws on a kind that is not served. */
export function kindOf(manifest: Manifest): AnyKind {
  const found = kindByName(manifest);
  if (found) return found;
  throw new TypeError(`no kind ${manifest.kind} in ${manifest.apiVersion}`);
}
