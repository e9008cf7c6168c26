/** What the commands below `create` have in common: a typed manifest, made and sent. */
import { ApiError } from "#api/errors.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import { canonical } from "#client/canonical.ts";
import type { Call, Shell } from "../command.ts";
import { flag, UsageError } from "../flags.ts";
import { withLastApplied } from "../patch/last-applied.ts";
import type { Manifest } from "../resources/manifest.ts";
import { createObject } from "../resources/objects.ts";
import { validateFlag, type WriteFlags, writeFlags, writingOf } from "../resources/writing.ts";
import { openSession, type Session } from "../session.ts";

export const creationFlags = {
  ...writeFlags("kubectl-create"),
  validate: validateFlag,
  "save-config": flag.switch("remember the object in an annotation, for apply"),
} as const;

/** What the server is to make. */
export interface Creation {
  readonly kind: AnyKind;
  readonly manifest: Manifest;
  /** What stands before the server's refusal; empty: nothing. */
  readonly failure?: string;
  /** What the command says it did; `created` unless said. */
  readonly done?: string;
}

/** A whole object, checked against its kind by the compiler. */
export function creation<T extends ApiObject, In>(
  kind: Kind<T, In>,
  manifest: In,
  failure?: string,
): Creation {
  return {
    kind: kind as AnyKind,
    manifest: canonical(kind, manifest) as unknown as Manifest,
    ...(failure === undefined ? {} : { failure }),
  };
}

interface CreationCall {
  readonly given: ReadonlySet<string>;
  readonly flags: WriteFlags & { readonly "save-config"?: boolean };
}

/** Makes it, or shows what would be made, and says so. */
export async function create(
  shell: Shell,
  call: CreationCall,
  make: (session: Session) => Creation | Promise<Creation>,
): Promise<void> {
  const session = await openSession(shell, call);
  await createIn(session, call, await make(session));
}

export async function createIn(
  session: Session,
  { flags, given }: CreationCall,
  { kind, manifest, failure = `failed to create ${kind.singular}: `, done = "created" }: Creation,
): Promise<void> {
  const { options, dryRun, say } = await writingOf(session.shell, flags);
  const isNamespaced = kind.scope === "Namespaced";
  const namespace = isNamespaced ? session.namespace : undefined;
  // What is only shown names a namespace when the user did.
  const namesNamespace = isNamespaced && (dryRun !== "client" || given.has("namespace"));
  const placed = namesNamespace ? inNamespace(manifest, session.namespace) : manifest;
  const object = flags["save-config"] ? withLastApplied(placed) : placed;
  if (dryRun === "client") return say(object, done);
  const resource = { kind, subresources: [], isPreferred: true };
  try {
    const request = { ...options, manifest: object };
    say(await createObject(session, { resource, namespace }, request), done);
  } catch (cause) {
    if (failure === "" || !(cause instanceof ApiError)) throw cause;
    throw new Error(`${failure}${cause.message}`, { cause }); // exact: kubectl
  }
}

const inNamespace = (manifest: Manifest, namespace: string): Manifest => ({
  ...manifest,
  metadata: { namespace, ...manifest.metadata },
});

/** The one name that the command takes. exact: kubectl, the message */
export function nameOf({ args }: Pick<Call, "args">): string {
  const [name] = args;
  if (name === undefined || args.length > 1)
    throw new UsageError(`exactly one NAME is required, got ${args.length}`);
  return name;
}
