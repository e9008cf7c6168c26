/**
 * Apply as kubectl does it: the change is computed here, from what was applied last, what is there,
 * and what is wanted now. upstream: staging/src/k8s.io/kubectl/pkg/cmd/apply/patcher.go
 */
import { isReason } from "#api/errors.ts";
import { isUntyped } from "#client/dynamic.ts";
import { lastAppliedOf, withLastApplied } from "../patch/last-applied.ts";
import { mergeDiff } from "../patch/merge-diff.ts";
import { strategicDiff } from "../patch/strategic-diff.ts";
import { fullName, type Manifest } from "../resources/manifest.ts";
import {
  createObject,
  findObject,
  patchObject,
  type PatchKind,
  type WriteOptions,
} from "../resources/objects.ts";
import { type Target, withSource } from "../resources/select.ts";
import type { Session } from "../session.ts";

export interface Applied {
  readonly object: Manifest;
  readonly done: "created" | "configured" | "unchanged";
}

/** Somebody else may write in between: so often we look again. */
const attemptsMax = 5;

export async function applyFromHere(
  session: Session,
  target: Target,
  options: WriteOptions,
): Promise<Applied> {
  const wanted = withLastApplied(target.object);
  const live = await findObject(session, target);
  if (!live) {
    const made = createObject(session, target, { ...options, manifest: wanted });
    return { object: await told(made, "creating", target), done: "created" };
  }
  warn(session, live);
  const change = { target, wanted, live, attempt: 1 };
  return told(patched(session, change, options), "applying patch", target);
}

/** A failure says what was being done, and for which file. */
async function told<T>(work: Promise<T>, verb: string, { source }: Target): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw withSource(cause, verb, source);
  }
}

interface Change {
  readonly target: Target;
  readonly wanted: Manifest;
  readonly live: Manifest;
  readonly attempt: number;
}

async function patched(session: Session, change: Change, options: WriteOptions): Promise<Applied> {
  const { target, wanted, live, attempt } = change;
  const { is, patch } = patchFor(target, wanted, live);
  if (Object.keys(patch).length === 0) return { object: live, done: "unchanged" };
  try {
    const object = await patchObject(session, target, { ...options, is, patch });
    return { object, done: "configured" };
  } catch (cause) {
    if (!isReason(cause, "Conflict") || attempt >= attemptsMax) throw cause;
    const newest = await findObject(session, target);
    if (!newest) throw cause;
    return patched(session, { ...change, live: newest, attempt: attempt + 1 }, options);
  }
}

/** What leads from the live object to the wanted one. */
export function patchFor(
  { resource }: Target,
  wanted: Manifest,
  live: Manifest,
): { readonly is: PatchKind; readonly patch: object } {
  const states = { original: lastAppliedOf(live) ?? {}, current: live, modified: wanted };
  return isUntyped(resource.kind)
    ? { is: "merge", patch: mergeDiff(states) }
    : { is: "strategic", patch: strategicDiff(resource.kind.schema, states) };
}

// exact: kubectl, the messages
function warn({ shell }: Session, live: Manifest): void {
  const name = fullName(live);
  const resource = name.replace("/", "s/");
  if (!lastAppliedOf(live))
    shell.errors.write(
      `Warning: resource ${resource} is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  if (live.metadata["deletionTimestamp"] !== undefined)
    shell.errors.write(
      `Warning: Detected changes to resource ${live.metadata.name ?? ""} which is currently being deleted.\n`,
    );
}
