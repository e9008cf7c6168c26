/** Which images the nodes have. upstream: pkg/scheduler/backend/cache/cache.go#addNodeImageStates */
import type { ContainerImage } from "#api/core/node.ts";

export interface ImageState {
  readonly sizeBytes: number;
  /** The numbers of the nodes that have it. */
  readonly nodes: ReadonlySet<number>;
}

interface State extends ImageState {
  readonly nodes: Set<number>;
}

export class Images {
  readonly #states = new Map<string, State>();
  readonly #ofNodes = new Map<number, readonly string[]>();
  #version = 0;

  /** Grows when some node gets or loses an image. */
  get version(): number {
    return this.#version;
  }

  find(name: string): ImageState | undefined {
    return this.#states.get(name);
  }

  set(node: number, images: readonly ContainerImage[] = []): void {
    const before = this.#ofNodes.get(node) ?? [];
    const after = images.flatMap(({ names }) => names);
    if (before.length === after.length && before.every((name, i) => name === after[i])) return;
    this.#version++;
    for (const name of before) this.#drop(name, node);
    for (const { names, sizeBytes = 0 } of images) {
      for (const name of names) this.#add(name, sizeBytes, node);
    }
    if (after.length > 0) this.#ofNodes.set(node, after);
    else this.#ofNodes.delete(node);
  }

  #add(name: string, sizeBytes: number, node: number): void {
    const known = this.#states.get(name);
    if (known) known.nodes.add(node);
    else this.#states.set(name, { sizeBytes, nodes: new Set([node]) });
  }

  #drop(name: string, node: number): void {
    const state = this.#states.get(name);
    state?.nodes.delete(node);
    if (state?.nodes.size === 0) this.#states.delete(name);
  }
}
