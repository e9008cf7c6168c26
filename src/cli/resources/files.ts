/**
 * Manifests out of `-f`: files, folders, `-` for stdin, URLs.
 * upstream: staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go
 */
import { parseYamlDocuments, YamlError } from "#base/yaml.ts";
import type { Shell } from "../command.ts";
import { flag } from "../flags.ts";
import { isList, type Manifest } from "./manifest.ts";

export const fileFlags = {
  filename: flag.list("a file, folder or URL with objects, or - for stdin", {
    short: "f",
    value: "PATH",
  }),
  recursive: flag.switch("also the folders below the ones given with -f", { short: "R" }),
} as const;

export interface Sourced {
  readonly manifest: Manifest;
  /** Where it stands, for messages. */
  readonly source: string;
}

interface Text {
  readonly source: string;
  readonly text: string;
}

export async function readManifests(
  shell: Shell,
  { filename, recursive }: { readonly filename: readonly string[]; readonly recursive: boolean },
): Promise<readonly Sourced[]> {
  const found: Sourced[] = [];
  for (const name of filename) {
    for (const { source, text } of await textsOf(shell, name, recursive))
      for (const manifest of manifestsIn(text, source)) found.push({ manifest, source });
  }
  return found;
}

async function textsOf(shell: Shell, name: string, isRecursive: boolean): Promise<readonly Text[]> {
  if (name === "-") return [{ source: "STDIN", text: await readInput(shell) }];
  if (/^https?:\/\//.test(name)) return [{ source: name, text: await download(shell, name) }];
  const path = absolute(shell, name);
  const facts = await shell.disk.facts(path);
  if (!facts) throw new Error(`the path ${JSON.stringify(name)} does not exist`); // exact: kubectl
  if (facts.is !== "folder") return [{ source: name, text: await readText(shell, name) }];
  const texts: Text[] = [];
  for (const file of await filesIn(shell, name, isRecursive))
    texts.push({ source: file, text: await readText(shell, file) });
  return texts;
}

const manifestExtension = /\.(json|ya?ml)$/;

async function filesIn(shell: Shell, folder: string, isRecursive: boolean): Promise<string[]> {
  const files: string[] = [];
  for (const name of (await shell.disk.list(absolute(shell, folder))) ?? []) {
    const path = `${folder.replace(/\/$/, "")}/${name}`;
    const facts = await shell.disk.facts(absolute(shell, path));
    if (facts?.is === "folder" && isRecursive) files.push(...(await filesIn(shell, path, true)));
    else if (facts?.is !== "folder" && manifestExtension.test(name)) files.push(path);
  }
  return files;
}

export const absolute = ({ folder }: Shell, path: string): string =>
  path.startsWith("/") ? path : `${folder}/${path}`;

export async function readText(shell: Shell, path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(shell, path));
}

export async function readBytes(shell: Shell, path: string): Promise<Uint8Array> {
  const bytes = await shell.disk.read(absolute(shell, path));
  if (!bytes) throw new Error(`open ${path}: no such file or directory`); // exact: Go
  return bytes;
}

export async function readInput({ input }: Shell): Promise<string> {
  const chunks = await Array.fromAsync(input.chunks());
  return Buffer.concat(chunks).toString();
}

async function download({ http, signal }: Shell, url: string): Promise<string> {
  const { status, body } = await http.call({ method: "GET", url, signal });
  const text = Buffer.concat(await Array.fromAsync(body)).toString();
  // exact: kubectl
  if (status !== 200)
    throw new Error(
      `unable to read URL ${JSON.stringify(url)}, server reported ${status}, status code=${status}`,
    );
  return text;
}

/** Lists are taken apart. */
export function manifestsIn(text: string, source: string): readonly Manifest[] {
  const documents = parsed(text, source);
  return documents.flatMap((document) => flattened(document, source));
}

function parsed(text: string, source: string): readonly unknown[] {
  try {
    return parseYamlDocuments(text);
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    // exact: kubectl, up to the position
    throw new Error(`error parsing ${source}: error converting YAML to JSON: ${cause.message}`, {
      cause,
    });
  }
}

function flattened(document: unknown, source: string): readonly Manifest[] {
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw new Error(`error parsing ${source}: not an object`);
  const object = document as Manifest;
  checkType(object, source);
  if (object.kind.endsWith("List") && isList(object))
    return object.items.flatMap((item) => flattened(item, source));
  return [{ ...object, metadata: object.metadata ?? {} }];
}

/** exact: kubectl, the message */
function checkType({ apiVersion, kind }: Partial<Manifest>, source: string): void {
  const missing = [
    ...(apiVersion ? [] : ["apiVersion not set"]),
    ...(kind ? [] : ["kind not set"]),
  ];
  if (missing.length === 0) return;
  const what = missing.length === 1 ? missing[0] : `[${missing.join(", ")}]`;
  throw new Error(
    `error validating ${JSON.stringify(source)}: error validating data: ${what}; if you choose to ignore these errors, turn validation off with --validate=false`,
  );
}
