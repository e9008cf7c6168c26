/** Patches against models that are slow and obvious, with random documents. `PATCH_ROUNDS` draws more of them. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { below, chance, pick, type Random, seededRandom } from "#base/random.ts";
import { deepFreeze } from "#schema/copy.ts";
import { Pod } from "#schema/testing.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { PatchError } from "./patch-error.ts";
import { applyStrategicPatch } from "./strategic.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonMap = { readonly [name: string]: Json };

const rounds = Number(process.env["PATCH_ROUNDS"] ?? 2_000);
const keys = ["a", "b", "a/b", "~", "m~n", "0", "1", "-", "", "constructor"] as const;

const isMap = (value: unknown): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function anyJson(random: Random, depth: number, hasNull = true): Json {
  const kind = below(random, depth > 3 ? 3 : 6);
  if (kind === 0) return below(random, 4);
  if (kind === 1) return pick(random, ["x", "y", ""]);
  if (kind === 2) return hasNull && chance(random, 0.3) ? null : chance(random, 0.5);
  const count = below(random, 4);
  const inner = () => anyJson(random, depth + 1, hasNull);
  if (kind === 3) return Array.from({ length: count }, inner);
  return Object.fromEntries(Array.from({ length: count }, () => [pick(random, keys), inner()]));
}

const anyMap = (random: Random, hasNull = true): JsonMap =>
  Object.fromEntries(
    Array.from({ length: 4 }, () => [pick(random, keys), anyJson(random, 1, hasNull)]),
  );

/** Tells the seed of a round that fails. */
function eachRound(check: (random: Random) => void): void {
  for (let seed = 1; seed <= rounds; seed++) {
    try {
      check(seededRandom(seed));
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  }
}

/** The patch that makes the one of the other: what goes is null. Neither has nulls of its own. */
function mergeDifference(from: Json, to: Json): Json {
  if (!isMap(from) || !isMap(to)) return to;
  const gone = Object.keys(from).filter((name) => !Object.hasOwn(to, name));
  const kept = Object.entries(to).filter(
    ([name, value]) =>
      !Object.hasOwn(from, name) || JSON.stringify(from[name]) !== JSON.stringify(value),
  );
  return Object.fromEntries([
    ...gone.map((name) => [name, null] as const),
    ...kept.map(([name, value]) => [
      name,
      Object.hasOwn(from, name) ? mergeDifference(from[name] as Json, value) : value,
    ]),
  ]);
}

test("a merge patch makes one document of another", () => {
  eachRound((random) => {
    const [from, to] = [anyMap(random, false), anyMap(random, false)];
    const patch = mergeDifference(from, to);
    deepEqual(applyMergePatch(deepFreeze(from), deepFreeze(patch)), to);
  });
});

class Refused extends Error {}

type Act = (container: Json, key: string) => Json;

/** The document with one place in it treated. */
function within(document: Json, [key = "", ...rest]: readonly string[], act: Act): Json {
  if (rest.length === 0) return act(document, key);
  return replaced(document, key, within(existing(document, key), rest, act));
}

function existing(container: Json, key: string): Json {
  if (Array.isArray(container))
    return (container as readonly Json[])[indexIn(container, key)] as Json;
  if (!isMap(container) || !Object.hasOwn(container, key)) throw new Refused();
  return container[key] as Json;
}

function indexIn(list: readonly Json[], key: string): number {
  const index = /^(0|[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN;
  if (!(index < list.length)) throw new Refused();
  return index;
}

function replaced(container: Json, key: string, value: Json): Json {
  if (Array.isArray(container)) return container.with(indexIn(container, key), value) as Json;
  if (!isMap(container)) throw new Refused();
  return { ...container, [key]: value };
}

function added(container: Json, key: string, value: Json): Json {
  if (!Array.isArray(container)) return replaced(container, key, value);
  const list: readonly Json[] = container;
  const index = key === "-" ? list.length : indexIn([...list, null], key);
  return list.toSpliced(index, 0, value);
}

function removed(container: Json, key: string): Json {
  existing(container, key);
  if (Array.isArray(container)) return (container as readonly Json[]).toSpliced(Number(key), 1);
  return Object.fromEntries(Object.entries(container as JsonMap).filter(([name]) => name !== key));
}

function found(document: Json, path: readonly string[]): Json {
  let value = document;
  within(document, path, (container, key) => {
    value = existing(container, key);
    return container;
  });
  return value;
}

interface Operation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: readonly string[];
  readonly from: readonly string[];
  readonly value: Json;
}

function performed(document: Json, { op, path, from, value }: Operation): Json {
  const add = (into: Json, what: Json): Json =>
    within(into, path, (at, key) => added(at, key, what));
  if (op === "add") return add(document, value);
  if (op === "remove") return within(document, path, removed);
  // As upstream's library: what is missing in a map is added.
  if (op === "replace") return within(document, path, (at, key) => replaced(at, key, value));
  if (op === "copy") return add(document, orNull(document, from));
  if (op === "move") return add(within(document, from, removed), found(document, from));
  if (JSON.stringify(sorted(orNull(document, path))) !== JSON.stringify(sorted(value)))
    throw new Refused();
  return document;
}

/** As upstream's library: what is missing in a map is null. */
function orNull(document: Json, path: readonly string[]): Json {
  let value: Json = null;
  within(document, path, (at, key) => {
    value = isMap(at) && !Object.hasOwn(at, key) ? null : existing(at, key);
    return at;
  });
  return value;
}

const sorted = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMap(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] as Json)]));
};

