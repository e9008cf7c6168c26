/**
 * The states that the template of a workload was in, each kept as a ControllerRevision that can be
 * gone back to. Its data is a strategic merge patch that brings the template back.
 * upstream: pkg/controller/history/controller_history.go
 */
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { fnv32a, safeEncode } from "#base/hash.ts";
import { canonical, isSame } from "#client/canonical.ts";
import type { View } from "../runtime/controller.ts";
import { create, type Effect, setStatus, update, wakeIn } from "../runtime/effects.ts";
import { controllerReference } from "../runtime/ownership.ts";

/** A workload that keeps such a history. */
export interface Workload extends ApiObject {
  readonly spec: {
    readonly selector: LabelSelector | null;
    readonly template: PodTemplateSpec;
    readonly revisionHistoryLimit?: number | undefined;
  };
  readonly status: { readonly collisionCount?: number | undefined };
}

export interface History<T extends Workload> {
  readonly kind: Kind<T>;
  readonly workload: T;
  /** Its own, oldest first. */
  readonly revisions: readonly ControllerRevision[];
  /** The label that holds the hash on revisions. */
  readonly hashLabel: string;
}

/** Oldest first; the time of creation and the name decide between equals. */
export const byRevision = (a: ControllerRevision, b: ControllerRevision): number =>
  a.revision - b.revision ||
  compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
  compare(a.metadata.name, b.metadata.name);

const compare = (a = "", b = ""): number => (a < b ? -1 : a > b ? 1 : 0);

export type Found =
  | { readonly revision: ControllerRevision; readonly effects?: undefined }
  /** What has to be written first; the next look finds it. */
  | { readonly revision?: undefined; readonly effects: readonly Effect[] };

/** The revision of the template as it is today: the newest of all, made when there is none yet. */
export function revisionOfToday<T extends Workload>(history: History<T>, view: View): Found {
  const { revisions, workload } = history;
  const found = revisions.findLast((revision) => isOf(history, revision));
  if (found) return asNewest(found, revisions);
  const { namespace } = workload.metadata;
  const { name, manifest } = manifestOf(history);
  const taken = view.get(ControllerRevision, namespace, name);
  if (!taken) return { effects: [create(ControllerRevision, manifest), wakeIn(0)] };
  // Of a workload of this name that is gone, say: it will do until it is gone as well.
  if (isOf(history, taken)) return { revision: taken };
  return { effects: [countCollision(history), wakeIn(0)] };
}

/** Of going back to an earlier template remains that its revision becomes the newest. */
function asNewest(found: ControllerRevision, revisions: readonly ControllerRevision[]): Found {
  const others = revisions.filter((other) => other !== found).map(({ revision }) => revision);
  const newest = others.reduce((a, b) => Math.max(a, b), 0);
  if (found.revision > newest || found === revisions.at(-1)) return { revision: found };
  return { effects: [update(ControllerRevision, { ...found, revision: newest + 1 }), wakeIn(0)] };
}

const countCollision = <T extends Workload>({ kind, workload }: History<T>): Effect =>
  setStatus(kind, workload, {
    ...workload.status,
    collisionCount: (workload.status.collisionCount ?? 0) + 1,
  });

const nameLengthMax = 223;

function manifestOf<T extends Workload>({
  kind,
  workload,
  revisions,
  hashLabel,
}: History<T>): {
  readonly name: string;
  readonly manifest: object;
} {
  const { metadata, spec, status } = workload;
  const data = { spec: { template: { ...spec.template, $patch: "replace" } } };
  const hash = safeEncode(String(fnv32a(`${JSON.stringify(data)}${status.collisionCount ?? 0}`)));
  const name = `${(metadata.name ?? "").slice(0, nameLengthMax)}-${hash}`;
  const newest = revisions.at(-1)?.revision ?? 0;
  const manifest = {
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: { ...spec.template.metadata.labels, [hashLabel]: hash },
      annotations: metadata.annotations,
      ownerReferences: [controllerReference(kind, workload)],
    },
    data,
    revision: newest + 1,
  };
  return { name, manifest };
}

/** The hash in the name is always there, whatever becomes of the label. */
export const hashOf = (
  { metadata: { labels, name = "" } }: ControllerRevision,
  { hashLabel, workload }: Pick<History<Workload>, "hashLabel" | "workload">,
): string =>
  labels?.[hashLabel] ??
  name.slice(Math.min(workload.metadata.name?.length ?? 0, nameLengthMax) + 1);

export const isOf = <T extends Workload>(
  { kind, workload }: Pick<History<T>, "kind" | "workload">,
  revision: ControllerRevision,
): boolean => isSame(templateIn(kind, workload, revision), workload.spec.template);

const templates = new WeakMap<ControllerRevision, PodTemplateSpec | typeof unreadable>();

/** Not a template, but something that somebody wrote there. */
const unreadable = Symbol("unreadable");

/** With today's defaults: a template must not look new because a version added some. */
export function templateIn<T extends Workload>(
  kind: Kind<T>,
  workload: T,
  revision: ControllerRevision,
): PodTemplateSpec | undefined {
  const known = templates.get(revision) ?? read(kind, workload, revision);
  templates.set(revision, known);
  return known === unreadable ? undefined : known;
}

function read<T extends Workload>(
  kind: Kind<T>,
  workload: T,
  { data }: ControllerRevision,
): PodTemplateSpec | typeof unreadable {
  const { template } = (data as { spec?: { template?: object } } | null)?.spec ?? {};
  if (typeof template !== "object") return unreadable;
  const manifest = { ...workload, spec: { ...workload.spec, template } };
  try {
    return canonical(kind, manifest, { defaults: true }).spec.template;
  } catch {
    return unreadable;
  }
}
