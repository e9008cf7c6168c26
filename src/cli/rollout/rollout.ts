/** What `rollout` can do with objects of one kind; a file per kind, all in `rollouts.ts`. */
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { Target } from "../resources/select.ts";
import type { Session } from "../session.ts";

export interface Progress {
  /** Without a line break. */
  readonly says: string;
  readonly isDone: boolean;
}

/** A template that the object had, or has. */
export interface Revision {
  readonly number: number;
  readonly cause: string;
  readonly template: PodTemplateSpec;
  /** Of the object that keeps it. */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Rollout<T extends ApiObject> {
  readonly kind: Kind<T>;
  /** Throws when it failed for good. `revision` is the one to see; 0: any. */
  readonly progress: (object: T, revision: number) => Progress;
  /** By number. */
  readonly history: (session: Session, object: T) => Promise<readonly Revision[]>;
  /** The JSON patch that brings a revision back. */
  readonly undo: (object: T, revision: Revision) => readonly object[];
  /** May be held: only deployments can. */
  readonly canPause?: true;
}

// oxlint-disable-next-line typescript/no-explicit-any -- rollouts of all kinds stand in one list.
export type AnyRollout = Rollout<any>;

export const defineRollout = <T extends ApiObject, In>(
  rollout: Omit<Rollout<T>, "kind"> & { readonly kind: Kind<T, In> },
): Rollout<T> => Object.freeze(rollout);

export const causeAnnotation = "kubernetes.io/change-cause";

export const findRollout = (
  rollouts: readonly AnyRollout[],
  { resource }: Pick<Target, "resource">,
): AnyRollout | undefined =>
  rollouts.find(({ kind }: { readonly kind: AnyKind }) => kind === resource.kind);
