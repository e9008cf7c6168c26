/**
 * Makes room when the disk fills up: images that nothing uses go, those longest unused first.
 * upstream: pkg/kubelet/images/image_gc_manager.go
 */
import { parseImageName } from "#api/core/image-name.ts";
import { type Clock, minutes } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { Log } from "#base/log.ts";
import { repeat } from "../periodic.ts";
import type { Pods } from "../pods.ts";
import type { ContainerRuntime, Image } from "../runtime.ts";

interface CollectorOptions {
  readonly runtime: ContainerRuntime;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly pods: Pick<Pods, "workers">;
}

const periodMs = minutes(5);
/** Collecting starts above the one and ends below the other. */
const usedShareHigh = 0.85;
const usedShareLow = 0.8;
/** An image that just came may not be in use yet. */
const ageMsMin = minutes(2);

export class ImageCollector {
  readonly #options: CollectorOptions;
  /** When each image was first seen, and last seen in use. */
  readonly #seen = new Map<string, Sighting>();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const chore = { name: "image collection", periodMs, clock, log, perform: () => this.collect() };
    return repeat(chore, signal);
  }

  /** Looks at what is used; removes images when there is need. */
  async collect(): Promise<void> {
    const { runtime, disk, clock, log } = this.#options;
    const images = await runtime.listImages();
    const nowMs = clock.now();
    this.#note(images, nowMs);
    const [fileSystem] = await runtime.imageFileSystems();
    if (!fileSystem) return;
    const { totalBytes, freeBytes } = await disk.space(fileSystem.mountpoint);
    const usedShare = 1 - freeBytes / totalBytes;
    if (usedShare < usedShareHigh) return;
    const wantedBytes = (usedShare - usedShareLow) * totalBytes;
    for (const { id } of victims(images, { seen: this.#seen, nowMs, wantedBytes })) {
      log.info("removing unused image", { image: id, usedShare });
      try {
        await runtime.removeImage(id);
        this.#seen.delete(id);
      } catch (error) {
        // The others still make room.
        log.warn("image cannot be removed", { image: id, cause: String(error) });
      }
    }
  }

  #note(images: readonly Image[], nowMs: number): void {
    const used = this.#usedImages();
    const present = new Set(images.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id);
    for (const image of images) {
      const { id, repoTags, repoDigests } = image;
      const isUsed = [id, ...repoTags, ...repoDigests].some((name) => used.has(name));
      const before = this.#seen.get(id) ?? { firstMs: nowMs, usedMs: 0 };
      this.#seen.set(id, isUsed ? { ...before, usedMs: nowMs } : before);
    }
  }

  #usedImages(): ReadonlySet<string> {
    const used = new Set<string>();
    for (const { state } of this.#options.pods.workers) {
      for (const { image, imageRef } of state.runtime?.containers ?? [])
        used.add(image).add(imageRef);
      for (const { image } of state.pod?.spec.volumes ?? [])
        if (image) used.add(fullName(image.reference ?? ""));
    }
    return used;
  }
}

/** As the runtime calls it: with registry, and tag or digest. */
function fullName(reference: string): string {
  const { repository = reference, tag = "", digest = "" } = parseImageName(reference) ?? {};
  return digest === "" ? `${repository}:${tag}` : `${repository}@${digest}`;
}

interface Sighting {
  readonly firstMs: number;
  readonly usedMs: number;
}

interface Need {
  readonly seen: ReadonlyMap<string, Sighting>;
  readonly nowMs: number;
  readonly wantedBytes: number;
}

/** Longest unused first, until there is room enough. */
export function victims(images: readonly Image[], { seen, nowMs, wantedBytes }: Need) {
  const idle = images
    .filter(({ isPinned }) => !isPinned)
    .map((image) => ({ image, seen: seen.get(image.id) ?? { firstMs: nowMs, usedMs: 0 } }))
    .filter((candidate) => candidate.seen.usedMs < nowMs)
    .filter((candidate) => nowMs - candidate.seen.firstMs >= ageMsMin)
    .sort((a, b) => a.seen.usedMs - b.seen.usedMs || a.seen.firstMs - b.seen.firstMs);
  const chosen: Image[] = [];
  let bytes = 0;
  for (const { image } of idle) {
    if (bytes >= wantedBytes) break;
    chosen.push(image);
    bytes += image.sizeBytes;
  }
  return chosen;
}
