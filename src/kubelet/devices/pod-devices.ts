/**
 * The devices that pods' claims got: prepared by their drivers before the first container runs,
 * given back when the last pod that uses the claim has ended.
 * upstream: pkg/kubelet/cm/dra/manager.go
 */
import type { Container } from "#api/core/container.ts";
import type { PodResourceClaim } from "#api/core/pod-spec.ts";
import type { Pod } from "#api/core/pod.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { messageOf } from "#base/failure.ts";
import { Lanes } from "#base/lanes.ts";
import type { ObjectCache } from "../objects.ts";
import type { ClaimRecord, ClaimRecords } from "./claim-records.ts";
import type { DeviceDriver, FindDriver } from "./device-driver.ts";

interface Options {
  readonly objects: Pick<ObjectCache, "get">;
  readonly records: ClaimRecords;
  readonly findDriver: FindDriver;
}

type Drivers = ReadonlyMap<string, DeviceDriver>;

export class PodDevices {
  readonly #options: Options;
  /** A claim is worked on by one at a time. */
  readonly #lanes = new Lanes();

  constructor(options: Options) {
    this.#options = options;
  }

  /** All or nothing is said: who fails is called again. Throws in words that users know. */
  async prepare(pod: Pod): Promise<void> {
    if (!pod.spec.resourceClaims?.length) return;
    // exact: kubelet
    const failed = (error: unknown): Error =>
      new Error(`prepare dynamic resources: ${messageOf(error)}`);
    try {
      const claims = await this.#claimsOf(pod);
      // First everything is looked at: what cannot work changes nothing.
      const found = claims.map((claim) => ({ claim, drivers: this.#driversOf(claim) }));
      for (const { claim, drivers } of found) {
        const { uid = "" } = claim.metadata;
        using _lane = await this.#lanes.enter(uid);
        await this.#prepareClaim(pod, claim, drivers);
      }
    } catch (error) {
      throw failed(error);
    }
  }

  /** Of a pod that has ended, or that nobody knows any more. */
  async unprepare(podUid: string): Promise<void> {
    const { records } = this.#options;
    for (const { uid, pods } of await records.all()) {
      if (!pods.includes(podUid)) continue;
      using _lane = await this.#lanes.enter(uid);
      await this.#leave(uid, podUid);
    }
  }

  /** For pods that are gone: somebody forgot to. */
  async unprepareAllBut(isKnown: (podUid: string) => boolean): Promise<void> {
    const { records } = this.#options;
    const pods = new Set((await records.all()).flatMap((record) => record.pods));
    for (const uid of pods) if (!isKnown(uid)) await this.unprepare(uid);
  }

  /** Names of the devices (CDI) that the container is to have. */
  async devicesOf(pod: Pod, { resources }: Container): Promise<readonly string[]> {
    const ids = new Set<string>();
    for (const { name, request = "" } of resources?.claims ?? []) {
      const entry = pod.spec.resourceClaims?.find((one) => one.name === name);
      const claimName = entry && nameOf(pod, entry);
      if (!claimName) continue;
      const record = await this.#options.records.find(pod.metadata.namespace ?? "", claimName);
      // exact: kubelet
      if (!record)
        throw new Error(
          `internal error: unable to get claim info for ResourceClaim ${claimName} in namespace ${pod.metadata.namespace}`,
        );
      for (const id of devicesIn(record, request)) ids.add(id);
    }
    return [...ids];
  }

  async #claimsOf(pod: Pod): Promise<readonly ResourceClaim[]> {
    const { namespace = "", uid = "", name } = pod.metadata;
    const claims: ResourceClaim[] = [];
    for (const entry of pod.spec.resourceClaims ?? []) {
      const claimName = nameOf(pod, entry);
      if (claimName === null) continue;
      const claim = await this.#options.objects.get(ResourceClaim, { namespace, name: claimName });
      // exact: kubelet
      if (!claim)
        throw new Error(
          `fetch ResourceClaim ${claimName}: resourceclaims.resource.k8s.io ${JSON.stringify(claimName)} not found`,
        );
      const users = claim.status.reservedFor ?? [];
      if (!users.some((user) => user.uid === uid))
        throw new Error(
          `pod ${name} (${uid}) is not allowed to use ResourceClaim ${claimName} (${claim.metadata.uid})`,
        );
      claims.push(claim);
    }
    return claims;
  }

  #driversOf(claim: ResourceClaim): Drivers {
    const { allocation } = claim.status;
    // exact: kubelet
    if (!allocation) throw new Error(`ResourceClaim ${claim.metadata.name}: not allocated`);
    const names = new Set((allocation.devices?.results ?? []).map(({ driver }) => driver));
    return new Map(
      [...names].map((name) => {
        const driver = this.#options.findDriver(name);
        if (!driver) throw new Error(`DRA driver ${name} is not registered`);
        return [name, driver];
      }),
    );
  }

  async #prepareClaim(pod: Pod, claim: ResourceClaim, drivers: Drivers): Promise<void> {
    const { records } = this.#options;
    const { namespace = "", name = "", uid = "" } = claim.metadata;
    const before = await records.find(namespace, name);
    // exact: kubelet
    if (before && before.uid !== uid)
      throw new Error(
        `old ResourceClaim with same name ${name} and different UID ${before.uid} still exists (previous pod force-deleted?!)`,
      );
    const pods = new Set(before?.pods).add(pod.metadata.uid ?? "");
    const blank = Object.fromEntries([...drivers.keys()].map((driver) => [driver, []]));
    const record: ClaimRecord = {
      drivers: blank,
      isPrepared: false,
      ...before,
      namespace,
      name,
      uid,
      pods: [...pods],
    };
    // Noted before it is done: whoever is interrupted knows what to undo.
    await records.put(record);
    if (record.isPrepared) return;
    const prepared: Record<string, ClaimRecord["drivers"][string]> = {};
    for (const [driver, { prepare }] of drivers)
      prepared[driver] = await prepare({ namespace, name, uid });
    await records.put({ ...record, drivers: prepared, isPrepared: true });
  }

