/**
 * What is not written any more is kept small. Much is overwritten or deleted soon after it was written, and is read by
 * watchers meanwhile: so values stay whole for the time it takes to write `wholeBytesMax` of others.
 */
import { differenceBytesMax } from "./difference.ts";
import type { HeldEntry } from "./entry.ts";

/** Of values that are still whole. */
const wholeBytesMax = 4 * 2 ** 20;
/** Nothing is told by steps of more than this share of its size: it had better be a model itself. */
const worthwhileShare = 0.25;
/**
 * Looking through all models for the best one costs more than all else that a write does. So the first that will do is
 * taken; but of so many values one has to be told well, or becomes a model, which those like it will find.
 */
const wellToldEvery = 16;
const wellToldShare = 0.1;
/** For each kind of thing. */
const modelsMax = 6;
const foldersMax = 64;

export class Shrinking {
  /** In the order in which they were written; those before `#first` are done. */
  #waiting: (HeldEntry | undefined)[] = [];
  #first = 0;
  #wholeBytes = 0;
  #shrunk = 0;
  /** By the first parts of their keys, the latest last; the models that helped last come first. */
  readonly #models = new Map<string, Buffer[]>();

  /** From now on the entry may be kept small. */
  add(entry: HeldEntry): void {
    this.#waiting.push(entry);
    this.#wholeBytes += entry.size;
    while (this.#wholeBytes > wholeBytesMax) this.#shrinkNext();
  }

  #shrinkNext(): void {
    const entry = this.#waiting[this.#first] as HeldEntry;
    this.#waiting[this.#first++] = undefined;
    this.#wholeBytes -= entry.size;
    if (this.#first > this.#waiting.length / 2) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    this.#shrink(entry);
  }

  #shrink(entry: HeldEntry): void {
    const folder = folderOf(entry.key);
    const models = this.#models.get(folder) ?? [];
    const isToBeToldWell = this.#shrunk++ % wellToldEvery === 0;
    const model = entry.shrink(models, isToBeToldWell ? wellToldShare : worthwhileShare);
    if (!model || model === models[0] || model.length > differenceBytesMax) return;
    const place = models.indexOf(model);
    if (place > 0) models.splice(place, 1);
    models.unshift(model);
    if (models.length > modelsMax) models.pop();
    this.#models.delete(folder);
    this.#models.set(folder, models);
    if (this.#models.size <= foldersMax) return;
    const [oldest = ""] = this.#models.keys();
    this.#models.delete(oldest);
  }
}

/** Up to the third slash: `/registry/pods/`. */
function folderOf(key: string): string {
  const second = key.indexOf("/", 1);
  return key.slice(0, key.indexOf("/", second + 1) + 1);
}
