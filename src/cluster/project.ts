/**
 * A folder (or file) that `up -f` brings to life: images to build, secrets to make, manifests to
 * apply. `k8ts.yaml` in the folder names the first two; every other YAML or JSON file is a manifest.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseYaml, parseYamlDocuments } from "#base/yaml.ts";

export interface Project {
  readonly images: readonly ImageRecipe[];
  readonly secrets: readonly SecretRecipe[];
  readonly manifests: readonly Manifest[];
}

export interface ImageRecipe {
  /** The reference: `team/web:1.0.0`. */
  readonly name: string;
  readonly folder: string;
  readonly file: string;
  readonly args: Readonly<Record<string, string>>;
}

/** A secret made on the machine unless it exists: nobody should find it in a repository. */
export interface SecretRecipe {
  readonly name: string;
  readonly namespace: string;
  /** Keys with so many random bytes each. */
  readonly random?: Readonly<Record<string, number>>;
  /** A self-signed certificate for these names. */
  readonly certificate?: {
    readonly names: readonly string[];
    readonly files: { readonly certificate: string; readonly key: string };
  };
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

const recipeFile = "k8ts.yaml";

export async function readProject(path: string): Promise<Project> {
  const facts = await stat(path).catch((cause: unknown) => {
    // exact: kubectl
    throw new Error(`the path "${path}" does not exist`, { cause });
  });
  if (!facts.isDirectory()) return { images: [], secrets: [], manifests: await manifestsIn(path) };
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name)).toSorted();
  const files = names.filter((name) => name !== recipeFile);
  const manifests = await Promise.all(files.map((name) => manifestsIn(join(path, name))));
  const recipes = names.includes(recipeFile) ? await recipesIn(path) : { images: [], secrets: [] };
  return { ...recipes, manifests: manifests.flat() };
}

async function manifestsIn(file: string): Promise<Manifest[]> {
  const documents = parseYamlDocuments(await readFile(file, "utf8")) as Partial<Manifest>[];
  return documents.map((document, at) => {
    if (!document.apiVersion || !document.kind)
      throw new Error(`${file}: document ${at + 1}: apiVersion and kind must be set`);
    return document as Manifest;
  });
}

async function recipesIn(folder: string): Promise<Pick<Project, "images" | "secrets">> {
  const file = join(folder, recipeFile);
  const value = (parseYaml(await readFile(file, "utf8")) ?? {}) as Record<string, unknown>;
  const unknown = Object.keys(value).find((key) => !["images", "secrets"].includes(key));
  if (unknown !== undefined)
    throw new Error(`${file}: unknown key "${unknown}"; valid keys are images and secrets`);
  return {
    images: listAt(value, "images", file).map((entry, at) =>
      imageRecipe(entry, folder, `${file}: images[${at}]`),
    ),
    secrets: listAt(value, "secrets", file).map((entry, at) =>
      secretRecipe(entry, `${file}: secrets[${at}]`),
    ),
  };
}

type Entry = Readonly<Record<string, unknown>>;

function listAt(value: Entry, key: string, file: string): readonly Entry[] {
  const list = value[key] ?? [];
  if (!Array.isArray(list)) throw new Error(`${file}: ${key} must be a list`);
  return list as readonly Entry[];
}

function textAt(entry: Entry, key: string, at: string): string {
  const value = entry[key];
  if (typeof value !== "string" || value === "") throw new Error(`${at}.${key}: a text is needed`);
  return value;
}

function imageRecipe(entry: Entry, base: string, at: string): ImageRecipe {
  const folder = resolve(base, textAt(entry, "folder", at));
  const file =
    entry["file"] === undefined
      ? join(folder, "Dockerfile")
      : resolve(base, textAt(entry, "file", at));
  const args = Object.entries((entry["args"] ?? {}) as Entry);
  return {
    name: textAt(entry, "name", at),
    folder,
    file,
    args: Object.fromEntries(args.map(([name, value]) => [name, String(value)])),
  };
}

function secretRecipe(entry: Entry, at: string): SecretRecipe {
  const { random, certificate } = entry as Partial<SecretRecipe>;
  if (!random && !certificate) throw new Error(`${at}: needs random or certificate`);
  return {
    name: textAt(entry, "name", at),
    namespace: entry["namespace"] === undefined ? "default" : textAt(entry, "namespace", at),
    ...(random ? { random } : {}),
    ...(certificate ? { certificate } : {}),
  };
}
