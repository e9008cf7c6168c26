/**
 * What can run short on a node: a signal per entry, by the name that thresholds call it.
 * upstream: pkg/kubelet/eviction/helpers.go, api/types.go
 */
import type { DiskSpace } from "#base/disk.ts";
import { type Quantity, quantityOfUnits } from "#base/quantity.ts";
import type { Pressure } from "../node/pressures.ts";

/** As messages call what runs short. exact: kubelet */
export type Starved = "memory" | "ephemeral-storage" | "inodes" | "pids";

/** What was seen of the machine at one moment. What could not be seen is absent. */
export interface MachineRoom {
  readonly memory?: Room;
  /** Where the pods' volumes and logs lie. */
  readonly nodeFs?: DiskSpace;
  /** Where images and what containers write lie; the same as the node's when there is but one. */
  readonly imageFs?: DiskSpace;
  /** The two are not the same one. */
  readonly hasOwnImageFs: boolean;
  readonly processIds?: Room;
}

/** In bytes, or in pieces. */
export interface Room {
  readonly available: number;
  readonly capacity: number;
}

export interface Observed {
  readonly available: Quantity;
  readonly capacity: Quantity;
}

/** Where a pod's files count towards a file system. */
export type Whose = "nodeFs" | "imageFs";

export interface Signal {
  /** What the node says of itself. */
  readonly pressure: Pressure;
  readonly starved: Starved;
  /** The file system that is short of something. */
  readonly of?: Whose;
  readonly roomIn: (machine: MachineRoom) => Room | undefined;
}

const bytesOf = (fs: DiskSpace | undefined): Room | undefined =>
  fs && { available: fs.freeBytes, capacity: fs.totalBytes };

const inodesOf = (fs: DiskSpace | undefined): Room | undefined =>
  fs?.inodes && { available: fs.inodes.free, capacity: fs.inodes.total };

const diskSignal = (of: Whose): Signal => ({
  pressure: "DiskPressure",
  starved: "ephemeral-storage",
  of,
  roomIn: (machine) => bytesOf(machine[of]),
});

const inodeSignal = (of: Whose): Signal => ({
  pressure: "DiskPressure",
  starved: "inodes",
  of,
  roomIn: (machine) => inodesOf(machine[of]),
});

/** exact: kubelet */
export const signals = {
  "memory.available": {
    pressure: "MemoryPressure",
    starved: "memory",
    roomIn: ({ memory }) => memory,
  },
  "nodefs.available": diskSignal("nodeFs"),
  "nodefs.inodesFree": inodeSignal("nodeFs"),
  "imagefs.available": diskSignal("imageFs"),
  "imagefs.inodesFree": inodeSignal("imageFs"),
  "pid.available": {
    pressure: "PIDPressure",
    starved: "pids",
    roomIn: ({ processIds }) => processIds,
  },
} as const satisfies Readonly<Record<string, Signal>>;

export type SignalName = keyof typeof signals;

export const signalNames = Object.keys(signals) as readonly SignalName[];

export const signalOf = (name: SignalName): Signal => signals[name];

export type Observations = ReadonlyMap<SignalName, Observed>;

export function observationsOf(machine: MachineRoom): Observations {
  const found = new Map<SignalName, Observed>();
  for (const name of signalNames) {
    const { roomIn, starved } = signalOf(name);
    const room = roomIn(machine);
    const family = familyOf(starved);
    if (room)
      found.set(name, {
        available: quantityOfUnits(room.available, family),
        capacity: quantityOfUnits(room.capacity, family),
      });
  }
  return found;
}

/** Bytes are told in Mi and Gi, pieces in k and M. */
export const familyOf = (starved: Starved) =>
  starved === "memory" || starved === "ephemeral-storage" ? "binary" : "decimal";