  /** The last one out gives the devices back. */
  async #leave(uid: string, podUid: string): Promise<void> {
    const { records, findDriver } = this.#options;
    const record = (await records.all()).find((one) => one.uid === uid);
    if (!record) return;
    const pods = record.pods.filter((other) => other !== podUid);
    if (pods.length > 0) return records.put({ ...record, pods });
    for (const name of Object.keys(record.drivers)) {
      const driver = findDriver(name);
      // exact: kubelet
      if (!driver)
        throw new Error(`unprepare dynamic resources: DRA driver ${name} is not registered`);
      await driver.unprepare({ namespace: record.namespace, name: record.name, uid });
    }
    await records.remove(uid);
  }
}

/** Null when the pod goes without. Throws while the claim is yet to be made. */
function nameOf({ metadata, status }: Pod, entry: PodResourceClaim): string | null {
  if (entry.resourceClaimName) return entry.resourceClaimName;
  const told = status.resourceClaimStatuses?.find(({ name }) => name === entry.name);
  // exact: kubelet
  if (!told)
    throw new Error(`pod "${metadata.namespace}/${metadata.name}": ResourceClaim not created yet`);
  return told.resourceClaimName ?? null;
}

/** A request stands for whichever of its alternatives was met. */
const devicesIn = ({ drivers }: ClaimRecord, request: string): readonly string[] =>
  Object.values(drivers)
    .flat()
    .filter(
      ({ requestNames }) =>
        request === "" ||
        requestNames.length === 0 ||
        requestNames.some((name) => name === request || name.split("/")[0] === request),
    )
    .flatMap(({ cdiDeviceIds }) => cdiDeviceIds);
