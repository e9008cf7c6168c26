/**
 * Tells the API server which devices a pod's claims have got, and that the pod uses them, before
 * the pod goes to its node. Others write claims too: whoever was overtaken looks again.
 * upstream: pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go#bindClaim
 */
import { isReason } from "#api/errors.ts";
import { type AllocationResult, ResourceClaim } from "#api/resource/resourceclaim.ts";
import { sleep } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import type { Ports } from "../plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { DeviceBook } from "./device-book.ts";
import { claimName, isReservedFor, protection, referenceTo } from "./pod-claims.ts";

/** A pod's claims on the way to the server. */
export interface Reservation {
  readonly pod: PodInfo;
  /** As they are known to be. */
  claims: readonly ResourceClaim[];
  /** By uid: what was decided for those that had nothing. */
  readonly allocations: ReadonlyMap<string, AllocationResult>;
}

const attemptsMax = 5;
const retryDelayMs = 10;

export async function bindClaims(
  reservation: Reservation,
  book: DeviceBook,
  ports: Ports,
): Promise<void> {
  const { pod, allocations } = reservation;
  for (const [i, claim] of reservation.claims.entries()) {
    if (isReservedFor(claim, pod.uid)) continue;
    const allocation = allocations.get(claim.metadata.uid ?? "");
    const bound = await bindClaim({ claim, allocation, pod, ports });
    book.note(bound);
    reservation.claims = reservation.claims.with(i, bound);
  }
}

interface Binding {
  readonly claim: ResourceClaim;
  readonly allocation: AllocationResult | undefined;
  readonly pod: PodInfo;
  readonly ports: Ports;
}

async function bindClaim(binding: Binding): Promise<ResourceClaim> {
  const { clock, signal } = binding.ports;
  let { claim } = binding;
  for (let attempt = 1; ; attempt++) {
    try {
      return await write({ ...binding, claim });
    } catch (error) {
      if (!isReason(causeOf(error), "Conflict") || attempt >= attemptsMax) throw error;
    }
    await sleep(clock, retryDelayMs * attempt, signal);
    claim = await readAgain(binding);
  }
}

// exact: kube-scheduler
async function write({ claim, allocation, pod, ports }: Binding): Promise<ResourceClaim> {
  const { client, signal } = ports;
  const name = claimName(claim);
  if (claim.metadata.deletionTimestamp)
    throw new Error(`claim ${name} got deleted in the meantime`);
  if (allocation && claim.status.allocation)
    throw new Error(`claim ${name} got allocated elsewhere in the meantime`);
  const kept = allocation
    ? await saying(`add finalizer to claim ${name}`, withFinalizer(claim, ports))
    : claim;
  const reservedFor = [...(kept.status.reservedFor ?? []), referenceTo(pod)];
  const status = { ...kept.status, ...(allocation ? { allocation } : {}), reservedFor };
  const what = allocation ? "allocation and reservation" : "reservation";
  return saying(
    `add ${what} to claim ${name}`,
    client.updateStatus(ResourceClaim, { ...kept, status }, { signal }),
  );
}

async function withFinalizer(claim: ResourceClaim, { client, signal }: Ports) {
  const { metadata } = claim;
  const { finalizers = [] } = metadata;
  if (finalizers.includes(protection)) return claim;
  const protectedClaim = {
    ...claim,
    metadata: { ...metadata, finalizers: [...finalizers, protection] },
  };
  return client.update(ResourceClaim, protectedClaim, { signal });
}

async function readAgain({ claim, ports }: Binding): Promise<ResourceClaim> {
  const { namespace, name = "", uid } = claim.metadata;
  const { client, signal } = ports;
  const found = await saying(
    `get updated claim ${claimName(claim)} after conflict`,
    client.get(ResourceClaim, { namespace, name }, { signal }),
  );
  if (found.metadata.uid !== uid)
    throw new Error(`claim ${claimName(claim)} got deleted in the meantime`);
  return found;
}

async function saying<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    const why = messageOf(cause);
    throw new Error(`${what}: ${why}`, { cause });
  }
}

const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause ? error.cause : error;

/** The pod does not use them after all; what is allocated stays so, for the next attempt. */
export async function releaseClaims({ claims, pod }: Reservation, ports: Ports): Promise<void> {
  const { client, signal } = ports;
  for (const { metadata, status } of claims.filter((claim) => isReservedFor(claim, pod.uid))) {
    if (!status.allocation) continue;
    const { namespace, name = "", uid } = metadata;
    const change = {
      metadata: { uid },
      status: { reservedFor: [{ $patch: "delete", uid: pod.uid }] },
    };
    const at = { namespace, name, subresource: "status" };
    await client.patch(ResourceClaim, at, { is: "strategic", change, signal });
  }
}
