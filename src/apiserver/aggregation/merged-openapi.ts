/**
 * OpenAPI v2 of all servers in one document: of each of the others the paths that it serves here, and
 * the definitions that they need. upstream: kube-openapi/pkg/aggregator
 */
import { equal } from "#schema/copy.ts";

type Members = Record<string, unknown>;

export interface Swagger extends Readonly<Members> {
  readonly paths?: Members;
  readonly definitions?: Members;
}

const reference = "#/definitions/";

/**
 * A definition that another server has under the same name, but not the same, gets another name: one
 * that it got before when that is the same.
 */
export function mergedSwagger(
  own: Swagger,
  others: readonly { readonly apiVersion: string; readonly document: Swagger }[],
): Swagger {
  if (others.length === 0) return own;
  const paths = { ...own.paths };
  const definitions = { ...own.definitions };
  for (const { apiVersion, document } of others) {
    const served = pathsBelow(document, `/apis/${apiVersion}/`);
    const needed = neededBy(served, document);
    const names = freeNames(needed, definitions);
    Object.assign(paths, renamed(served, names));
    for (const [name, definition] of Object.entries(needed)) {
      definitions[names.get(name) ?? name] = renamed(definition, names);
    }
  }
  return { ...own, paths, definitions };
}

const pathsBelow = ({ paths = {} }: Swagger, prefix: string): Members =>
  Object.fromEntries(Object.entries(paths).filter(([path]) => `${path}/`.startsWith(prefix)));

function neededBy(value: unknown, { definitions = {} }: Swagger): Members {
  const needed: Members = {};
  const waiting: unknown[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of namesIn(next)) {
      if (needed[name] !== undefined || definitions[name] === undefined) continue;
      needed[name] = definitions[name];
      waiting.push(definitions[name]);
    }
  }
  return needed;
}

function* namesIn(value: unknown): Iterable<string> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === "$ref" && typeof member === "string" && member.startsWith(reference)) {
      yield member.slice(reference.length);
    } else yield* namesIn(member);
  }
}

function freeNames(needed: Members, taken: Members): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, definition] of Object.entries(needed)) {
    if (taken[name] === undefined || equal(taken[name], definition)) continue;
    let count = 2;
    const isOther = (known: unknown): boolean => known !== undefined && !equal(known, definition);
    while (isOther(taken[`${name}_v${count}`])) count++;
    names.set(name, `${name}_v${count}`);
  }
  return names;
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (names.size === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const name = key === "$ref" && typeof member === "string" ? member : "";
      const other = names.get(name.slice(reference.length));
      return [key, other === undefined ? renamed(member, names) : reference + other];
    }),
  );
}
