/** The smallest question that still has the property. */
import type { Json } from "../../src/schema/struct.ts";

export async function shrunk<T>(question: T, holds: (smaller: T) => Promise<boolean>): Promise<T> {
  for (const smaller of smallerOnes(question as Json)) {
    if (await holds(smaller as T)) return shrunk(smaller as T, holds);
  }
  return question;
}

/** With one member or item less, from the outside in. */
function* smallerOnes(json: Json | undefined): Iterable<Json> {
  if (typeof json !== "object" || json === null) return;
  const isList = Array.isArray(json);
  const entries = Object.entries(json) as [string, Json][];
  const joined = (parts: readonly (readonly [string, Json])[]): Json =>
    isList ? parts.map(([, inner]) => inner) : Object.fromEntries(parts);
  for (const [name] of entries) yield joined(entries.filter(([other]) => other !== name));
  for (const [name, inner] of entries) {
    for (const smaller of smallerOnes(inner)) {
      yield joined(entries.map(([other, old]) => [other, other === name ? smaller : old] as const));
    }
  }
}
