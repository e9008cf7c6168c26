/** Files that a kubeconfig points to, taken into it. */
import type { Shell } from "../command.ts";
import { absolute, readBytes } from "../resources/files.ts";
import type { Entry } from "./entries.ts";

/** Fields that hold a path, and have a twin for the content. */
const pathFields = ["certificate-authority", "client-certificate", "client-key"] as const;

/** The contents instead of the paths. */
export async function embedded(shell: Shell, entry: Entry): Promise<Entry> {
  const result: Record<string, unknown> = { ...entry };
  for (const [field, path] of pathsIn(entry)) {
    result[`${field}-data`] = (await readBytes(shell, path)).toBase64();
    delete result[field];
  }
  return result;
}

/** exact: kubectl, the message */
async function mustExist(shell: Shell, entry: Entry): Promise<void> {
  for (const [field, path] of pathsIn(entry))
    if (!(await shell.disk.facts(absolute(shell, path))))
      throw new Error(
        `could not stat ${field} file ${path}: stat ${path}: no such file or directory`,
      );
}

const pathsIn = (entry: Entry): readonly (readonly [string, string])[] =>
  pathFields.flatMap((field) => {
    const path = entry[field];
    return typeof path === "string" && path !== "" ? [[field, path] as const] : [];
  });

/** What a kubeconfig gets of certificates: their content, or where they are. */
export async function certificates(
  shell: Shell,
  entry: Entry,
  isEmbedding: boolean,
): Promise<Entry> {
  if (!isEmbedding) return anchored(shell, entry);
  await mustExist(shell, entry);
  return embedded(shell, entry);
}

/** Paths that the user gave are relative to where the user is. */
const anchored = (shell: Shell, entry: Entry): Entry =>
  Object.fromEntries(
    Object.entries(entry).map(([name, value]) =>
      (pathFields as readonly string[]).includes(name) && typeof value === "string" && value !== ""
        ? [name, absolute(shell, value)]
        : [name, value],
    ),
  );