/** Mostly one that is there. */
function anyPath(random: Random, document: Json): readonly string[] {
  const path: string[] = [];
  let at = document;
  for (;;) {
    const names = Array.isArray(at)
      ? [...(at as readonly Json[]).keys(), "-", at.length].map(String)
      : isMap(at)
        ? [...Object.keys(at), pick(random, keys)]
        : [];
    const [first, ...others] = names;
    if (first === undefined) break;
    const key = pick(random, [first, ...others]);
    path.push(key);
    const next = Array.isArray(at) ? (at as readonly Json[])[Number(key)] : (at as JsonMap)[key];
    if (
      next === undefined ||
      !(Array.isArray(at) || Object.hasOwn(at as object, key)) ||
      chance(random, 0.4)
    )
      break;
    at = next;
  }
  return path.length === 0 ? [pick(random, keys)] : path;
}

const pointer = (path: readonly string[]): string =>
  path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

test("a JSON patch does what its operations say one by one, or nothing", () => {
  let refusals = 0;
  eachRound((random) => {
    const document = anyMap(random);
    const operations: object[] = [];
    let expected: Json | Refused = document;
    for (let i = below(random, 4); i >= 0 && !(expected instanceof Refused); i--) {
      const now: Json = expected;
      const path = anyPath(random, now);
      const op = pick(random, ["add", "remove", "replace", "move", "copy", "test"] as const);
      const isRight = op === "test" && chance(random, 0.6);
      const value = isRight ? attempt(() => orNull(now, path), null) : anyJson(random, 2);
      const from = anyPath(random, now);
      operations.push({ op, path: pointer(path), from: pointer(from), value });
      expected = attempt<Json | Refused>(
        () => performed(now, { op, path, from, value }),
        new Refused(),
      );
    }
    if (expected instanceof Refused) refusals++;
    deepEqual(outcome(document, operations), expected instanceof Refused ? "refused" : expected);
  });
  equal(refusals > rounds / 20 && refusals < rounds / 2, true, `${refusals} refusals`);
});

function attempt<T>(act: () => T, otherwise: T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof Refused) return otherwise;
    throw cause;
  }
}

function outcome(document: Json, operations: readonly object[]): unknown {
  try {
    return applyJsonPatch(deepFreeze(document), operations);
  } catch (cause) {
    if (cause instanceof PatchError) return "refused";
    throw cause;
  }
}

/** A container by its name: its image, and its variables by theirs. */
type Containers = ReadonlyMap<
  string,
  { readonly image: string; readonly env: ReadonlyMap<string, string> }
>;

const names = ["a", "b", "c", "d"] as const;
const values = ["1", "2"] as const;

const anyContainers = (random: Random): Containers =>
  new Map(
    names
      .filter(() => chance(random, 0.6))
      .map((name) => [
        name,
        {
          image: pick(random, values),
          env: new Map(
            names.filter(() => chance(random, 0.4)).map((key) => [key, pick(random, values)]),
          ),
        },
      ]),
  );

const listOf = (containers: Containers): readonly object[] =>
  Array.from(containers, ([name, { image, env }]) => ({ name, image, env: variablesOf(env) }));

const variablesOf = (env: ReadonlyMap<string, string>): readonly object[] =>
  Array.from(env, ([name, value]) => ({ name, value }));

/** What kubectl would send: what differs, and who is to go. */
function strategicDifference(from: Containers, to: Containers): object {
  const gone = [...from.keys()].filter((name) => !to.has(name));
  const items = Array.from(to, ([name, { image, env }]) => {
    const old = from.get(name);
    if (!old) return { name, image, env: variablesOf(env) };
    const oldEnv = old.env;
    const lost = [...oldEnv.keys()].filter((key) => !env.has(key));
    const changed = [...env].filter(([key, value]) => oldEnv.get(key) !== value);
    return {
      name,
      ...(old.image === image ? {} : { image }),
      // Between two empty lists there is nothing to tell, and nothing may be told.
      ...(oldEnv.size + env.size === 0
        ? {}
        : {
            env: [
              ...changed.map(([key, value]) => ({ name: key, value })),
              ...lost.map((key) => ({ name: key, $patch: "delete" })),
            ],
            "$setElementOrder/env": [...env.keys()].map((key) => ({ name: key })),
          }),
    };
  });
  if (from.size + to.size === 0) return {};
  return {
    spec: {
      containers: [...items, ...gone.map((name) => ({ name, $patch: "delete" }))],
      "$setElementOrder/containers": [...to.keys()].map((name) => ({ name })),
    },
  };
}

test("a strategic patch that tells what differs, who goes and in which order, makes the other", () => {
  eachRound((random) => {
    const [from, shuffled] = [anyContainers(random), anyContainers(random)];
    const to: Containers = new Map([...shuffled].toSorted(() => random.next() - 0.5));
    const patch = strategicDifference(from, to);
    const document = { spec: { containers: listOf(from) } };
    const result = applyStrategicPatch(Pod, deepFreeze(document), deepFreeze(patch));
    deepEqual(withoutEmpty(result), withoutEmpty({ spec: { containers: listOf(to) } }));
  });
});

/** A list of nobody is as good as none. */
const withoutEmpty = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_name, inner: unknown) =>
      Array.isArray(inner) && inner.length === 0 ? undefined : inner,
    ),
  );
