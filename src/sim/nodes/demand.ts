/** What the containers of a simulated node take of it beside processors, and what that leaves. Pure. */
import type { MachineRoom } from "#kubelet/eviction/signals.ts";
import { ageMs, type Instance, writtenBytes } from "./instance.ts";
import { diskBytesOf, memoryBytesOf, type NodeOptions, processesMaxOf } from "./machine.ts";
import { courseAt, idle } from "./usage.ts";

export interface Demand {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly processes: number;
}

/** With what the node itself takes. */
export function demandOf(instances: Iterable<Instance>, atMs: number): Demand {
  let { memoryBytes, processes } = idle;
  let diskBytes = 0;
  for (const instance of instances) {
    diskBytes += writtenBytes(instance, atMs);
    const age = ageMs(instance, atMs);
    if (age === undefined) continue;
    memoryBytes += courseAt(instance.usage.memory, age);
    processes += courseAt(instance.usage.processes, age);
  }
  return { memoryBytes, diskBytes, processes };
}

export function roomBeside(demand: Demand, options: NodeOptions): MachineRoom {
  const [memory, disk, processes] = [
    memoryBytesOf(options),
    diskBytesOf(options),
    processesMaxOf(options),
  ];
  const nodeFs = { totalBytes: disk, freeBytes: Math.max(disk - demand.diskBytes, 0) };
  return {
    memory: { available: Math.max(memory - demand.memoryBytes, 0), capacity: memory },
    nodeFs,
    imageFs: nodeFs,
    hasOwnImageFs: false,
    processIds: { available: processes - demand.processes, capacity: processes },
  };
}
