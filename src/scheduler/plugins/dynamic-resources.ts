import { matchesNodeSelector } from "#api/core/node-affinity.ts";
import { DeviceClass } from "#api/resource/deviceclass.ts";
import { type AllocationResult, ResourceClaim } from "#api/resource/resourceclaim.ts";
import { ResourceSlice } from "#api/resource/resourceslice.ts";
import { below } from "#base/random.ts";
import type { ClusterEvent } from "../cluster-event.ts";
import { resultOf } from "../devices/allocation-result.ts";
import { allocate, AllocationTimeout, type ClaimTask, type Pick } from "../devices/allocator.ts";
import { bindClaims, releaseClaims, type Reservation } from "../devices/bind-claims.ts";
import { DeviceBook } from "../devices/device-book.ts";
import { explainDevices } from "../devices/explain-devices.ts";
import {
  canBeReserved,
  claimName,
  claimsOf,
  hasClaims,
  isReservedFor,
  usesClaim,
} from "../devices/pod-claims.ts";
import { MissingClass, wantedBy } from "../devices/wanted-devices.ts";
import {
  definePlugin,
  hopeless,
  type Misfit,
  type Placement,
  type Ports,
  type PostFilterResult,
  Refusal,
  skip,
} from "../plugin.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

// exact: kube-scheduler
const cannotAllocate = hopeless("cannot allocate all claims");
const unavailable = hopeless("resourceclaim not available on the node");
const inUse = hopeless("resourceclaim in use");
const timedOut = hopeless("timed out trying to allocate devices");

/** What a pod needs of a node, as things are at this moment. */
export interface Question {
  readonly book: DeviceBook;
  readonly claims: readonly ResourceClaim[];
  /** Those that have no devices yet. */
  readonly tasks: readonly ClaimTask[];
}

/** Each scheduler's own, found by its snapshot. */
const books = new WeakMap<Snapshot, DeviceBook>();

function bookOf(cluster: Snapshot): DeviceBook {
  const book = books.get(cluster) ?? new DeviceBook(cluster.objects);
  books.set(cluster, book);
  return book;
}

/** An attempt at a pod: the book that it goes by, and what came of it. */
interface Attempt {
  readonly book: DeviceBook;
  reservation?: Reservation;
  /** Told by preBind, for the case that things have to be undone. */
  ports?: Ports;
}

const attempts = new WeakMap<PodInfo, Attempt>();

/**
 * Pods with claims for devices go where the devices are, and get them: structured parameters, KEP
 * 4381, with alternatives, device taints, admin access and shared counters.
 * differs: a search for devices is given up after a number of steps, not of seconds.
 *
 * differs: what containers ask for as an extended resource is not taken from devices (DRAExtendedResource).
 * upstream: pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go
 */
export const dynamicResources = definePlugin<Question>({
  name: "DynamicResources",
  dependsOn: "cluster",
  reads: [{ kind: ResourceClaim }, { kind: ResourceSlice }, { kind: DeviceClass }],

  preEnqueue(pod, cluster) {
    if (!hasClaims(pod)) return undefined;
    const claims = claimsOf(pod, bookOf(cluster).findClaim);
    return typeof claims === "string" ? hopeless(claims) : undefined;
  },

  preFilter(pod, cluster) {
    if (!hasClaims(pod)) return skip;
    const book = bookOf(cluster);
    if (!attempts.get(pod)?.reservation) attempts.set(pod, { book });
    return questionOf(pod, book);
  },

  filter(_pod, node, question) {
    const found = picksOn(node, question);
    if (found instanceof Refusal) return found;
    return question.claims.every((claim) => isAvailable(claim, node)) ? undefined : unavailable;
  },

  explain: (_pod, node, { book, claims, tasks }) => [
    ...claims
      .filter((claim) => !isAvailable(claim, node))
      .map((claim) => `claim ${claimName(claim)} has devices that cannot be reached from here`),
    ...explainDevices(tasks, book.index.on(node.node), book.isInUse),
  ],

  postFilter: (pod, cluster, misfit) =>
    hasClaims(pod) ? deallocation(pod, bookOf(cluster), misfit) : undefined,

  reserve: ({ pod, node }) => {
    const attempt = attempts.get(pod);
    return attempt && reserve(pod, node, attempt);
  },

  unreserve: ({ pod }) => unreserve(pod),

  async preBind({ pod }: Placement, ports) {
    const attempt = attempts.get(pod);
    if (!attempt?.reservation) return;
    attempt.ports = ports;
    await bindClaims(attempt.reservation, attempt.book, ports);
  },

  events: [
    { on: ["NodeAdd", "NodeUpdateNodeLabel"] },
    {
      on: ["resource.k8s.io/ResourceClaimAdd", "resource.k8s.io/ResourceClaimUpdate"],
      hint: mayHelp,
    },
    {
      on: ["resource.k8s.io/ResourceClaimDelete"],
      hint: (_pod, { object }) => allocationOf(object?.old) !== undefined,
    },
    { on: ["TargetPodUpdatePodGeneratedResourceClaim"] },
    { on: ["resource.k8s.io/DeviceClassAdd", "resource.k8s.io/DeviceClassUpdate"] },
    { on: ["resource.k8s.io/ResourceSliceAdd", "resource.k8s.io/ResourceSliceUpdate"] },
    // Another attempt that failed may have let go of devices before anybody heard of them.
    {
      on: ["AssignedPodDelete"],
      hint: (_pod, { pod: other }) => other?.old !== undefined && hasClaims(other.old),
    },
  ],
});

