/** What it takes to delete objects, and to see them gone. */
import { isReason } from "#api/errors.ts";
import type { Shell } from "../command.ts";
import { flag } from "../flags.ts";
import type { Session } from "../session.ts";
import type { Manifest } from "./manifest.ts";
import { deleteObject, type DeletionOptions, findObject, type Place } from "./objects.ts";
import { watchChanges } from "./watch.ts";
import { pathOf } from "#client/paths.ts";

export const deletionFlags = {
  cascade: flag.text("what becomes of the objects that it owns", {
    value: "background|foreground|orphan",
    bare: "background",
    fallback: "background",
  }),
  "grace-period": flag.int("so many seconds to end in; its own choice when negative", {
    fallback: -1,
  }),
  force: flag.switch("do not wait for it to end; with --grace-period=0"),
  now: flag.switch("end at once: --grace-period=1"),
} as const;

export interface DeletionFlags {
  readonly cascade: string;
  readonly "grace-period": number;
  readonly force: boolean;
  readonly now: boolean;
}

const policies: Readonly<Record<string, NonNullable<DeletionOptions["propagationPolicy"]>>> = {
  background: "Background",
  foreground: "Foreground",
  orphan: "Orphan",
};

// exact: kubectl, the messages
export function deletionOf(shell: Shell, flags: DeletionFlags): DeletionOptions {
  const propagationPolicy = policies[flags.cascade];
  if (!propagationPolicy)
    throw new Error(
      `invalid cascade value (${flags.cascade}). Must be "background", "foreground", or "orphan"`,
    );
  const seconds = graceSeconds(flags);
  if (flags.force && seconds === 0) shell.errors.write(`Warning: ${immediate}\n`);
  return { propagationPolicy, gracePeriodSeconds: seconds };
}

const immediate =
  "Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.";

// exact: kubectl, the messages
function graceSeconds({ now, force, "grace-period": given }: DeletionFlags): number | undefined {
  if (now) {
    if (given !== -1) throw new Error("--now and --grace-period cannot be specified together");
    return 1;
  }
  if (given === 0 && !force) return 1;
  if (given > 0 && force)
    throw new Error("--force and --grace-period greater than 0 cannot be specified together");
  if (force && given < 0) return 0;
  return given < 0 ? undefined : given;
}

/** Undefined when it was gone already and that is fine. */
export async function deleteIfThere(
  session: Session,
  place: Place,
  options: DeletionOptions & { readonly ignoresMissing: boolean },
): Promise<Manifest | undefined> {
  try {
    return await deleteObject(session, place, options);
  } catch (cause) {
    if (options.ignoresMissing && isReason(cause, "NotFound")) return undefined;
    throw cause;
  }
}

/** Resolves when the object, or the one of this UID, is gone; false when `signal` came first. */
export async function isGone(
  session: Session,
  place: Place & { readonly uid: string | undefined },
  signal: AbortSignal,
): Promise<boolean> {
  const { resource, namespace, name, uid } = place;
  const path = pathOf(resource.kind, { namespace });
  while (!signal.aborted) {
    const object = await findObject(session, place);
    if (!object || (uid !== undefined && object.metadata.uid !== uid)) return true;
    const query = {
      fieldSelector: `metadata.name=${name}`,
      resourceVersion: object.metadata.resourceVersion,
    };
    for await (const { type } of watchChanges(session, { path, query, signal }))
      if (type === "DELETED") return true;
  }
  return false;
}
