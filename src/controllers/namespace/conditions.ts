/**
 * What keeps a namespace from going, in the words of its conditions.
 * upstream: pkg/controller/namespace/deletion/status_condition_utils.go
 */
import type { NamespaceCondition } from "#api/core/namespace.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { formatTime } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import type { Content, Elsewhere } from "./elsewhere.ts";

export interface Situation {
  readonly remaining: readonly Content[];
  readonly failures: readonly unknown[];
  readonly undiscovered: Elsewhere["undiscovered"];
  readonly now: number;
}

interface Said {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

// exact: kube-controller-manager
const quiet: Readonly<Record<string, Said>> = {
  NamespaceDeletionDiscoveryFailure: no(
    "ResourcesDiscovered",
    "All resources successfully discovered",
  ),
  NamespaceDeletionGroupVersionParsingFailure: no(
    "ParsedGroupVersions",
    "All legacy kube types successfully parsed",
  ),
  NamespaceDeletionContentFailure: no(
    "ContentDeleted",
    "All content successfully deleted, may be waiting on finalization",
  ),
  NamespaceContentRemaining: no("ContentRemoved", "All content successfully removed"),
  NamespaceFinalizersRemaining: no(
    "ContentHasNoFinalizers",
    "All content-preserving finalizers finished",
  ),
};

function no(reason: string, message: string): Said {
  return { status: "False", reason, message };
}

/** All five of them, whether something is wrong or not. */
export function contentConditions(
  before: readonly NamespaceCondition[] | undefined,
  situation: Situation,
): readonly NamespaceCondition[] {
  const said: Readonly<Record<string, Said>> = { ...quiet, ...troubles(situation) };
  const others = (before ?? []).filter(({ type }) => !(type in said));
  const ours = Object.entries(said).map(([type, { status, reason, message }]) => {
    const known = findCondition(before, type);
    const lastTransitionTime =
      known?.status === status ? known.lastTransitionTime : formatTime(situation.now);
    return { type, status, lastTransitionTime, reason, message };
  });
  return [...others, ...ours];
}

/** exact: client-go */
export function undiscoveredText(undiscovered: Situation["undiscovered"]): string {
  const groups = Array.from(undiscovered, ([apiVersion, why]) => `${apiVersion}: ${why}`);
  return `unable to retrieve the complete list of server APIs: ${groups.sort().join(", ")}`;
}

function troubles({
  remaining,
  failures,
  undiscovered,
}: Situation): Readonly<Record<string, Said>> {
  const said: Record<string, Said> = {};
  if (undiscovered.size > 0) {
    said["NamespaceDeletionDiscoveryFailure"] = {
      status: "True",
      reason: "DiscoveryFailed",
      message: `Discovery failed for some groups, ${undiscovered.size} failing: ${undiscoveredText(undiscovered)}`,
    };
  }
  if (failures.length > 0) {
    const messages = failures.map(messageOf);
    said["NamespaceDeletionContentFailure"] = {
      status: "True",
      reason: "ContentDeletionFailed",
      message: `Failed to delete all resource types, ${failures.length} remaining: ${messages.sort().join(", ")}`,
    };
  }
  if (remaining.length > 0) {
    const counts = remaining.map(
      ({ kind, objects }) =>
        `${kind.plural}.${kind.group} has ${objects.length} resource instances`,
    );
    said["NamespaceContentRemaining"] = {
      status: "True",
      reason: "SomeResourcesRemain",
      message: `Some resources are remaining: ${counts.sort().join(", ")}`,
    };
  }
  const finalizers = countFinalizers(remaining);
  if (finalizers.length > 0) {
    said["NamespaceFinalizersRemaining"] = {
      status: "True",
      reason: "SomeFinalizersRemain",
      message: `Some content in the namespace has finalizers remaining: ${finalizers.join(", ")}`,
    };
  }
  return said;
}

function countFinalizers(remaining: Situation["remaining"]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { metadata } of remaining.flatMap(({ objects }) => objects)) {
    for (const name of metadata.finalizers ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Array.from(counts, ([name, count]) => `${name} in ${count} resource instances`).sort();
}
