/**
 * What stands in a namespace of kinds that other servers serve: those that an APIService names. They
 * are known from discovery only, so whoever serves them is asked each time.
 * upstream: client-go/discovery#ServerPreferredNamespacedResources, as the namespace controller uses it
 */
import { APIService } from "#api/apiregistration/apiservice.ts";
import type { Namespace } from "#api/core/namespace.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import type { APIResource, APIResourceList } from "#api/meta/discovery.ts";
import { messageOf } from "#base/failure.ts";
import { dynamicKind } from "#client/dynamic.ts";
import type { View } from "../runtime/controller.ts";
import { type Effect, type Outcome, settle } from "../runtime/effects.ts";

/** What is left of one kind. */
export interface Content {
  readonly kind: AnyKind;
  readonly objects: readonly ApiObject[];
}

export interface Elsewhere {
  readonly contents: readonly Content[];
  /** What servers said that could not list their objects. */
  readonly failures: readonly unknown[];
  /** By apiVersion: why it is not known what there is. */
  readonly undiscovered: ReadonlyMap<string, string>;
}

export const nothingElsewhere: Elsewhere = { contents: [], failures: [], undiscovered: new Map() };

/** Asks all other servers what there is of theirs; `next` says what to do about it. */
export function lookElsewhere(
  { metadata: { name = "" } }: Namespace,
  view: View,
  next: (found: Elsewhere) => readonly Effect[],
): readonly Effect[] {
  const services = view.list(APIService).filter(({ spec }) => spec.service !== undefined);
  if (services.length === 0) return next(nothingElsewhere);
  const [present, absent] = partition(services, ({ status }) =>
    isConditionTrue(status.conditions, "Available"),
  );
  const calls = present.map((service): Effect => ({
    do: "call",
    call: { method: "GET", path: `/apis/${apiVersionOf(service)}` },
  }));
  const undiscovered = new Map(absent.map(apiVersionOf).map((one) => [one, stale(one)]));
  return [
    settle(calls, (outcomes) => {
      const kinds = kindsIn(present.map(apiVersionOf), outcomes, undiscovered);
      return [surveyOf(kinds, name, { undiscovered, next })];
    }),
  ];
}

function partition<T>(all: readonly T[], isFirst: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

const apiVersionOf = ({ spec: { group = "", version = "" } }: APIService): string =>
  `${group}/${version}`;

/** exact: client-go */
const stale = (apiVersion: string): string => `stale GroupVersion discovery: ${apiVersion}`;

/** Of several versions of a resource one is enough. Notes in `undiscovered` who did not answer. */
function kindsIn(
  apiVersions: readonly string[],
  outcomes: readonly Outcome[],
  undiscovered: Map<string, string>,
): readonly AnyKind[] {
  const kinds = new Map<string, AnyKind>();
  for (const [index, apiVersion] of apiVersions.entries()) {
    const outcome = outcomes[index];
    if (!outcome?.ok) undiscovered.set(apiVersion, messageOf(outcome?.cause));
    else {
      const { resources = [] } = outcome.answer as Partial<APIResourceList>;
      for (const kind of resources.filter(isContent).map((one) => kindOf(one, apiVersion))) {
        kinds.set(`${kind.plural}.${kind.group}`, kind);
      }
    }
  }
  return [...kinds.values()];
}

const isContent = ({ name, namespaced, verbs }: APIResource): boolean =>
  namespaced && !name.includes("/") && verbs.includes("delete") && verbs.includes("list");

function kindOf(
  { name, singularName, kind, verbs, shortNames = [], categories = [] }: APIResource,
  apiVersion: string,
): AnyKind {
  const [group = "", version = ""] = apiVersion.split("/");
  const names = { kind, plural: name, singular: singularName, shortNames, categories };
  return dynamicKind({
    ...names,
    group,
    version,
    scope: "Namespaced",
    verbs: verbs as AnyKind["verbs"],
  });
}

interface Following {
  readonly undiscovered: ReadonlyMap<string, string>;
  readonly next: (found: Elsewhere) => readonly Effect[];
}

function surveyOf(
  kinds: readonly AnyKind[],
  namespace: string,
  { undiscovered, next }: Following,
): Effect {
  const surveys = kinds.map((kind): Effect => ({ do: "survey", kind, namespace }));
  return settle(surveys, (outcomes) =>
    next({
      contents: contentsOf(kinds, outcomes),
      failures: outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.cause])),
      undiscovered,
    }),
  );
}

/** What surveys found; kinds without objects are left out. */
export const contentsOf = (
  kinds: readonly AnyKind[],
  outcomes: readonly Outcome[],
): readonly Content[] =>
  kinds.flatMap((kind, at) => {
    const outcome = outcomes[at];
    const objects = outcome?.ok ? (outcome.all ?? []) : [];
    return objects.length > 0 ? [{ kind, objects }] : [];
  });
