/**
 * Deletes what nobody owns any more, and settles who goes first when an owner is deleted: in the
 * background the owner, in the foreground what it blocks on, or nobody when they are orphaned.
 *
 * Every object is looked at by itself: whether its owners exist, and, when it is being deleted,
 * what it has to wait for. That an owner is absent is asked of the server, not of a cache.
 * upstream: pkg/controller/garbagecollector/garbagecollector.go
 */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { OwnerReference } from "#api/meta/object-meta.ts";
import { byUid } from "#client/cache.ts";
import { isSame } from "#client/canonical.ts";
import type { DeleteOptions } from "#client/client.ts";
import {
  type AnyController,
  type Controller,
  eventsRule,
  nobody,
  type View,
  watching,
} from "./runtime/controller.ts";
import { type Effect, fail, failureIn, patch, settle, warn } from "./runtime/effects.ts";
import { fullKeyOf } from "./runtime/run.ts";

const foreground = "foregroundDeletion";
const orphan = "orphan";

/** Collects objects of these kinds, and knows owners of these kinds. */
export function garbageCollector(kinds: readonly AnyKind[]): AnyController {
  const collected = kinds.filter(isCollected);
  const ownerKinds = new OwnerKinds(collected);
  const controller: Controller = {
    name: "garbage-collector-controller",
    identity: "generic-garbage-collector",
    queue: "garbage_collector_attempt_to_delete",
    for: collected,
    watches: collected.map((kind) => watching(kind, concerned(kind))),
    workers: 20,
    rules: [
      {
        verbs: ["get", "list", "watch", "patch", "update", "delete"],
        apiGroups: ["*"],
        resources: ["*"],
      },
      eventsRule,
    ],

    leavesAlone: (object, old) => isFree(object) || isHeldAs(object, old),

    reconcile(object, view) {
      const kind = ownerKinds.of(object);
      if (!kind) return [];
      const { deletionTimestamp, finalizers = [], ownerReferences = [] } = object.metadata;
      if (deletionTimestamp && finalizers.includes(orphan)) {
        return orphanDependents(kind, object, { view, ownerKinds });
      }
      if (deletionTimestamp && finalizers.includes(foreground)) {
        return awaitDependents(kind, object, view);
      }
      if (deletionTimestamp || ownerReferences.length === 0) return [];
      return checkOwners(kind, object, { view, ownerKinds });
    },
  };
  return Object.freeze(controller);
}

/** Events outlive what they are about. */
const isCollected = (kind: AnyKind): boolean =>
  kind.storage !== undefined &&
  ["delete", "list", "watch"].every((verb) => kind.verbs.includes(verb as never)) &&
  kind.plural !== "events";

/** Kinds by the type that objects and owner references carry, whatever version they name. */
class OwnerKinds {
  readonly #kinds: ReadonlyMap<string, AnyKind>;

