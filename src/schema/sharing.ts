/**
 * Equal parts of plain JSON data as one object. The pods of one template differ in a few names and times; the rest of
 * them, decoded anew for each, would be the larger part of a cluster's memory. Whoever shares may not write: that is so
 * for everything that is stored.
 *
 * What was seen lately is found by a rough look at a part, and then compared. A wrong guess costs memory, never truth.
 */

type Container = Record<string | number, unknown>;

/** Parts that were seen lately, at the place that a rough look says. */
const seen: (Container | undefined)[] = Array.from({ length: 4_096 });
const lastPlace = seen.length - 1;

/** What has more is no part of many, and should not be kept alive here. */
const membersMax = 64;
const textLengthMax = 256;
const nobodys = -1;

/** A look goes so deep: what differs only below shares a place, which one of the two has. */
const levels = 2;

/** Replaces what stands in the members of `value` by equal parts seen before. The value itself stays itself. */
export function shareParts(value: object): void {
  const container = value as Container;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) shareMember(container, i, value[i]);
    return;
  }
  for (const key in container) shareMember(container, key, container[key]);
}

function shareMember(container: Container, key: string | number, member: unknown): void {
  if (typeof member !== "object" || member === null) return;
  const place = look(member as Container, levels);
  if (place === nobodys) {
    shareParts(member);
    return;
  }
  const known = seen[place & lastPlace];
  if (known === member) return;
  if (known && isSame(known, member)) {
    // What is frozen was shared before, and is no less true for being kept twice.
    if (!Object.isFrozen(container)) container[key] = known;
    return;
  }
  seen[place & lastPlace] = member as Container;
  shareParts(member);
}

/** The same for equal parts, and seldom for others. */
function look(part: Container, level: number): number {
  return Array.isArray(part) ? lookAtList(part, level) : lookAtObject(part, level);
}

function lookAtList(list: readonly unknown[], level: number): number {
  const { length } = list;
  if (length > membersMax) return nobodys;
  let hash = length + 1;
  // Lists are of equal things: the ends tell enough.
  for (const i of length > 2 ? [0, length - 1] : length > 1 ? bothEnds : firstOnly) {
    if (i >= length) break;
    const found = lookAtMember(list[i], level);
    if (found === nobodys) return nobodys;
    hash = mixed(hash, found);
  }
  return hash;
}

const bothEnds = [0, 1];
const firstOnly = [0];

function lookAtObject(object: Container, level: number): number {
  let hash = 0;
  let count = 0;
  for (const key in object) {
    const found = lookAtMember(object[key], level);
    if (found === nobodys || count++ > membersMax) return nobodys;
    hash = mixed(hash ^ (key.charCodeAt(0) << 8) ^ key.length, found);
  }
  return mixed(hash, count);
}

function lookAtMember(member: unknown, level: number): number {
  if (typeof member === "string")
    return member.length > textLengthMax ? nobodys : lookAtText(member);
  if (typeof member === "number") return member & 0x3fffffff;
  if (typeof member !== "object" || member === null) return member === true ? 1 : 2;
  return level > 0 ? look(member as Container, level - 1) : 3;
}

const mixed = (hash: number, next: number): number => Math.imul(hash ^ next, 0x9e3779b1) >>> 2;

/** Names differ at their end, mostly. */
function lookAtText(text: string): number {
  const { length } = text;
  if (length === 0) return 0;
  const end = (text.charCodeAt(length - 1) << 8) ^ text.charCodeAt(length >> 1);
  return (text.charCodeAt(0) << 16) ^ end ^ (length << 4);
}

/** Printed, they are the same text: the order of members counts. */
function isSame(known: unknown, part: unknown): boolean {
  if (Object.is(known, part)) return true;
  if (typeof known !== "object" || typeof part !== "object" || known === null || part === null)
    return false;
  if (!Array.isArray(known))
    return !Array.isArray(part) && isSameObject(known as Container, part as Container);
  if (!Array.isArray(part) || known.length !== part.length) return false;
  for (let i = 0; i < known.length; i++) if (!isSame(known[i], part[i])) return false;
  return true;
}

/** Keys of the objects that are being compared, one after the other: lists of their own would be much garbage. */
const keys: string[] = [];
let keysUsed = 0;

function isSameObject(known: Container, part: Container): boolean {
  const from = keysUsed;
  let end = from;
  for (const key in known) keys[end++] = key;
  keysUsed = end;
  const isEqual = hasMembers(part, known, { from, end });
  keysUsed = from;
  return isEqual;
}

/** In that order, and no others. */
function hasMembers(
  part: Container,
  known: Container,
  { from, end }: { readonly from: number; readonly end: number },
): boolean {
  let at = from;
  for (const key in part) {
    if (at >= end || keys[at] !== key || !isSame(known[key], part[key])) return false;
    at++;
  }
  return at === end;
}
