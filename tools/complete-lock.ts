/**
 * Completes package-lock.json after `npm install`, so that `npm ci` accepts it anywhere.
 *
 * Some registries do not mirror the prebuilt binaries of foreign platforms. npm then leaves
 * those optional packages out of the lock, and `npm ci` calls the lock incomplete. Naming them
 * (version, os, cpu) is enough: nobody downloads a binary for another platform. Download
 * addresses are dropped for the same reason: they would tie the lock to one registry.
 *
 * Which Node a prebuilt binary wants is dropped too. It is ours that runs it, from npm; but npm goes
 * by the Node that it runs on itself, and leaves out without a word what that one is too old for.
 */
import { readFile, writeFile } from "node:fs/promises";
import { readCommandLine } from "./command-line.ts";

interface LockEntry {
  version?: string;
  resolved?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  engines?: unknown;
  optionalDependencies?: Record<string, string>;
}

interface Lock {
  packages: Record<string, LockEntry>;
}

const systems = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "win32", "aix"];
const processors = ["arm64", "arm", "x64", "ia32", "ppc64", "riscv64", "s390x", "loong64"];

/** Adds every optional package that is named by another but has no entry of its own. */
export function completed(lock: Lock): Lock {
  const packages: Record<string, LockEntry> = {};
  for (const [path, entry] of Object.entries(lock.packages)) {
    packages[path] = withoutDemands(withoutAddress(entry));
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const place = `node_modules/${name}`;
      if (!(place in lock.packages)) packages[place] = foreign(name, version, entry);
    }
  }
  return { ...lock, packages: Object.fromEntries(Object.entries(packages).sort(byPath)) };
}

const byPath = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

function withoutAddress({ resolved, ...entry }: LockEntry): LockEntry {
  return resolved?.startsWith("file:") ? { ...entry, resolved } : entry;
}

function withoutDemands(entry: LockEntry): LockEntry {
  const { engines: _, ...rest } = entry;
  return entry.optional ? rest : entry;
}

function foreign(name: string, version: string, parent: LockEntry): LockEntry {
  const words = name.split(/[^a-z0-9]+/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  return {
    version,
    ...(parent.dev ? { dev: true } : {}),
    optional: true,
    // No known platform in the name: an impossible one keeps npm from fetching it.
    os: os.length > 0 ? os : ["none"],
    ...(cpu.length > 0 ? { cpu } : {}),
  };
}

async function main(): Promise<void> {
  readCommandLine({
    call: "node tools/complete-lock.ts",
    summary:
      "Completes package-lock.json after `npm install`, so that `npm ci` accepts it anywhere.",
    examples: [["npm i X && node tools/complete-lock.ts", "a new dependency"]],
    flags: {},
  });
  const lock = JSON.parse(await readFile("package-lock.json", "utf8")) as Lock;
  await writeFile("package-lock.json", `${JSON.stringify(completed(lock), undefined, 2)}\n`);
}

if (import.meta.main) await main();
