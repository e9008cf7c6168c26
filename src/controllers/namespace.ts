/**
 * Empties a namespace that is being deleted, then lets go of it.
 *
 * What the caches show decides what to delete; only when they show nothing any more is every kind
 * asked for once more, because the namespace must not go while anything is left in it.
 * upstream: pkg/controller/namespace/deletion/namespaced_resources_deleter.go
 */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Pod } from "#api/core/pod.ts";
import { seconds } from "#base/clock.ts";
import { contentConditions } from "./namespace/conditions.ts";
import {
  type AnyController,
  type Controller,
  nobody,
  type View,
  watching,
} from "./runtime/controller.ts";
import {
  type Effect,
  fail,
  failureIn,
  setStatus,
  settle,
  update,
  wakeIn,
} from "./runtime/effects.ts";

const finalizer = "kubernetes";
/** How long finalizers of others usually take. */
const finalizerSeconds = 15;

/** Empties namespaces of objects of these kinds. */
export function namespaceController(kinds: readonly AnyKind[]): AnyController {
  const contents = kinds.filter(
    ({ scope, storage, verbs }) =>
      scope === "Namespaced" && storage && verbs.includes("delete") && verbs.includes("list"),
  );
  const controller: Controller<Namespace> = {
    name: "namespace-controller",
    queue: "namespace",
    for: Namespace,
    watches: contents.map((kind) => watching(kind, namespaceGoing)),
    workers: 10,
    rules: [
      {
        verbs: ["get", "list", "watch", "delete"],
        apiGroups: [""],
        resources: ["namespaces"],
      },
      {
        verbs: ["update"],
        apiGroups: [""],
        resources: ["namespaces/finalize", "namespaces/status"],
      },
      {
        verbs: ["get", "list", "watch", "delete", "deletecollection"],
        apiGroups: ["*"],
        resources: ["*"],
      },
    ],

    reconcile(namespace, view) {
      if (!namespace.metadata.deletionTimestamp) return [];
      if (namespace.status.phase !== "Terminating") return [markTerminating(namespace)];
      if (!namespace.spec.finalizers?.includes(finalizer)) return [];
      const found = contents.map((kind) => contentOf(kind, namespace, view));
      const remaining = found.filter(({ objects }) => objects.length > 0);
      return remaining.length > 0
        ? empty(namespace, remaining, view)
        : [surveyAll(namespace, contents, view)];
    },
  };
  return Object.freeze(controller);
}

function namespaceGoing(
  { metadata }: ApiObject,
  _old: ApiObject | undefined,
  view: View,
): readonly string[] {
  const name = metadata.namespace ?? "";
  return view.get(Namespace, undefined, name)?.metadata.deletionTimestamp ? [name] : nobody;
}

const markTerminating = (namespace: Namespace): Effect =>
  setStatus(Namespace, namespace, { ...namespace.status, phase: "Terminating" });

/** What is left of one kind. */
export interface Content {
  readonly kind: AnyKind;
  readonly objects: readonly ApiObject[];
}

const contentOf = (kind: AnyKind, { metadata }: Namespace, view: View): Content => ({
  kind,
  objects: view.list<ApiObject>(kind, metadata.name),
});

/** Pods first, and nothing else while they run: they may need what they mount until the end. */
function empty(namespace: Namespace, remaining: readonly Content[], view: View): Effect[] {
  const pods = remaining.filter(({ kind }) => kind === Pod);
  const isHeld = pods.some(({ objects }) => objects.some(({ metadata }) => !metadata.finalizers));
  const due = isHeld ? pods : remaining;
  const deletions = due.filter(({ objects }) => objects.some(isNotGoing)).map(deleteAll(namespace));
  return [
    settle(deletions, (outcomes) => {
      const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.cause]));
      const failure = failureIn(outcomes);
      return [
        report(namespace, { remaining, failures, view }),
        ...(failure === undefined ? [wakeIn(estimateMs(remaining))] : [fail(failure)]),
      ];
    }),
  ];
}

const isNotGoing = ({ metadata }: ApiObject): boolean => !metadata.deletionTimestamp;

const deleteAll =
  ({ metadata }: Namespace) =>
  ({ kind }: Pick<Content, "kind">): Effect => ({
    do: "deleteAll",
    kind,
    namespace: metadata.name ?? "",
  });

/** The caches show nothing; they may be behind, so the server has the last word. */
function surveyAll(namespace: Namespace, kinds: readonly AnyKind[], view: View): Effect {
  const { name = "" } = namespace.metadata;
  const surveys = kinds.map((kind): Effect => ({ do: "survey", kind, namespace: name }));
  return settle(surveys, (outcomes) => {
    const failure = failureIn(outcomes);
    if (failure !== undefined) return [fail(failure)];
    const remaining = outcomes.flatMap((outcome, at) => {
      const kind = kinds[at];
      const objects = outcome.ok ? (outcome.all ?? []) : [];
      return kind && objects.length > 0 ? [{ kind, objects }] : [];
    });
    return remaining.length > 0 ? empty(namespace, remaining, view) : [finalize(namespace)];
  });
}

/** With the last finalizer the namespace goes. */
function finalize(namespace: Namespace): Effect {
  const finalizers = namespace.spec.finalizers?.filter((other) => other !== finalizer);
  return update(Namespace, { ...namespace, spec: { finalizers } }, "finalize");
}

interface Situation {
  readonly remaining: readonly Content[];
  readonly failures: readonly unknown[];
  readonly view: View;
}

const report = (namespace: Namespace, { remaining, failures, view }: Situation): Effect =>
  setStatus(Namespace, namespace, {
    ...namespace.status,
    conditions: contentConditions(namespace.status.conditions, {
      remaining,
      failures,
      now: view.now,
    }),
  });

/** Half of what the pods may still take; a change of what is left wakes us earlier. */
function estimateMs(remaining: readonly Content[]): number {
  const objects = remaining.flatMap((content) => content.objects);
  const estimates = objects.map(({ metadata }) =>
    metadata.finalizers?.length ? finalizerSeconds : (metadata.deletionGracePeriodSeconds ?? 0),
  );
  return seconds(Math.floor(Math.max(0, ...estimates) / 2) + 1);
}
