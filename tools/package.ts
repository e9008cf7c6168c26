/**
 * `npm run package`: k8ts as a package of JavaScript in dist/package, for those who install it
 * (npm packs it afterwards). Node strips types of its own sources only, not of what lies in node_modules.
 */
import { spawnSync } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { flag } from "../src/cli/flags.ts";
import { readCommandLine } from "./command-line.ts";
import { writeDeclarations } from "./declarations.ts";

interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
}

const { values, words } = readCommandLine({
  call: "npm run package --",
  summary: "Makes k8ts a package of JavaScript, for those who install it.",
  examples: [
    ["npm run package", "in dist/package, packed into dist/"],
    ["node tools/package.ts /tmp/k8ts", "somewhere else, not packed"],
  ],
  flags: { pack: flag.switch("pack it with npm, into dist/") },
  operands: "FOLDER",
});
const [target = "dist/package"] = words;
const own = JSON.parse(await readFile("package.json", "utf8")) as Manifest;
const { version, description, license, engines, dependencies } = own;

/** By what they are imported as: `k8ts/testing`. Files under src/. */
const entries = {
  testing: "cluster/testing.ts",
  kinds: "api/catalog.ts",
  scheduler: "scheduler/plugin.ts",
} as const;
/** `npx k8ts`. */
const program = "cluster/main.ts";

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
// Together: a kind that is imported from both has to be the same object.
const { metafile } = await build({
  entryPoints: Object.fromEntries(
    Object.entries({ ...entries, program }).map(([name, file]) => [name, `src/${file}`]),
  ),
  metafile: true,
  outdir: target,
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node22",
  format: "esm",
  packages: "external",
  chunkNames: "chunk-[hash]",
  logLevel: "warning",
  // Symbols of disposal and the like stay what they are: engines says which Node it takes.
  supported: { using: false },
});
const declarations = await writeDeclarations(Object.values(entries), `${target}/types`);
const exports = Object.fromEntries(
  Object.keys(entries).map((name, i) => [
    `./${name}`,
    { types: `./types/${declarations[i]}`, default: `./${name}.js` },
  ]),
);
/** As imported: `a` of `a/b`, `@a/b` of `@a/b/c`. */
const packageOf = (path: string): string => /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;
const imported = new Set(
  Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.flatMap(({ path, external }) => (external ? [packageOf(path)] : [])),
  ),
);
// Whoever runs an older Node is told so, not what it does not understand.
await writeFile(
  `${target}/bin.js`,
  `#!/usr/bin/env node
const least = ${Number(/\d+/.exec(engines.node)?.[0])};
if (Number(process.versions.node.split(".")[0]) < least) {
  console.error(\`k8ts needs Node \${least} or later: this is \${process.version}\`);
  process.exit(1);
}
await import("./program.js");
`,
  { mode: 0o755 },
);
const manifest = {
  name: "k8ts",
  version,
  description,
  license,
  type: "module",
  engines,
  exports,
  bin: { k8ts: "./bin.js" },
  dependencies: Object.fromEntries(
    Object.entries(dependencies).filter(([name]) => imported.has(name)),
  ),
};
await writeFile(`${target}/package.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);
await cp("LICENSE", `${target}/LICENSE`);
if (values.pack) {
  const { status } = spawnSync("npm", ["pack", `./${target}`, "--pack-destination", "dist"], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}
