/** Which pods may be taken off a node. upstream: staging/src/k8s.io/kubectl/pkg/drain/filters.go */
import { isMirrorPod, isPodTerminal } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";

export interface DrainChoice {
  readonly force: boolean;
  readonly "ignore-daemonsets": boolean;
  readonly "delete-emptydir-data": boolean;
}

export interface Sorted {
  readonly removed: readonly Pod[];
  readonly warnings: readonly string[];
  readonly refusals: readonly string[];
}

/** A reason to leave a pod alone, or to say something about it. */
interface Concern {
  readonly applies: (pod: Pod) => boolean;
  readonly isAllowed: (choice: DrainChoice) => boolean;
  readonly refusal: string;
  readonly warning: string;
  /** When allowed, the pod still stays. */
  readonly stays?: true;
}

const controllerOf = ({ metadata }: Pod) =>
  (metadata.ownerReferences ?? []).find(({ controller }) => controller);
const daemonSets = "DaemonSet";

// exact: kubectl, the texts
const concerns: readonly Concern[] = [
  {
    applies: (pod) => controllerOf(pod)?.kind === daemonSets,
    isAllowed: (choice) => choice["ignore-daemonsets"],
    refusal: "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)",
    warning: "ignoring DaemonSet-managed Pods",
    stays: true,
  },
  {
    applies: (pod) =>
      !isPodTerminal(pod) && (pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir),
    isAllowed: (choice) => choice["delete-emptydir-data"],
    refusal: "cannot delete Pods with local storage (use --delete-emptydir-data to override)",
    warning: "deleting Pods with local storage",
  },
  {
    applies: (pod) => !isPodTerminal(pod) && !controllerOf(pod),
    isAllowed: ({ force }) => force,
    refusal: "cannot delete Pods that declare no controller (use --force to override)",
    warning: "deleting Pods that declare no controller",
  },
];

export function sortPods(pods: readonly Pod[], choice: DrainChoice): Sorted {
  const warnings = new Map<string, string[]>();
  const refusals = new Map<string, string[]>();
  const removed: Pod[] = [];
  for (const pod of pods.filter((one) => !isMirrorPod(one))) {
    const { concern, stays } = concernAbout(pod, choice);
    if (concern?.isAllowed(choice)) note([warnings, concern.warning], pod);
    else if (concern) note([refusals, concern.refusal], pod);
    if (!stays) removed.push(pod);
  }
  const lines = (notes: Map<string, string[]>): readonly string[] =>
    [...notes].map(([text, names]) => `${text}: ${names.join(", ")}`);
  return { removed, warnings: lines(warnings), refusals: lines(refusals) };
}

/** The first that keeps the pod where it is; else, of those that were overruled, the last one counts. */
function concernAbout(
  pod: Pod,
  choice: DrainChoice,
): { readonly concern: Concern | undefined; readonly stays: boolean } {
  const keeping = concerns.find(
    ({ applies, isAllowed, stays }) => applies(pod) && (stays || !isAllowed(choice)),
  );
  if (keeping) return { concern: keeping, stays: true };
  const last = concerns.at(-1);
  return { concern: last?.applies(pod) ? last : undefined, stays: false };
}

function note([notes, text]: readonly [Map<string, string[]>, string], { metadata }: Pod): void {
  const name = `${metadata.namespace}/${metadata.name}`;
  notes.set(text, [...(notes.get(text) ?? []), name]);
}
