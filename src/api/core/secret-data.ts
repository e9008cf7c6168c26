/** The data of Secrets: bytes, in JSON as base64. */
import type { Draft } from "#schema/struct.ts";

interface SecretParts {
  readonly data?: { readonly [key: string]: string } | undefined;
  readonly stringData?: { readonly [key: string]: string } | undefined;
}

/** Texts become entries of the data, in front of those of the same key; they are never returned. */
export function mergeStringData(draft: Draft<SecretParts>): void {
  const { stringData } = draft;
  if (!stringData) return;
  const texts = Object.entries(stringData).map(
    ([key, text]) => [key, Buffer.from(text).toString("base64")] as const,
  );
  const merged = new Map([...Object.entries(draft.data ?? {}), ...texts]);
  draft.data = Object.fromEntries([...merged].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  delete draft.stringData;
}

/** How many bytes the base64 stands for. */
export function base64Length(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return Math.floor(text.length / 4) * 3 - padding;
}

export const textOfData = (base64: string): string => Buffer.from(base64, "base64").toString();
