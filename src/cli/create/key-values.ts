/**
 * Data of config maps and secrets out of literals, files, folders and env files.
 * upstream: staging/src/k8s.io/kubectl/pkg/util/env_file.go, cmd/create/create_secret.go
 */
import { configMapKey } from "#api/names.ts";
import type { Shell } from "../command.ts";
import { flag } from "../flags.ts";
import { absolute, readBytes, readText } from "../resources/files.ts";

export const keyValueFlags = {
  "from-literal": flag.list("a key and its value", { value: "KEY=VALUE", whole: true }),
  "from-file": flag.list("a file, or a folder of files; the key is the file's name unless given", {
    value: "[KEY=]PATH",
    whole: true,
  }),
  "from-env-file": flag.list("a file with lines of KEY=VALUE", { value: "PATH", whole: true }),
} as const;

export interface KeyValueFlags {
  readonly "from-literal": readonly string[];
  readonly "from-file": readonly string[];
  readonly "from-env-file": readonly string[];
}

export type KeyValues = ReadonlyMap<string, Uint8Array>;

// exact: kubectl, the messages of this file
export async function readKeyValues(
  shell: Shell,
  flags: KeyValueFlags,
  owner: string,
): Promise<KeyValues> {
  if (flags["from-env-file"].length > 0 && hasOthers(flags))
    throw new Error("from-env-file cannot be combined with from-file or from-literal");
  const found = new Map<string, Uint8Array>();
  const add = (key: string, value: Uint8Array): void => {
    const [problem] = configMapKey(key);
    if (problem !== undefined)
      throw new Error(`"${key}" is not a valid key name for a ConfigMap: ${problem}`);
    if (found.has(key))
      throw new Error(
        `cannot add key "${key}", another key by that name already exists in Data for ${owner}`,
      );
    found.set(key, value);
  };
  for (const source of flags["from-file"]) {
    for (const { key, path } of await filesOf(shell, source))
      add(key, await readBytes(shell, path));
  }
  for (const literal of flags["from-literal"]) {
    const [key, value] = parseLiteral(literal);
    add(key, new TextEncoder().encode(value));
  }
  for (const path of flags["from-env-file"]) {
    for (const [key, value] of parseEnvFile(await readText(shell, path), shell.env))
      add(key, new TextEncoder().encode(value));
  }
  return found;
}

const hasOthers = (flags: KeyValueFlags): boolean =>
  flags["from-file"].length > 0 || flags["from-literal"].length > 0;

function parseLiteral(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new Error(`invalid literal source ${text}, expected key=value`);
  const value = text.slice(at + 1);
  const quoted = /^(["'])(.*)\1$/s.exec(value);
  return [text.slice(0, at), quoted?.[2] ?? value];
}

interface FileSource {
  readonly key: string;
  readonly path: string;
}

async function filesOf(shell: Shell, source: string): Promise<readonly FileSource[]> {
  const parts = source.split("=");
  if (parts.length > 2) throw new Error("key names or file paths cannot contain '='");
  const [first = "", path] = parts;
  if (path !== undefined) return [checked(source, { key: first, path })];
  const facts = await shell.disk.facts(absolute(shell, first));
  if (!facts) throw new Error(`error reading ${first}: no such file or directory`);
  if (facts.is !== "folder") return [{ key: baseName(first), path: first }];
  const names = (await shell.disk.list(absolute(shell, first))) ?? [];
  const files: FileSource[] = [];
  for (const name of names) {
    const inside = `${first.replace(/\/$/, "")}/${name}`;
    const isFile = (await shell.disk.facts(absolute(shell, inside)))?.is !== "folder";
    // Names that cannot be keys are left out of folders.
    if (isFile && configMapKey(name).length === 0) files.push({ key: name, path: inside });
  }
  return files;
}

function checked(source: string, { key, path }: FileSource): FileSource {
  if (key === "") throw new Error(`key name for file path ${path} missing`);
  if (path === "") throw new Error(`file path for key name ${key} missing`);
  if (source === "=") throw new Error("key names or file paths cannot be empty");
  return { key, path };
}

const baseName = (path: string): string => path.split("/").at(-1) ?? path;

/** A key without a value takes it from the environment. */
export function parseEnvFile(
  text: string,
  env: Shell["env"],
): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (const line of text.replace(/^\ufeff/, "").split(/\r?\n/)) {
    const trimmed = line.trimStart();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const at = trimmed.indexOf("=");
    const key = at < 0 ? trimmed : trimmed.slice(0, at);
    const value = at < 0 ? env[key] : trimmed.slice(at + 1);
    if (value !== undefined) pairs.push([key, value]);
  }
  return pairs;
}

/** `--append-hash` is not offered: nothing needs the names that it makes. */
export const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Undefined when the bytes are no text. */
export function findText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) return undefined;
    throw cause;
  }
}