  constructor(kinds: readonly AnyKind[]) {
    this.#kinds = new Map(kinds.map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  }

  of({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }) {
    const [first = "", version] = apiVersion.split("/");
    return this.#kinds.get(`${version === undefined ? "" : first}/${kind}`);
  }
}

const isFree = ({ metadata }: ApiObject): boolean =>
  !metadata.deletionTimestamp && !metadata.ownerReferences?.length;

/** Nothing has changed that says who holds it, or how it goes: most changes are of other things. */
const isHeldAs = ({ metadata }: ApiObject, old: ApiObject | undefined): boolean =>
  old !== undefined &&
  metadata.deletionTimestamp === old.metadata.deletionTimestamp &&
  isSame(metadata.ownerReferences, old.metadata.ownerReferences) &&
  isSame(metadata.finalizers, old.metadata.finalizers);

/**
 * When an object changes or goes: those that wait for it, and those it holds. Of nearly all objects there is nobody, so
 * nothing is made to say so.
 */
const concerned =
  (kind: AnyKind) =>
  (object: ApiObject, old: ApiObject | undefined, view: View): readonly string[] => {
    const { uid = "", deletionTimestamp } = object.metadata;
    const isLeaving = deletionTimestamp !== undefined || view.count(kind, byUid, uid) === 0;
    const isAlone = !isOwned(object) && !(old && isOwned(old));
    if (!isLeaving && (isAlone || isHeldAs(object, old))) return nobody;
    return [...waitingFor(object, old, { view, isLeaving })];
  };

const isOwned = ({ metadata: { ownerReferences = [] } }: ApiObject): boolean =>
  ownerReferences.length > 0;

function* waitingFor(
  object: ApiObject,
  old: ApiObject | undefined,
  { view, isLeaving }: { readonly view: View; readonly isLeaving: boolean },
): Generator<string> {
  if (isLeaving) for (const each of view.dependents(object)) yield fullKeyOf(each);
  // An owner that waits in the foreground has one less to wait for.
  const references = [
    ...(object.metadata.ownerReferences ?? []),
    ...(old?.metadata.ownerReferences ?? []),
  ];
  for (const { uid } of references) {
    const owner = view.withUid(uid);
    if (owner?.metadata.finalizers?.includes(foreground)) yield fullKeyOf(owner);
  }
}

interface World {
  readonly view: View;
  readonly ownerKinds: OwnerKinds;
}

/** Those that stay are told that they have no such owner any more; then the owner may go. */
function orphanDependents(
  kind: AnyKind,
  owner: ApiObject,
  { view, ownerKinds }: World,
): readonly Effect[] {
  const { uid } = owner.metadata;
  const releases = view.dependents(owner).flatMap((object) => {
    const dependentKind = ownerKinds.of(object);
    return dependentKind ? [withoutOwners(dependentKind, object, (ref) => ref.uid === uid)] : [];
  });
  return [
    settle(releases, (outcomes) => {
      const failure = failureIn(outcomes);
      return failure === undefined ? [withoutFinalizer(kind, owner, orphan)] : [fail(failure)];
    }),
  ];
}

/** The last of those that block it lets it go; they see by themselves that they have to. */
const awaitDependents = (kind: AnyKind, owner: ApiObject, view: View): readonly Effect[] =>
  view.dependents(owner).some((object) => blocks(object, owner))
    ? []
    : [withoutFinalizer(kind, owner, foreground)];

const blocks = ({ metadata }: ApiObject, owner: ApiObject): boolean =>
  metadata.ownerReferences?.some(
    ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion,
  ) ?? false;

/** What is known of one owner. */
type Standing =
  | { readonly is: "solid" }
  /** It waits for those it owns to be deleted. */
  | { readonly is: "waiting" }
  | { readonly is: "absent" }
  /** The cache has no such object; only the server can tell. */
  | { readonly is: "unseen"; readonly kind: AnyKind; readonly namespace: string | undefined }
  /** It cannot be looked up: an unknown kind, or a namespaced owner of a cluster-wide object. */
  | { readonly is: "unknowable"; readonly why: "kind" | "namespace" };

function checkOwners(kind: AnyKind, object: ApiObject, world: World): readonly Effect[] {
  const references = object.metadata.ownerReferences ?? [];
  const standings = references.map((reference) => standingOf(kind, object, { reference, world }));
  const unseen = standings.filter((standing) => standing.is === "unseen");
  if (unseen.length === 0) return judge(kind, object, { standings, view: world.view });
  const fetches = standings.flatMap((standing, at): readonly Effect[] => {
    if (standing.is !== "unseen") return [];
    const { namespace } = standing;
    const name = references[at]?.name ?? "";
    return [{ do: "fetch", kind: standing.kind, at: { namespace, name } }];
  });
  return [
    settle(fetches, (outcomes) => {
      const failure = failureIn(outcomes);
      if (failure !== undefined) return [fail(failure)];
      const found = outcomes.map((outcome) => (outcome.ok ? outcome.found : undefined));
      const known = standings.map((standing, at) =>
        standing.is === "unseen" ? standingFound(found.shift(), references[at]) : standing,
      );
      return judge(kind, object, { standings: known, view: world.view });
    }),
  ];
}

const standingFound = (
  found: ApiObject | undefined,
  reference: OwnerReference | undefined,
): Standing =>
  found && found.metadata.uid === reference?.uid ? standingOfOwner(found) : { is: "absent" };

const standingOfOwner = ({ metadata }: ApiObject): Standing =>
  metadata.deletionTimestamp && metadata.finalizers?.includes(foreground)
    ? { is: "waiting" }
    : { is: "solid" };

function standingOf(
  { scope }: AnyKind,
  { metadata }: ApiObject,
  { reference, world }: { readonly reference: OwnerReference; readonly world: World },
): Standing {
  const ownerKind = world.ownerKinds.of(reference);
  if (!ownerKind) return { is: "unknowable", why: "kind" };
  const isNamespaced = ownerKind.scope === "Namespaced";
  if (isNamespaced && scope === "Cluster") return { is: "unknowable", why: "namespace" };
  const namespace = isNamespaced ? metadata.namespace : undefined;
  const cached = world.view.get<ApiObject>(ownerKind, namespace, reference.name);
  return cached?.metadata.uid === reference.uid
    ? standingOfOwner(cached)
    : { is: "unseen", kind: ownerKind, namespace };
}

interface Judgement {
  readonly standings: readonly Standing[];
  readonly view: View;
}

function judge(
  kind: AnyKind,
  object: ApiObject,
  { standings, view }: Judgement,
): readonly Effect[] {
  const references = object.metadata.ownerReferences ?? [];
  const are = (...wanted: readonly Standing["is"][]): readonly OwnerReference[] =>
    references.filter((_, at) => wanted.includes(standings[at]?.is ?? "unknowable"));
  const complaints = standings.flatMap((standing, at) => {
    const reference = references[at];
    return standing.is === "unknowable" && standing.why === "namespace" && reference
      ? [complain(object, reference)]
      : [];
  });
  if (are("unknowable").length > 0) return complaints;
  if (are("solid").length > 0) {
    const useless = new Set(are("absent", "waiting").map(({ uid }) => uid));
    return useless.size === 0 ? [] : [withoutOwners(kind, object, ({ uid }) => useless.has(uid))];
  }
  const dependents = view.dependents(object);
  if (are("waiting").length === 0 || dependents.length === 0) {
    return [collect(kind, object, policyOf(object))];
  }
  // A circle of foreground deletions would wait for itself for ever.
  const isCircle = dependents.some(
    ({ metadata }) => metadata.deletionTimestamp && metadata.finalizers?.includes(foreground),
  );
  const isBlocking = references.some(({ blockOwnerDeletion }) => blockOwnerDeletion);
  return [isCircle && isBlocking ? unblocked(kind, object) : collect(kind, object, "Foreground")];
}

// exact: kube-controller-manager
function complain(object: ApiObject, { apiVersion, kind, name, uid }: OwnerReference): Effect {
  const { namespace = "" } = object.metadata;
  const reference = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
  return warn(
    object,
    "OwnerRefInvalidNamespace",
    `ownerRef ${reference} does not exist in namespace ${JSON.stringify(namespace)}`,
  );
}

/** As the object itself asks for, by its finalizers. */
function policyOf({ metadata: { finalizers = [] } }: ApiObject): Policy {
  if (finalizers.includes(orphan)) return "Orphan";
  return finalizers.includes(foreground) ? "Foreground" : "Background";
}

type Policy = NonNullable<DeleteOptions["propagationPolicy"]>;

/** Only as long as it has the owners that were looked at. */
const collect = (kind: AnyKind, object: ApiObject, propagationPolicy: Policy): Effect => {
  const { uid, resourceVersion } = object.metadata;
  return {
    do: "delete",
    kind,
    object,
    options: { propagationPolicy, preconditions: { uid, resourceVersion } },
  };
};

const change = (kind: AnyKind, object: ApiObject, metadata: object): Effect => {
  const { uid, resourceVersion } = object.metadata;
  return patch(kind, object, {
    is: "merge",
    change: { metadata: { uid, resourceVersion, ...metadata } },
  });
};

const withoutFinalizer = (kind: AnyKind, object: ApiObject, finalizer: string): Effect =>
  change(kind, object, {
    finalizers: object.metadata.finalizers?.filter((other) => other !== finalizer),
  });

const withoutOwners = (
  kind: AnyKind,
  object: ApiObject,
  isDropped: (reference: OwnerReference) => boolean,
): Effect =>
  change(kind, object, {
    ownerReferences: object.metadata.ownerReferences?.filter((reference) => !isDropped(reference)),
  });

const unblocked = (kind: AnyKind, object: ApiObject): Effect =>
  change(kind, object, {
    ownerReferences: object.metadata.ownerReferences?.map((reference) => ({
      ...reference,
      blockOwnerDeletion: false,
    })),
  });
