/**
 * The pod that people mean: by its own name, or by something that has pods: `deploy/web`.
 * upstream: staging/src/k8s.io/kubectl/pkg/polymorphichelpers, pkg/util/podutils
 */
import { DaemonSet } from "#api/apps/daemonset.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { Job } from "#api/batch/job.ts";
import { conditionOf, isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import { Service } from "#api/core/service.ts";
import type { AnyKind } from "#api/kind.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { type Labels, labelSelectorOf, labelSetSelectorOf } from "#api/selectors.ts";
import type { WatchEvent } from "#client/client.ts";
import { flag } from "../flags.ts";
import { parseArguments } from "../resources/arguments.ts";
import type { Manifest } from "../resources/manifest.ts";
import { getObject } from "../resources/objects.ts";
import { namespaceFor } from "../resources/select.ts";
import { timeLimit } from "../resources/time-limit.ts";
import type { Session } from "../session.ts";

export const runningTimeoutFlag = (seconds: number) =>
  flag.duration("how long to wait until there is a pod", { fallback: seconds * 1_000 });

/** What the words of a command name. */
export type Source =
  | { readonly is: "pod"; readonly pod: Pod }
  | {
      readonly is: "owner";
      readonly kind: AnyKind;
      readonly namespace: string;
      readonly object: Manifest;
    };

/** By `web`, `pod/web`, `deploy/web`, or `deploy` and `web`. */
export async function findSource(session: Session, words: readonly string[]): Promise<Source> {
  const [word = ""] = words;
  const name = words.length === 1 ? podName(word) : undefined;
  if (name !== undefined) return { is: "pod", pod: await getPod(session, name) };
  const named = parseArguments(await session.discovered(), words);
  const target = named.is === "names" ? named.targets[0] : undefined;
  if (!target) throw new Error("resource(s) were provided, but no name was specified"); // exact: kubectl
  const { resource } = target;
  if (resource.kind === Pod) return { is: "pod", pod: await getPod(session, target.name) };
  const namespace = namespaceFor(session, resource);
  const object = await getObject(session, { ...target, namespace });
  return { is: "owner", kind: resource.kind, namespace: namespace ?? "", object };
}

/** The usual words need no discovery. */
const podName = (word: string): string | undefined =>
  word.includes("/") ? /^(?:pods?|po)\/([^/]+)$/.exec(word)?.[1] : word;

const getPod = ({ client, namespace, shell }: Session, name: string): Promise<Pod> =>
  client.get(Pod, { namespace, name }, { signal: shell.signal });

export interface PodWish {
  /** `attach to`, `get the logs from`: for the refusal. */
  readonly toDo: string;
  /** The best one first. */
  readonly order: PodOrder;
  readonly timeoutMs: number;
}

/** The pods behind a source, the best one first; waits for one when there is none. */
export async function podsOf(
  session: Session,
  source: Source,
  wish: PodWish,
): Promise<readonly [Pod, ...Pod[]]> {
  if (source.is === "pod") return [source.pod];
  const labelSelector = podSelector(source, wish.toDo);
  return selectPods(session, { namespace: source.namespace, labelSelector }, wish);
}

export async function podOf(session: Session, source: Source, wish: PodWish): Promise<Pod> {
  const [pod] = await podsOf(session, source, wish);
  return pod;
}

interface Selected {
  readonly namespace: string;
  readonly labelSelector: string;
}

async function selectPods(
  { client, shell }: Session,
  selected: Selected,
  { order, timeoutMs }: PodWish,
): Promise<readonly [Pod, ...Pod[]]> {
  using limit = timeLimit(shell.clock, timeoutMs, shell.signal);
  const { signal } = limit;
  const { items, metadata } = await client.list(Pod, { ...selected, signal });
  const [best, ...others] = items.toSorted(order);
  if (best) return [best, ...others];
  const { resourceVersion = "" } = metadata;
  try {
    const pod = await firstOf(client.watch(Pod, { ...selected, resourceVersion, signal }));
    if (pod) return [pod];
  } catch (cause) {
    if (!limit.isOver()) throw cause;
  }
  throw new Error("timed out waiting for the condition"); // exact: kubectl
}

async function firstOf(watch: AsyncIterable<readonly WatchEvent<Pod>[]>): Promise<Pod | undefined> {
  for await (const events of watch) {
    const found = events.find(({ type }) => type === "ADDED" || type === "MODIFIED");
    if (found && "object" in found) return found.object;
  }
  return undefined;
}

/** Kinds that have pods, and say which by `spec.selector`. */
const withPods: ReadonlySet<AnyKind> = new Set<AnyKind>([
  DaemonSet,
  Deployment,
  Job,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
]);

/** exact: kubectl, the messages; Go's names of types with them */
function podSelector({ kind, object }: Source & { readonly is: "owner" }, toDo: string): string {
  if (!withPods.has(kind)) {
    const type = `*${kind.version}.${kind.kind}`;
    throw new Error(`cannot ${toDo} ${type}: selector for ${type} not implemented`);
  }
  const { selector = {} } = (object["spec"] ?? {}) as { selector?: LabelSelector | Labels };
  if (Object.keys(selector).length === 0) {
    const why = `invalid ${kind.singular} '${object.metadata.name}': ${kind.kind} is defined without a selector`;
    throw new Error(`cannot ${toDo} *${kind.version}.${kind.kind}: ${why}`);
  }
  return isLabelSelector(selector)
    ? labelSelectorOf(selector).toString()
    : labelSetSelectorOf(selector).toString();
}

/** Services and replication controllers have a plain map of labels. */
const isLabelSelector = (selector: LabelSelector | Labels): selector is LabelSelector =>
  typeof selector["matchLabels"] === "object" || Array.isArray(selector["matchExpressions"]);

export type PodOrder = (a: Pod, b: Pod) => number;

/** The one that most likely works: running, ready for long, seldom restarted, old. */
export const bestToAttach: PodOrder = (a, b) =>
  byRank(a, b, (pod) => [
    pod.spec.nodeName ? 0 : 1,
    phaseRank(pod, { Running: 0, Unknown: 1 }, 2),
    isPodReady(pod) ? 0 : 1,
    readySince(pod),
    restarts(pod),
    createdAt(pod),
  ]);

/** The one with the most to tell: the same, but often restarted. */
export const bestToRead: PodOrder = (a, b) =>
  byRank(a, b, (pod) => [
    pod.spec.nodeName ? 0 : 1,
    phaseRank(pod, { Unknown: 1, Pending: 2 }, 0),
    isPodReady(pod) ? 0 : 1,
    readySince(pod),
    -restarts(pod),
    createdAt(pod),
  ]);

function byRank(a: Pod, b: Pod, rank: (pod: Pod) => readonly number[]): number {
  const [ranksA, ranksB] = [rank(a), rank(b)];
  const at = ranksA.findIndex((value, i) => value !== ranksB[i]);
  return at < 0 ? 0 : (ranksA[at] ?? 0) - (ranksB[at] ?? 0);
}

type Ranks = Readonly<Record<string, number>>;

const phaseRank = ({ status }: Pod, ranks: Ranks, otherwise: number): number =>
  ranks[status.phase ?? ""] ?? otherwise;

function readySince(pod: Pod): number {
  const ready = conditionOf(pod, "Ready");
  return isPodReady(pod) ? Date.parse(ready?.lastTransitionTime ?? "") || 0 : 0;
}

const restarts = ({ status }: Pod): number =>
  Math.max(0, ...(status.containerStatuses ?? []).map(({ restartCount }) => restartCount));

const createdAt = ({ metadata }: Pod): number =>
  Date.parse(metadata.creationTimestamp ?? "") || Number.MAX_SAFE_INTEGER;
