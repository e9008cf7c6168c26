/**
 * JSON patch, RFC 6902, with the leniency and the messages of the library that upstream uses:
 * indexes may be negative, and replacing a missing member adds it.
 * upstream: gopkg.in/evanphx/json-patch.v4
 */
import { draftOf, equal } from "#schema/copy.ts";
import { DecodeError } from "#schema/json/decode-error.ts";
import { copyJson } from "#schema/json/scalars.ts";
import { patchCopyBytesMax } from "#schema/limits.ts";
import {
  isMap,
  type JsonMap,
  memberOf,
  PatchError,
  setMember,
  tooDeep,
  TestFailed,
} from "./patch-error.ts";

/** The patched document; the one given is not changed. Throws PatchError. */
export function applyJsonPatch(document: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new PatchError("a JSON patch is a list of operations");
  const run: Run = { document: draftOf(document), copiedBytes: 0 };
  for (const operation of operations) apply(run, isMap(operation) ? operation : {});
  return run.document;
}

interface Run {
  document: unknown;
  copiedBytes: number;
}

type Container = Record<string, unknown> | unknown[];

/** Where an operation works: the container, and the name of the place in it. */
interface Place {
  readonly container: Container;
  readonly key: string;
}

function apply(run: Run, operation: JsonMap): void {
  const { op } = operation;
  const act = typeof op === "string" && Object.hasOwn(acts, op) ? acts[op] : undefined;
  if (!act) throw new PatchError(`Unexpected kind: ${typeof op === "string" ? op : "unknown"}`); // exact: json-patch
  act(run, operation);
}

// exact: json-patch, all messages below
const acts: Readonly<Record<string, (run: Run, operation: JsonMap) => void>> = {
  add(run, operation) {
    const path = pointer(operation, "path", "add operation failed to decode path");
    const place = find(run, path);
    if (!place)
      throw new PatchError(
        `add operation does not apply: doc is missing path: "${path}"${missing}`,
      );
    const value = valueFor(path, operation["value"]);
    naming(`error in add for path: '${path}'`, () => insert(place, value));
  },

  remove(run, operation) {
    const path = pointer(operation, "path", "remove operation failed to decode path");
    const place = find(run, path);
    if (!place)
      throw new PatchError(
        `remove operation does not apply: doc is missing path: "${path}"${missing}`,
      );
    naming(`error in remove for path: '${path}'`, () => take(place));
  },

  replace(run, operation) {
    const path = pointer(operation, "path", "replace operation failed to decode path");
    const value = valueFor(path, operation["value"]);
    if (path === "") {
      if (typeof value !== "object")
        throw new PatchError("replace operation value must be object or array");
      run.document = value;
      return;
    }
    const place = find(run, path);
    if (!place)
      throw new PatchError(
        `replace operation does not apply: doc is missing path: ${path}${missing}`,
      );
    if (Array.isArray(place.container) && !hasIndex(place.container, place.key))
      throw new PatchError(
        `replace operation does not apply: doc is missing key: ${path}${missing}`,
      );
    put(place, value);
  },

  move(run, operation) {
    const from = pointer(operation, "from", "move operation failed to decode from");
    const source = find(run, from);
    if (!source)
      throw new PatchError(
        `move operation does not apply: doc is missing from path: ${from}${missing}`,
      );
    const value = naming(`error in move for path: '${source.key}'`, () => take(source));
    const path = pointer(operation, "path", "move operation failed to decode path");
    const place = find(run, path);
    if (!place)
      throw new PatchError(
        `move operation does not apply: doc is missing destination path: ${path}${missing}`,
      );
    naming(`error in move for path: '${path}'`, () => insert(place, valueFor(path, value)));
  },

  copy(run, operation) {
    const from = pointer(operation, "from", "copy operation failed to decode from");
    const source = find(run, from);
    if (!source)
      throw new PatchError(
        `copy operation does not apply: doc is missing from path: ${from}${missing}`,
      );
    const value = naming(`error in copy for from: '${from}'`, () => look(source));
    const path = pointer(operation, "path", "copy operation failed to decode path");
    const place = find(run, path);
    if (!place)
      throw new PatchError(
        `copy operation does not apply: doc is missing destination path: ${path}${missing}`,
      );
    countCopy(run, value);
    naming("error while adding value during copy", () => insert(place, valueFor(path, value)));
  },

  test(run, operation) {
    const path = pointer(operation, "path", "test operation failed to decode path");
    const failed = new TestFailed(`testing value ${path} failed: test failed`);
    if (path === "") {
      if (!equal(run.document, operation["value"])) throw failed;
      return;
    }
    const place = find(run, path);
    if (!place)
      throw new PatchError(`test operation does not apply: is missing path: ${path}${missing}`);
    const value = naming(`error in test for path: '${path}'`, () => look(place));
    if (!equal(value ?? null, operation["value"] ?? null)) throw failed;
  },
};