type Told = NonNullable<ClusterEvent["object"]>["old"];

const allocationOf = (claim: Told): AllocationResult | undefined =>
  (claim as ResourceClaim | undefined)?.status.allocation;

/** Devices became free, or something happened to a claim of its own. */
function mayHelp(pod: PodInfo, { object }: ClusterEvent): boolean {
  const { old, new: now } = object ?? {};
  if (allocationOf(old) && !allocationOf(now)) return true;
  if (!usesClaim(pod, now)) return false;
  const statusOf = (claim: Told): string =>
    JSON.stringify((claim as ResourceClaim | undefined)?.status);
  return old === undefined || statusOf(old) !== statusOf(now);
}

function questionOf(pod: PodInfo, book: DeviceBook): Question | Refusal | typeof skip {
  const claims = claimsOf(pod, book.findClaim);
  if (typeof claims === "string") return hopeless(claims);
  if (claims.length === 0) return skip;
  const tasks: ClaimTask[] = [];
  for (const claim of claims) {
    const refusal = problemOf(claim, pod, book);
    if (refusal) return refusal;
    if (claim.status.allocation) continue;
    try {
      tasks.push({ claim, requests: wantedBy(claim, book.findClass) });
    } catch (error) {
      if (error instanceof MissingClass) return hopeless(error.message);
      throw error;
    }
  }
  return { book, claims, tasks };
}

function problemOf(claim: ResourceClaim, pod: PodInfo, book: DeviceBook): Refusal | undefined {
  if (!claim.status.allocation)
    return book.isPending(claim)
      ? // exact: kube-scheduler
        hopeless(`resource claim ${claimName(claim)} is in the process of being allocated`)
      : undefined;
  return canBeReserved(claim) || isReservedFor(claim, pod.uid) ? undefined : inUse;
}

const isAvailable = ({ status }: ResourceClaim, { node }: NodeView): boolean => {
  const selector = status.allocation?.nodeSelector;
  return !selector || matchesNodeSelector(selector, node);
};

/** By task. */
function picksOn(
  { node }: NodeView,
  { book, tasks }: Question,
): readonly (readonly Pick[])[] | Refusal {
  if (tasks.length === 0) return [];
  try {
    const search = { tasks, devices: book.index.on(node), isInUse: book.isInUse };
    return allocate(search) ?? cannotAllocate;
  } catch (error) {
    if (error instanceof AllocationTimeout) return timedOut;
    throw error;
  }
}

/** Looks once more: what is true now counts, not what was when the node was filtered. */
function reserve(pod: PodInfo, node: NodeView, attempt: Attempt): Refusal | undefined {
  const { book } = attempt;
  const question = questionOf(pod, book);
  if (question instanceof Refusal) return question;
  if (question === skip) return undefined;
  const found = picksOn(node, question);
  if (found instanceof Refusal) return found;
  const allocations = new Map<string, AllocationResult>();
  for (const [i, task] of question.tasks.entries()) {
    const allocation = resultOf(task, found[i] ?? []);
    book.promise(task.claim, allocation);
    allocations.set(task.claim.metadata.uid ?? "", allocation);
  }
  attempt.reservation = { pod, claims: question.claims, allocations };
  return undefined;
}

function unreserve(pod: PodInfo): void {
  const { reservation, book, ports } = attempts.get(pod) ?? {};
  attempts.delete(pod);
  if (!reservation || !book) return;
  for (const claim of reservation.claims) book.takeBack(claim);
  if (ports && !ports.signal.aborted) void release(reservation, ports);
}

async function release(reservation: Reservation, ports: Ports): Promise<void> {
  try {
    await releaseClaims(reservation, ports);
  } catch (cause) {
    // It is tried again with the pod.
    if (!ports.signal.aborted)
      ports.log.info("a claim is still reserved", { pod: reservation.pod.fullName, cause });
  }
}

/**
 * A claim that has devices in the wrong place, and that nobody uses, may get others.
 * exact: kube-scheduler
 */
function deallocation(pod: PodInfo, book: DeviceBook, misfit: Misfit): PostFilterResult {
  const question = questionOf(pod, book);
  if (question instanceof Refusal || question === skip)
    return { message: "no new claims to deallocate" };
  const nodes = [...misfit.verdicts].filter(({ refusal }) => refusal === unavailable);
  const idle = question.claims.filter(
    (claim) =>
      claim.status.allocation &&
      (claim.status.reservedFor ?? []).every(({ uid }) => uid === pod.uid) &&
      nodes.some(({ node }) => !isAvailable(claim, node)),
  );
  const claim = idle[below(misfit.random, Math.max(idle.length, 1))];
  if (!claim) return { message: "still not schedulable" };
  return {
    message: "deallocation of ResourceClaim completed",
    perform: ({ client, signal }) => {
      const { allocation: _allocation, reservedFor: _users, ...status } = claim.status;
      return client
        .updateStatus(ResourceClaim, { ...claim, status }, { signal })
        .then((freed) => book.note(freed));
    },
  };
}
