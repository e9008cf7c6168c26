/**
 * What pods that were resized were given, and what their containers have of it: kept in a file
 * beside each pod's volumes, so that a kubelet that was restarted goes on where it was.
 * upstream: pkg/kubelet/allocation/state
 * differs: upstream keeps all pods in allocated_pods_state and actuated_pods_state; here containers
 * carry what they were made with, and only what changed since is kept, pod by pod.
 */
import type { ResourceRequirements } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Disk } from "#base/disk.ts";
import { Lanes } from "#base/lanes.ts";
import type { Log } from "#base/log.ts";
import { allocationRecordPath, type Folders, podFolder } from "./paths.ts";
import { type Allocation, allocationOf } from "./pod/allocation.ts";

export interface AllocationRecord {
  readonly allocation: Allocation;
  /** The pod's group and all containers have it. */
  readonly isSet: boolean;
  /** Containers that have something else than what they were made with, by id. */
  readonly resized: { readonly [id: string]: ResourceRequirements };
}

interface Options {
  readonly disk: Pick<Disk, "read" | "write" | "makeFolder">;
  readonly folders: Folders;
  readonly log: Log;
}

export class Allocations {
  readonly #options: Options;
  readonly #byUid = new Map<string, AllocationRecord>();
  readonly #lanes = new Lanes();

  constructor(options: Options) {
    this.#options = options;
  }

  /** What an earlier kubelet has left of these pods. */
  async load(uids: readonly string[]): Promise<void> {
    await Promise.all(uids.map((uid) => this.#load(uid)));
  }

  find(uid: string): AllocationRecord | undefined {
    return this.#byUid.get(uid);
  }

  /** Counts at once; resolves when it is on disk. */
  grant(pod: Pod): Promise<void> {
    const { uid = "" } = pod.metadata;
    const { resized = {} } = this.#byUid.get(uid) ?? {};
    return this.#put(uid, { allocation: allocationOf(pod), isSet: false, resized });
  }

  /** These containers, and the pod's group, have got what the pod was given. */
  async settle(
    uid: string,
    given: Allocation,
    containers: readonly { readonly name: string; readonly id: string }[],
  ): Promise<void> {
    const { allocation = given, resized = {} } = this.#byUid.get(uid) ?? {};
    const added = containers.map(({ name, id }) => [id, given.containers[name] ?? {}] as const);
    await this.#put(uid, {
      allocation,
      isSet: allocation === given,
      resized: { ...resized, ...Object.fromEntries(added) },
    });
  }

  /** Its file goes with the pod's folder. */
  forget(uid: string): void {
    this.#byUid.delete(uid);
  }

  async #load(uid: string): Promise<void> {
    const { disk, folders, log } = this.#options;
    const path = allocationRecordPath(folders, uid);
    const bytes = await disk.read(path);
    if (!bytes) return;
    try {
      this.#byUid.set(uid, recordIn(new TextDecoder().decode(bytes)));
    } catch (cause) {
      // What the containers were made with is known beside it: at worst they are resized again.
      log.warn("what a pod was given cannot be read", { path, cause: String(cause) });
    }
  }

  /** A later state is never overtaken by an earlier one. */
  async #put(uid: string, record: AllocationRecord): Promise<void> {
    const { disk, folders } = this.#options;
    this.#byUid.set(uid, record);
    using _lane = await this.#lanes.enter(uid);
    const newest = this.#byUid.get(uid);
    if (!newest) return;
    await disk.makeFolder(podFolder(folders, uid), 0o750);
    await disk.write(allocationRecordPath(folders, uid), `${JSON.stringify(newest)}\n`, 0o600);
  }
}

function recordIn(text: string): AllocationRecord {
  const found = JSON.parse(text) as Partial<AllocationRecord>;
  const { allocation, isSet, resized } = found;
  if (typeof allocation?.containers !== "object" || typeof resized !== "object")
    throw new Error("it is no record of an allocation");
  return { allocation, isSet: isSet === true, resized };
}
