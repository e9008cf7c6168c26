/**
 * Makes room when the disk fills up: images that nothing uses go, those longest unused first.
 * upstream: pkg/kubelet/images/image_gc_manager.go
 */
import { parseImageName } from "#api/core/image-name.ts";
import { type Clock, minutes } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import { messageOf } from "#base/failure.ts";
import type { Log } from "#base/log.ts";
import type { EventRecorder } from "#client/events.ts";
import { nodeSubject } from "../node/subject.ts";
import { repeat } from "../periodic.ts";
import type { Pods } from "../pods.ts";
import type { ContainerRuntime, Image } from "../runtime.ts";

/** In percent of the file system: collecting starts at the one and ends at the other. */
export interface ImageCollection {
  readonly highPercent: number;
  readonly lowPercent: number;
}

export const defaultCollection: ImageCollection = { highPercent: 85, lowPercent: 80 };

interface CollectorOptions {
  readonly runtime: Pick<ContainerRuntime, "listImages" | "imageFileSystems" | "removeImage">;
  readonly disk: Pick<Disk, "space">;
  readonly clock: Clock;
  readonly log: Log;
  readonly pods: Pick<Pods, "workers">;
  readonly nodeName: string;
  readonly recorder: Pick<EventRecorder, "record">;
  readonly limits?: ImageCollection | undefined;
}

const periodMs = minutes(5);
/** An image that just came may not be in use yet. */
const ageMsMin = minutes(2);

export class ImageCollector {
  readonly #options: CollectorOptions;
  /** When each image was first seen, and last seen in use. */
  readonly #seen = new Map<string, Sighting>();
  #hasFailed = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const perform = (): Promise<void> => this.#attempt();
    return repeat({ name: "image collection", periodMs, clock, log, perform }, signal);
  }

  /** A failure is told when it is not the first one in a row. */
  async #attempt(): Promise<void> {
    try {
      await this.collect();
      this.#hasFailed = false;
    } catch (error) {
      if (this.#hasFailed) this.#warn("ImageGCFailed", messageOf(error)); // exact: kubelet
      this.#hasFailed = true;
      throw error;
    }
  }

  #warn(reason: string, message: string): void {
    const { recorder, nodeName } = this.#options;
    recorder.record(nodeSubject(nodeName), { type: "Warning", reason, message });
  }

  /** Looks at what is used; removes images when there is need. Fails when that does not do. */
  async collect(): Promise<void> {
    const { runtime, disk, limits = defaultCollection } = this.#options;
    const images = await this.#look();
    const [fileSystem] = await runtime.imageFileSystems();
    if (!fileSystem) return;
    const { totalBytes, freeBytes } = await disk.space(fileSystem.mountpoint);
    if (totalBytes === 0) throw this.#failure("InvalidDiskCapacity", noCapacity);
    const usedPercent = 100 - Math.trunc((Math.min(freeBytes, totalBytes) * 100) / totalBytes);
    if (usedPercent < limits.highPercent) return;
    const wantedBytes = Math.trunc((totalBytes * (100 - limits.lowPercent)) / 100) - freeBytes;
    const freedBytes = await this.#free(images, wantedBytes);
    if (freedBytes < wantedBytes)
      throw this.#failure(
        "FreeDiskSpaceFailed",
        fullMessage({ usedPercent, totalBytes, freedBytes }),
      );
  }

  /** Everything that nothing uses, however much room there is. */
  async removeUnused(): Promise<void> {
    await this.#free(await this.#look(), Infinity);
  }

  #failure(reason: string, message: string): Error {
    this.#warn(reason, message);
    return new Error(message);
  }

  async #look(): Promise<readonly Image[]> {
    const { runtime, clock } = this.#options;
    const images = await runtime.listImages();
    this.#note(images, clock.now());
    return images;
  }

  /** How many bytes became free. Those that cannot be removed are told when the others are gone. */
  async #free(images: readonly Image[], wantedBytes: number): Promise<number> {
    const { runtime, clock, log } = this.#options;
    const problems: string[] = [];
    let freedBytes = 0;
    const need = { seen: this.#seen, nowMs: clock.now(), wantedBytes };
    for (const { id, sizeBytes } of victims(images, need)) {
      log.info("removing unused image", { image: id, sizeBytes });
      try {
        await runtime.removeImage(id);
        this.#seen.delete(id);
        freedBytes += sizeBytes;
      } catch (error) {
        problems.push(messageOf(error));
      }
    }
    if (problems.length === 0) return freedBytes;
    const why = problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`;
    // exact: kubelet
    throw new Error(
      `wanted to free ${wantedBytes} bytes, but freed ${freedBytes} bytes space with errors in image deletion: ${why}`,
    );
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

/** exact: kubelet */
const noCapacity = "invalid capacity 0 on image filesystem";

interface Fullness {
  readonly usedPercent: number;
  readonly totalBytes: number;
  readonly freedBytes: number;
}

/** exact: kubelet */
const fullMessage = ({ usedPercent, totalBytes, freedBytes }: Fullness): string =>
  `Insufficient free disk space on the node's image filesystem (${usedPercent}% of ${sizeText(totalBytes)} used). ` +
  `Failed to free sufficient space by deleting unused images (freed ${freedBytes} bytes). ` +
  "Investigate disk usage, as it could be used by active images, logs, volumes, or other data.";

const sizeUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `251.9 GiB` */
function sizeText(bytes: number): string {
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), sizeUnits.length - 1);
  return `${(bytes / 1_024 ** step).toFixed(1)} ${sizeUnits[step]}`;
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
