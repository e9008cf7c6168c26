/**
 * The types of what a package exports, as declarations that know nothing of this repository: those that can be reached
 * from the entries, each naming the others by where they lie.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";

const sources = "src";

/** `entries` are files under src/. Returns where each one's declarations lie, relative to `target`. */
export async function writeDeclarations(
  entries: readonly string[],
  target: string,
): Promise<readonly string[]> {
  const folder = `dist/.types-${process.pid}`;
  try {
    await declare(entries, folder);
    await copyReachable(entries.map(declarationOf), { from: `${folder}/all`, to: target });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return entries.map(declarationOf);
}

const declarationOf = (source: string): string => source.replace(/\.ts$/, ".d.ts");

async function declare(entries: readonly string[], folder: string): Promise<void> {
  const root = relative(folder, ".");
  const config = {
    extends: `${root}/tsconfig.json`,
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: `${root}/${sources}`,
      outDir: "all",
    },
    include: [],
    files: entries.map((entry) => `${root}/${sources}/${entry}`),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config));
  await promisify(execFile)("node_modules/.bin/tsc", ["--project", folder]);
}

interface Way {
  readonly from: string;
  readonly to: string;
}

async function copyReachable(entries: readonly string[], { from, to }: Way): Promise<void> {
  const reached = new Set(entries);
  // What is found on the way is gone through as well.
  for (const file of reached) {
    const text = await readFile(join(from, file), "utf8");
    const written = text.replaceAll(specifiers, (_whole, before: string, specifier: string) => {
      const meant = declarationOf(resolved(specifier, file));
      reached.add(meant);
      return `${before}"${besides(file, meant)}"`;
    });
    await mkdir(dirname(join(to, file)), { recursive: true });
    await writeFile(join(to, file), written);
  }
}

/** Of our own sources: all of them end in .ts. */
const specifiers = /(\bfrom |\bimport\(|\bimport )"([#.][^"]*\.ts)"/g;

/** Relative to src/. */
const resolved = (specifier: string, file: string): string =>
  specifier.startsWith("#") ? specifier.slice(1) : join(dirname(file), specifier);

/** As one declaration names another: by the JavaScript that it would stand beside. */
function besides(file: string, meant: string): string {
  const path = relative(dirname(file), meant).replace(/\.d\.ts$/, ".js");
  return path.startsWith(".") ? path : `./${path}`;
}
