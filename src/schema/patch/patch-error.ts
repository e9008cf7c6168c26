/** A patch that cannot be applied, in the words of the libraries that upstream uses. */
export class PatchError extends Error {
  override readonly name = "PatchError";
}

/** An operation `test` found something else. */
export class TestFailed extends PatchError {}

export const tooDeep = (): PatchError => new PatchError("exceeded max depth");

export type JsonMap = Readonly<Record<string, unknown>>;

export const isMap = (json: unknown): json is JsonMap =>
  typeof json === "object" && json !== null && !Array.isArray(json);

/** Sets a member whatever its name; `__proto__` is one like any other. */
export function setMember(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(map, key, { ...own, value });
  else map[key] = value;
}

const own = { configurable: true, enumerable: true, writable: true };

/** Not what every object inherits. */
export const memberOf = (map: JsonMap, key: string): unknown =>
  Object.hasOwn(map, key) ? map[key] : undefined;
