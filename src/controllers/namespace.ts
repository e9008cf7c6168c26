/**
 * Empties a namespace that is being deleted, then lets go of it.
 *
 * What the caches show decides what to delete; only when they show nothing any more is every kind
 * asked for once more, because the namespace must not go while anything is left in it.
 * upstream: pkg/controller/namespace/deletion/namespaced_resources_deleter.go
 */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { APIService } from "#api/apiregistration/apiservice.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Pod } from "#api/core/pod.ts";
import { seconds } from "#base/clock.ts";
import { contentConditions, type Situation, undiscoveredText } from "./namespace/conditions.ts";
import {
  type Content,
  contentsOf,
  type Elsewhere,
  lookElsewhere,
  nothingElsewhere,
} from "./namespace/elsewhere.ts";
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
  remove,
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
    watches: [
      ...contents.map((kind) => watching(kind, namespaceGoing)),
      watching(APIService, allGoing),
    ],
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
      const here = found.filter(({ objects }) => objects.length > 0);
      return lookElsewhere(namespace, view, (elsewhere) => {
        const remaining = [...here, ...elsewhere.contents];
        return remaining.length > 0 || isTroubled(elsewhere)
          ? empty(namespace, { remaining, elsewhere, view })
          : [surveyAll(namespace, contents, view)];
      });
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

/** Whoever serves something may be there again. */
const allGoing = (_service: ApiObject, _old: ApiObject | undefined, view: View) =>
  view
    .list(Namespace)
    .filter(({ metadata }) => metadata.deletionTimestamp)
    .map(({ metadata }) => metadata.name ?? "");

const isTroubled = ({ failures, undiscovered }: Elsewhere): boolean =>
  failures.length > 0 || undiscovered.size > 0;

const markTerminating = (namespace: Namespace): Effect =>
  setStatus(Namespace, namespace, { ...namespace.status, phase: "Terminating" });

const contentOf = (kind: AnyKind, { metadata }: Namespace, view: View): Content => ({
  kind,
  objects: view.list<ApiObject>(kind, metadata.name),
});

interface Left {
  readonly remaining: readonly Content[];
  readonly elsewhere: Elsewhere;
  readonly view: View;
}

/** Pods first, and nothing else while they run: they may need what they mount until the end. */
function empty(namespace: Namespace, { remaining, elsewhere, view }: Left): Effect[] {
  const pods = remaining.filter(({ kind }) => kind === Pod);
  const isHeld = pods.some(({ objects }) => objects.some(({ metadata }) => !metadata.finalizers));
  const due = isHeld ? pods : remaining;
  const deletions = due
    .filter(({ objects }) => objects.some(isNotGoing))
    .flatMap((content) => deletionsOf(content, namespace));
  const { undiscovered } = elsewhere;
  return [
    settle(deletions, (outcomes) => {
      const refusals = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.cause]));
      const failures = [...elsewhere.failures, ...refusals];
      const failure = failureIn(outcomes) ?? elsewhere.failures[0] ?? unseen(undiscovered);
      return [
        report(namespace, { remaining, failures, undiscovered, view }),
        ...(failure === undefined ? [wakeIn(estimateMs(remaining))] : [fail(failure)]),
      ];
    }),
  ];
}

const isNotGoing = ({ metadata }: ApiObject): boolean => !metadata.deletionTimestamp;

/** Other servers may not know how to delete them all at once. */
function deletionsOf({ kind, objects }: Content, { metadata }: Namespace): readonly Effect[] {
  const { name: namespace = "" } = metadata;
  if (kind.verbs.includes("deletecollection")) return [{ do: "deleteAll", kind, namespace }];
  return objects.filter(isNotGoing).map((object) => remove(kind, object));
}

const unseen = (undiscovered: Elsewhere["undiscovered"]): Error | undefined =>
  undiscovered.size > 0 ? new Error(undiscoveredText(undiscovered)) : undefined;

/** The caches show nothing; they may be behind, so the server has the last word. */
function surveyAll(namespace: Namespace, kinds: readonly AnyKind[], view: View): Effect {
  const { name = "" } = namespace.metadata;
  const surveys = kinds.map((kind): Effect => ({ do: "survey", kind, namespace: name }));
  return settle(surveys, (outcomes) => {
    const failure = failureIn(outcomes);
    if (failure !== undefined) return [fail(failure)];
    const remaining = contentsOf(kinds, outcomes);
    return remaining.length > 0
      ? empty(namespace, { remaining, elsewhere: nothingElsewhere, view })
      : [finalize(namespace)];
  });
}

/** With the last finalizer the namespace goes. */
function finalize(namespace: Namespace): Effect {
  const finalizers = namespace.spec.finalizers?.filter((other) => other !== finalizer);
  return update(Namespace, { ...namespace, spec: { finalizers } }, "finalize");
}

interface Reported extends Omit<Situation, "now"> {
  readonly view: View;
}

const report = (namespace: Namespace, { view, ...found }: Reported): Effect =>
  setStatus(Namespace, namespace, {
    ...namespace.status,
    conditions: contentConditions(namespace.status.conditions, { ...found, now: view.now }),
  });

/** Half of what the pods may still take; a change of what is left wakes us earlier. */
function estimateMs(remaining: readonly Content[]): number {
  const objects = remaining.flatMap((content) => content.objects);
  const estimates = objects.map(({ metadata }) =>
    metadata.finalizers?.length ? finalizerSeconds : (metadata.deletionGracePeriodSeconds ?? 0),
  );
  return seconds(Math.floor(Math.max(0, ...estimates) / 2) + 1);
}
