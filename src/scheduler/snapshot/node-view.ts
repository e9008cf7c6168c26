import type { Node } from "#api/core/node.ts";
import { HostPorts } from "./host-ports.ts";
import type { PodInfo } from "./pod-info.ts";
import type { ResourceTable } from "./resources.ts";

/** A node as plugins see it: the object, the pods on it, and what they leave of it. */
export class NodeView {
  /** Its place in all arrays by node. Goes to another node when this one is gone. */
  readonly index: number;
  readonly name: string;
  /** All resources of all nodes; this one's stand at `index`. */
  readonly resources: ResourceTable;
  /** Including those that are on their way to it. */
  readonly pods = new Set<PodInfo>();
  readonly hostPorts = new HostPorts();
  #node: Node | undefined;

  constructor(name: string, index: number, resources: ResourceTable) {
    this.name = name;
    this.index = index;
    this.resources = resources;
  }

  /** Its newest state. */
  get node(): Node {
    if (!this.#node) throw new TypeError(`node ${this.name} is only known from its pods`);
    return this.#node;
  }

  /** False for a node that is gone, or not seen yet, while there are pods on it. */
  get isPresent(): boolean {
    return this.#node !== undefined;
  }

  /** For the snapshot only. */
  become(node: Node | undefined): void {
    this.#node = node;
  }

  get labels(): { readonly [key: string]: string } {
    return this.#node?.metadata.labels ?? {};
  }

  /** In thousandths of a core, bytes or pieces. */
  allocatable(resource: string): number {
    return this.resources.allocatable(this.resources.names.idOf(resource))[this.index] ?? 0;
  }

  /** What its pods ask for. */
  requested(resource: string): number {
    return this.resources.requested(this.resources.names.idOf(resource))[this.index] ?? 0;
  }

  free(resource: string): number {
    return this.allocatable(resource) - this.requested(resource);
  }
}