const missing = ": missing value";

/** A copy to be put there. However often a patch moves and copies, nothing gets too deep. */
function valueFor(path: string, value: unknown): unknown {
  try {
    return copyJson(value ?? null, path.split("/").length - 1);
  } catch (cause) {
    if (cause instanceof DecodeError) throw tooDeep();
    throw cause;
  }
}

const lacks = {
  path: "operation missing path field",
  from: "operation, missing from field",
} as const;

/** They do not say which member. */
const brief: ReadonlySet<string> = new Set([
  "add operation failed to decode path",
  "remove operation failed to decode path",
  "copy operation failed to decode path",
]);

function pointer(operation: JsonMap, member: "path" | "from", problem: string): string {
  const path = operation[member];
  if (typeof path === "string") return path;
  throw new PatchError(`${problem}${brief.has(problem) ? "" : `: ${lacks[member]}`}${missing}`);
}

/** Says where a problem is. */
function naming<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof PatchError) throw new PatchError(`${where}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Undefined when there is no container to work in. */
function find(run: Run, path: string): Place | undefined {
  const [, ...steps] = path.split("/").map(unescaped);
  const key = steps.pop();
  if (key === undefined) return undefined;
  let container = run.document;
  for (const step of steps) {
    if (!isContainer(container)) return undefined;
    container = Array.isArray(container) ? itemOf(container, step) : memberOf(container, step);
  }
  return isContainer(container) ? { container, key } : undefined;
}

const unescaped = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");

const isContainer = (json: unknown): json is Container => typeof json === "object" && json !== null;

const itemOf = (list: readonly unknown[], step: string): unknown =>
  isIndex(step) ? list.at(Number(step)) : undefined;

const isIndex = (step: string): boolean => /^[+-]?\d{1,15}$/.test(step);

const notANumber = (key: string): string =>
  `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;

/** The index that `key` means in a list with room for `length` items. */
function indexOf(key: string, length: number): number {
  if (!isIndex(key)) throw new PatchError(notANumber(key));
  const index = Number(key);
  if (index >= length || index < -length)
    throw new PatchError(`Unable to access invalid index: ${index}: invalid index referenced`);
  return index < 0 ? index + length : index;
}

const hasIndex = ({ length }: readonly unknown[], key: string): boolean =>
  isIndex(key) && Number(key) < length && Number(key) >= -length;

/** The value there; undefined when an object has no such member. */
function look({ container, key }: Place): unknown {
  if (!Array.isArray(container)) return memberOf(container, key);
  return container[indexOf(key, container.length)];
}

function put({ container, key }: Place, value: unknown): void {
  if (Array.isArray(container)) container[indexOf(key, container.length)] = value;
  else setMember(container, key, value);
}

function insert({ container, key }: Place, value: unknown): void {
  if (!Array.isArray(container)) setMember(container, key, value);
  else if (key === "-") container.push(value);
  else if (!isIndex(key))
    throw new PatchError(`value was not a proper array index: '${key}': ${notANumber(key)}`);
  else container.splice(indexOf(key, container.length + 1), 0, value);
}

function take({ container, key }: Place): unknown {
  if (Array.isArray(container)) return container.splice(indexOf(key, container.length), 1)[0];
  if (!Object.hasOwn(container, key))
    throw new PatchError(`Unable to remove nonexistent key: ${key}${missing}`);
  const value = container[key];
  delete container[key];
  return value;
}

/** Copies of copies double: without a limit a short patch makes a document that fills the memory. */
function countCopy(run: Run, value: unknown): void {
  run.copiedBytes += JSON.stringify(value ?? null).length;
  if (run.copiedBytes <= patchCopyBytesMax) return;
  const sizes = `${run.copiedBytes}, exceeding the limit ${patchCopyBytesMax}`;
  throw new PatchError(
    `Unable to complete the copy, the accumulated size increase of copy is ${sizes}`,
  );
}
