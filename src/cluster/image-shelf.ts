/** The images that were made on this machine: what they are made of, and their way to containerd. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { Ctr } from "./containerd.ts";
import { buildImage, type BuildOptions } from "./images/build.ts";
import { type Image, writeArchive } from "./images/image.ts";
import {
  addonImage,
  addonReference,
  nodeImage,
  nodeReference,
  nodeSeriesReference,
  pauseImage,
  pauseReference,
} from "./images/standard.ts";
import type { World } from "./world.ts";

export interface ImageShelf {
  /** Makes the images that k8ts needs unless containerd has them; resolves with the addons'. */
  readonly ensureStandard: (addonProgram: string) => Promise<string>;
  /** The manifest of an image that was made here. */
  readonly find: (reference: string) => Promise<Image | undefined>;
  /** Builds and imports. Unchanged files make the same image, which is not imported again. */
  readonly build: (options: Omit<BuildOptions, "layers" | "findBase">) => Promise<BuildOutcome>;
}

export type BuildOutcome =
  | { readonly reference: string; readonly isNew: boolean }
  | { readonly unsupported: string };

export function imageShelf(folder: string, { ctr, world }: { ctr: Ctr; world: World }): ImageShelf {
  const { disk, processes } = world;

  const recordOf = (reference: string): string =>
    `${folder}/${createHash("sha256").update(reference).digest("hex").slice(0, 32)}.json`;

  async function find(reference: string): Promise<Image | undefined> {
    const bytes = await disk.read(recordOf(reference));
    return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as Image) : undefined;
  }

  /** One archive for all; layers that containerd has already are left out of it. */
  async function add(images: readonly Image[]): Promise<void> {
    const archive = `${folder}/import-${process.pid}.tar`;
    try {
      await writeArchive(archive, images);
      await ctr.importArchive(archive);
    } finally {
      await disk.remove(archive);
    }
    for (const image of images) {
      const layers = image.layers.map(({ digest, bytes }) => ({ digest, bytes }));
      await disk.write(recordOf(image.reference), JSON.stringify({ ...image, layers }));
    }
    for (const { file } of images.flatMap(({ layers }) => layers))
      if (file) await disk.remove(file);
  }

  return {
    find,

    async ensureStandard(addonProgram) {
      const program = await readFile(addonProgram);
      const addon = addonReference(program);
      const present = new Set(await ctr.images());
      const isThere = async (reference: string): Promise<boolean> =>
        present.has(reference) && (await find(reference)) !== undefined;
      const names = [pauseReference, nodeReference, nodeSeriesReference];
      const isBaseThere = (await Promise.all(names.map(isThere))).every(Boolean);
      if (isBaseThere && (await isThere(addon))) return addon;
      await disk.makeFolder(folder, 0o700);
      const known = isBaseThere ? await find(nodeReference) : undefined;
      const base = known ?? (await nodeImage(folder, processes));
      const series = { ...base, reference: nodeSeriesReference };
      const missing = known ? [] : [await pauseImage(folder), base, series];
      await add([...missing, await addonImage(folder, base, program)]);
      return addon;
    },

    async build(options) {
      await disk.makeFolder(folder, 0o700);
      const built = await buildImage({
        ...options,
        layers: folder,
        findBase: (name) => baseOf(name),
      });
      if (!built.image) return { unsupported: built.unsupported };
      const { image } = built;
      const before = await find(image.reference);
      const present = new Set(await ctr.images());
      const isSame = before !== undefined && contentOf(before) === contentOf(image);
      if (isSame && present.has(image.reference)) {
        for (const { file } of image.layers)
          if (file && (await exists(file))) await disk.remove(file);
        return { reference: image.reference, isNew: false };
      }
      await add([image]);
      return { reference: image.reference, isNew: true };
    },
  };

  /** `k8ts.local/node` without a tag is the Node that k8ts itself runs on. */
  function baseOf(reference: string): Promise<Image | undefined> {
    return find(reference === "k8ts.local/node:latest" ? nodeReference : reference);
  }
}

const contentOf = ({ config, layers }: Image): string =>
  JSON.stringify([config, layers.map(({ digest }) => digest)]);

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cause;
  }
}
