/** Keys sorted, as Go prints maps: the same value always has the same bytes. */
import { isOpenObject, type OpenObject, setMember } from "./open-schema.ts";

/** In place where it is in order already; else use the result. */
export function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      const ordered = inKeyOrder(item);
      if (ordered !== item) value[i] = ordered;
    }
    return value;
  }
  if (!isOpenObject(value)) return value;
  let last = "";
  let isSorted = true;
  for (const name in value) {
    const inner = value[name];
    if (name < last || inner === undefined) isSorted = false;
    last = name;
    if (typeof inner !== "object" || inner === null) continue;
    const ordered = inKeyOrder(inner);
    if (ordered !== inner) setMember(value, name, ordered);
  }
  return isSorted ? value : sorted(value);
}

function sorted(object: Readonly<OpenObject>): OpenObject {
  const copy: OpenObject = {};
  for (const name of Object.keys(object).sort()) {
    if (object[name] !== undefined) setMember(copy, name, object[name]);
  }
  return copy;
}
