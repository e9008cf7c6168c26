import * as catalog from "./catalog.ts";
import type { AnyKind } from "./kind.ts";

const kinds: ReadonlyMap<string, AnyKind> = new Map(
  Object.values(catalog as Record<string, AnyKind>).map((kind) => [nameOf(kind), kind]),
);

/** The built-in kind that an object says it is; undefined when there is none. */
export const kindByName = (object: Named): AnyKind | undefined => kinds.get(nameOf(object));

interface Named {
  readonly apiVersion: string;
  readonly kind: string;
}

function nameOf({ apiVersion, kind }: Named): string {
  return `${apiVersion} ${kind}`;
}
