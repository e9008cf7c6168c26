/** Checks what a linter cannot know about this codebase. Every rule says why it exists. */
import { flag } from "../src/cli/flags.ts";
import { readCommandLine } from "./command-line.ts";
import { glob, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { conformanceFile, conformancePage, conformanceProblems } from "./conformance.ts";
import { differencesFile, differencesPage } from "./differences.ts";
import { adapters, layers, worldly } from "./layers.ts";

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

type Rule = (file: SourceFile, all: readonly SourceFile[]) => Iterable<string>;

const isTest = (path: string): boolean =>
  path.endsWith(".test.ts") || path.endsWith("/suite.ts") || path.endsWith("/testing.ts");

/** A layer that reaches sideways or upwards ties two parts of the system together for ever. */
const staysInItsLayer: Rule = function* ({ path, text }) {
  const layer = layerOf(path);
  if (!layer) return;
  const known = layers[layer];
  if (!known) yield `src/${layer} is no layer: name it in tools/layers.ts`;
  const allowed = new Set([layer, ...(known ?? []), ...(isTest(path) ? testLayers(layer) : [])]);
  for (const [, target = ""] of text.matchAll(/(?:from|import) "#([\w-]+)\//g)) {
    if (!allowed.has(target))
      yield `${layer} may not import ${target} (allowed: ${[...allowed].join(", ")})`;
  }
  if (/from "\.\.\/\.\./.test(text)) yield `cross a folder with "#layer/...", not "../.."`;
};

/** Tests of the floors above the server may run the real one, and the simulated world. */
const testLayers = (layer: string): readonly string[] =>
  ["base", "schema", "api"].includes(layer) ? ["sim"] : ["sim", "store", "apiserver", "host"];

const banned: readonly [pattern: RegExp, instead: string][] = [
  [/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, "take a Clock"],
  [/\bset(Timeout|Interval|Immediate)\(/, "use clock.after or sleep"],
  [/\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/, "take a Random"],
  [/\bprocess\.(env|exit|stdout|stderr|argv|pid)\b|\bconsole\./, "take it from the host"],
  [
    /from "node:(fs|net|tls|http|https|http2|child_process|dns|dgram|os|worker_threads|timers)(\/promises)?"/,
    "take it from the host",
  ],
];

/** The simulator is only as honest as the code is: one real clock and replays stop matching. */
const isDeterministic: Rule = function* ({ path, text }) {
  const layer = layerOf(path);
  if (!layer || worldly.includes(layer) || isTest(path)) return;
  if (adapters.some((folder) => path.startsWith(folder))) return;
  for (const [pattern, instead] of banned) {
    const found = pattern.exec(text);
    if (found) yield `${JSON.stringify(found[0])} is banned here: ${instead}`;
  }
};

const neverRight: readonly [pattern: RegExp, instead: string][] = [
  [
    /catch \{\s*\}|catch \(\w+\) \{\s*\}|\.catch\(\(\) => \{\}\)/,
    "handle the error, or let it pass",
  ],
  [/\.kind === "/, "declare the trait on the kind instead of asking which kind it is"],
  [/^\s*@\w+(\(.*\))?\s*(export )?class/m, "decorators do not run in Node; use a define function"],
  [/\bFIXME\b|\bXXX\b/, "finish it before merging"],
  [
    /\b(test|it|describe)\.(skip|only)\(|\bskip: true\b/,
    'a skipped test needs a reason: skip: "why"',
  ],
];

/** Mistakes that were made once, and need not be made again. */
const isSound: Rule = function* ({ path, text }) {
  if (path.startsWith("tools/")) return;
  for (const [pattern, instead] of neverRight) {
    const found = pattern.exec(text);
    if (found) yield `${JSON.stringify(found[0].trim())} is banned: ${instead}`;
  }
};

/** A plug-in nobody lists is dead code that looks alive. */
const isListed: Rule = function* ({ path, text }, all) {
  if (!path.endsWith("/catalog.ts")) return;
  const wanted = catalogOf(path, all);
  if (text !== headOf(text) + wanted.map((line) => `${line}\n`).join(""))
    yield `out of date: run \`npm run tidy -- --fix\``;
};

const isNamedPlainly: Rule = function* ({ path }) {
  const name = path.split("/").at(-1) ?? "";
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|scenario))?\.ts$/.test(name))
    yield `file names are kebab-case`;
  if (/(^|-)(utils?|helpers?|common|misc|manager)\b/.test(name))
    yield `"${name}" says nothing: name what it holds`;
};

const rules: readonly Rule[] = [
  staysInItsLayer,
  isDeterministic,
  isSound,
  isListed,
  isNamedPlainly,
];

export const problems = (files: readonly SourceFile[]): string[] =>
  files.flatMap((f) => rules.flatMap((rule) => [...rule(f, files)].map((p) => `${f.path}: ${p}`)));

const defined =
  /^export const (\w+)(?:: [^=]+)? = define(?:Kind|Controller|Plugin|PluginHandler|Admission|Command|Subresource|Volume|Backend|Virtual|Provider|Fault|Invariant|Behaviour|Step)(?:<[^>]*>)?\(/gm;

/** The lines a catalog must hold: one per definition in its folder and the folders below. */
export function catalogOf(path: string, all: readonly SourceFile[]): readonly string[] {
  const folder = `${dirname(path)}/`;
  return all
    .filter((f) => f.path.startsWith(folder) && !isTest(f.path))
    .flatMap((f) =>
      [...f.text.matchAll(defined)].map(
        ([, name]) => `export { ${name} } from "./${f.path.slice(folder.length)}";`,
      ),
    )
    .sort((a, b) => (a < b ? -1 : 1));
}

/** A catalog's opening comment: everything before the first export. */
const headOf = (text: string): string => {
  const at = text.search(/^export /m);
  return at < 0 ? text : text.slice(0, at);
};

const layerOf = (path: string): string | undefined => /^src\/([\w-]+)\//.exec(path)?.[1];

async function main(): Promise<void> {
  const { values } = readCommandLine({
    call: "npm run tidy --",
    summary: "Checks the rules of this repository that no other tool knows.",
    examples: [
      ["npm run tidy -- --fix", "writes the catalogs and pages that are made from the code"],
    ],
    flags: { fix: flag.switch("write what can be written") },
  });
  const found = await Array.fromAsync(glob("{src,tests,tools,bench}/**/*.ts"));
  const paths = found.sort((a, b) => (a < b ? -1 : 1));
  const files = await Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(path, "utf8") })),
  );
  if (values.fix) {
    for (const { path, text } of files.filter((f) => f.path.endsWith("/catalog.ts"))) {
      const lines = catalogOf(path, files).map((line) => `${line}\n`);
      await writeFile(path, headOf(text) + lines.join(""));
    }
    await writeFile(differencesFile, differencesPage(files));
    await writeFile(conformanceFile, conformancePage());
    return;
  }
  const all = [...problems(files), ...conformanceProblems(files)];
  for (const [path, page] of [
    [differencesFile, differencesPage(files)],
    [conformanceFile, conformancePage()],
  ] as const) {
    const isCurrent = (await readFile(path, "utf8")) === page;
    if (!isCurrent) all.push(`${path}: out of date: run \`npm run tidy -- --fix\``);
  }
  for (const line of all) console.error(line);
  process.exitCode = all.length > 0 ? 1 : 0;
}

if (import.meta.main) await main();
