/** Builds an image from a folder with a Dockerfile, on top of an image that was built here. */
import { readFile, stat } from "node:fs/promises";
import { basename, join, posix, relative, resolve } from "node:path";
import { DockerfileError, parseDockerfile, type Copy, type Recipe } from "./dockerfile.ts";
import type { Image } from "./image.ts";
import { entriesOfFolder, type LayerEntry, writeLayer } from "./layer.ts";
import { normalizedReference } from "./reference.ts";

export interface BuildOptions {
  /** The folder with the Dockerfile and what it copies. */
  readonly context: string;
  readonly dockerfile: string;
  readonly reference: string;
  readonly args: Readonly<Record<string, string>>;
  /** Where layers are written. */
  readonly layers: string;
  /** An image that FROM may name. */
  readonly findBase: (reference: string) => Promise<Image | undefined>;
}

/** Undefined when the Dockerfile needs a real builder; then `unsupported` says why. */
export type BuildResult =
  | { readonly image: Image }
  | { readonly image: undefined; readonly unsupported: string };

export async function buildImage(options: BuildOptions): Promise<BuildResult> {
  try {
    return await build(options);
  } catch (cause) {
    if (!(cause instanceof DockerfileError)) throw cause;
    throw new Error(`${options.dockerfile}:${cause.line}: ${cause.message}`, { cause });
  }
}

async function build(options: BuildOptions): Promise<BuildResult> {
  const recipe = parseDockerfile(await readFile(options.dockerfile, "utf8"), options.args);
  const [first] = recipe.unsupported;
  if (first) return { image: undefined, unsupported: `line ${first.line}: ${first.instruction}` };
  const base = await options.findBase(normalizedReference(recipe.from));
  if (!base) return { image: undefined, unsupported: `FROM ${recipe.from}` };
  return { image: await assemble(options, recipe, base) };
}

async function assemble(options: BuildOptions, recipe: Recipe, base: Image): Promise<Image> {
  const copied = await Promise.all(recipe.copies.map((copy) => copiedEntries(options, copy)));
  const entries = copied.flat();
  const layer = entries.length > 0 ? [await writeLayer(options.layers, entries)] : [];
  return {
    ...base,
    reference: normalizedReference(options.reference),
    config: recipe.config(base.config),
    layers: [...base.layers, ...layer],
  };
}

async function copiedEntries(
  { context }: BuildOptions,
  { sources, target, line }: Copy,
): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  for (const source of sources) {
    const from = resolve(context, source.replace(/^\/+/, ""));
    if (relative(context, from).startsWith(".."))
      throw new DockerfileError(line, `COPY ${source}: outside of the build context`);
    const facts = await stat(from).catch((cause: unknown) => {
      throw new DockerfileError(line, `COPY ${source}: no such file in ${context}`, { cause });
    });
    entries.push(...(await entriesOf(from, target, facts.isDirectory())));
  }
  return entries;
}

/** A folder's content lands in the target; a file in the target folder, or as the target. */
async function entriesOf(from: string, target: string, isFolder: boolean): Promise<LayerEntry[]> {
  const folder = target.replace(/(?!^)\/$/, "");
  if (isFolder) return entriesOfFolder(from, folder);
  const path = target.endsWith("/") ? posix.join(folder, basename(from)) : target;
  return [{ path, from }];
}

export const dockerfileOf = (context: string, given: string | undefined): string =>
  given ?? join(context, "Dockerfile");
