/**
 * Who belongs to whom: an owner adopts what its selector matches and nobody owns, and lets go of
 * what it no longer matches.
 * upstream: pkg/controller/controller_ref_manager.go
 */
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { OwnerReference } from "#api/meta/object-meta.ts";
import type { View } from "./controller.ts";
import { type Effect, patch, settle } from "./effects.ts";

export const controllerOf = ({ metadata }: ApiObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller);

export const controllerReference = (
  { apiVersion, kind }: AnyKind,
  { metadata: { name = "", uid = "" } }: ApiObject,
): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

export interface Claim<T> {
  /** Owned and matched. */
  readonly claimed: readonly T[];
  /** What is to be adopted or let go first; the rest can wait until that is seen. */
  readonly effects: readonly Effect[];
}

export interface Claiming<T extends ApiObject> {
  readonly owner: ApiObject;
  readonly ownerKind: AnyKind;
  readonly kind: Kind<T>;
  readonly matches: (labels: Readonly<Record<string, string>> | undefined) => boolean;
  /** Objects to leave as they are, owned or not, are left out. */
  readonly concerns?: (object: T) => boolean;
  /** Those of the owner's objects that matter; all of them unless said. */
  readonly owned?: readonly T[];
  /** Comes with ownership, and goes with it. */
  readonly finalizer?: string;
}

/** What is to be done with the objects does not depend on what they are. */
interface AnyClaiming extends Pick<Claiming<never>, "owner" | "ownerKind" | "finalizer"> {
  readonly kind: AnyKind;
}

export function claim<T extends ApiObject>(claiming: Claiming<T>, view: View): Claim<T> {
  const { owner, kind, matches, concerns = () => true } = claiming;
  const owned = (claiming.owned ?? view.owned(kind, owner)).filter(concerns);
  const claimed = owned.filter(({ metadata }) => matches(metadata.labels));
  if (owner.metadata.deletionTimestamp) return { claimed, effects: [] };
  const released = owned.filter(({ metadata }) => !matches(metadata.labels));
  const adopted = view
    .orphans(kind, owner.metadata.namespace)
    .filter(concerns)
    .filter(({ metadata }) => !metadata.deletionTimestamp && matches(metadata.labels));
  const effects = released.map((object) => release(object, claiming));
  if (adopted.length > 0) effects.push(adopt(adopted, claiming));
  return { claimed, effects };
}

const release = (object: ApiObject, { kind, owner, finalizer }: AnyClaiming): Effect =>
  patch(kind, object, {
    is: "strategic",
    change: {
      metadata: {
        uid: object.metadata.uid,
        ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }],
        ...(finalizer ? { "$deleteFromPrimitiveList/finalizers": [finalizer] } : {}),
      },
    },
  });

/** An owner that is being deleted must not adopt; the cache may not know yet, so ask the server. */
function adopt(objects: readonly ApiObject[], claiming: AnyClaiming): Effect {
  const { kind, owner, ownerKind, finalizer } = claiming;
  const { namespace, name = "", uid } = owner.metadata;
  const ownerReferences = [controllerReference(ownerKind, owner)];
  const held = finalizer ? { finalizers: [finalizer] } : {};
  const adoptions = objects.map((object) =>
    patch(kind, object, {
      is: "strategic",
      change: { metadata: { uid: object.metadata.uid, ownerReferences, ...held } },
    }),
  );
  return settle([{ do: "fetch", kind: ownerKind, at: { namespace, name } }], ([fresh]) => {
    const found = fresh?.ok ? fresh.found : undefined;
    const mayAdopt = found?.metadata.uid === uid && !found?.metadata.deletionTimestamp;
    return mayAdopt ? adoptions : [];
  });
}
