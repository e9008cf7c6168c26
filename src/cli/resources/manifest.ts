/** Objects as plain JSON: the command line works with kinds it has never heard of. */

export interface Metadata {
  readonly name?: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly resourceVersion?: string;
  readonly uid?: string;
  readonly [field: string]: unknown;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

export interface ManifestList {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly Manifest[];
}

export const isList = (value: object): value is ManifestList =>
  Array.isArray((value as { items?: unknown }).items);

/** What `-o json` wraps several objects in. */
export const listOf = (items: readonly Manifest[]): ManifestList => ({
  apiVersion: "v1",
  items,
  kind: "List",
  metadata: { resourceVersion: "" },
});

/** `deployment.apps`, `pod`. */
export function typeName({ apiVersion, kind }: Pick<Manifest, "apiVersion" | "kind">): string {
  const at = apiVersion.indexOf("/");
  return at < 0 ? kind.toLowerCase() : `${kind}.${apiVersion.slice(0, at)}`.toLowerCase();
}

/** `deployment.apps/web`: what commands print, and take. */
export const fullName = (object: Manifest): string =>
  `${typeName(object)}/${object.metadata.name ?? ""}`;

/** Who owns which field interests nobody who reads an object. */
export function withoutManagedFields<T extends Manifest | ManifestList>(object: T): T {
  if (isList(object)) return { ...object, items: object.items.map(withoutManagedFields) };
  const manifest: Manifest = object;
  if (manifest.metadata?.["managedFields"] === undefined) return object;
  const { managedFields: _managedFields, ...metadata } = manifest.metadata;
  return { ...object, metadata };
}
