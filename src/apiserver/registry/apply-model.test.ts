/**
 * Server-side apply by several managers, against a model that knows sets of paths and nothing else. `APPLY_ROUNDS`
 * draws more histories.
 */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { chance, pick, type Random, seededRandom } from "#base/random.ts";
import { configMap, type Loose, startTestServer, type TestServer } from "../testing.ts";

const rounds = Number(process.env["APPLY_ROUNDS"] ?? 10);
const stepsOfRound = 40;
const maps = "/api/v1/namespaces/default/configmaps";

/** Leaves by their path, as `data/a`; a finalizer's value is its name. */
type Fields = ReadonlyMap<string, string>;

const allPaths = [
  "data/a",
  "data/b",
  "data/c",
  "labels/x",
  "labels/y",
  "finalizers/e.x/1",
  "finalizers/e.x/2",
];

function anyFields(random: Random): Fields {
  const chosen = allPaths.filter(() => chance(random, 0.4));
  return new Map(
    chosen.map((path) => [
      path,
      path.startsWith("fin") ? path.slice(11) : pick(random, ["1", "2"]),
    ]),
  );
}

function objectOf(fields: Fields): Loose {
  const part = (name: string): Entries =>
    [...fields]
      .filter(([path]) => path.startsWith(`${name}/`))
      .map(([path, value]) => [path.slice(name.length + 1), value] as const);
  const orNone = <T>(entries: Entries, value: T): T | undefined =>
    entries.length > 0 ? value : undefined;
  const [data, labels, finalizers] = [part("data"), part("labels"), part("finalizers")];
  const metadata = {
    labels: orNone(labels, Object.fromEntries(labels)),
    finalizers: orNone(
      finalizers,
      finalizers.map(([, value]) => value),
    ),
  };
  return { ...configMap("a", {}, metadata), data: orNone(data, Object.fromEntries(data)) };
}

type Entries = readonly (readonly [string, string])[];

const fieldsOf = ({ data = {}, metadata: { labels = {}, finalizers = [] } }: Loose): Fields =>
  new Map([
    ...Object.entries<string>(data).map(([key, value]) => [`data/${key}`, value] as const),
    ...Object.entries<string>(labels).map(([key, value]) => [`labels/${key}`, value] as const),
    ...(finalizers as string[]).map((value) => [`finalizers/${value}`, value] as const),
  ]);

/** By `manager operation`; `data/.` is the map itself. */
type Owners = Readonly<Record<string, readonly string[]>>;

const isPart = (path: string): boolean => path.endsWith("/.");

/** Without maps and lists themselves. */
const leavesOf = (owners: Owners): Owners =>
  Object.fromEntries(
    Object.entries(owners)
      .map(([who, paths]) => [who, paths.filter((path) => !isPart(path))] as const)
      .filter(([, paths]) => paths.length > 0),
  );

function ownersIn({ metadata: { managedFields = [] } }: Loose): Owners {
  const entries = (managedFields as Loose[]).map(({ manager, operation, fieldsV1 }) => {
    const { "f:data": data, "f:metadata": { "f:labels": labels, "f:finalizers": items } = {} } =
      fieldsV1;
    const owned = [
      ...named("data", data),
      ...named("labels", labels),
      ...named("finalizers", items),
    ];
    return [`${manager} ${operation}`, owned.toSorted()] as const;
  });
  return Object.fromEntries(entries);
}

/** Where nothing is below it, the part itself is meant. */
function named(part: string, set: object | undefined): readonly string[] {
  if (!set) return [];
  const keys = Object.keys(set);
  return keys.length === 0 ? [`${part}/.`] : keys.map((key) => `${part}/${nameIn(key)}`);
}

/** `f:a`, or `v:"e.x/1"`. */
const nameIn = (key: string): string =>
  key === "." ? key : key.startsWith("f:") ? key.slice(2) : JSON.parse(key.slice(2));

/** The maps and lists themselves, which whoever updates owns, too, when they come. */
function withParts(fields: Fields): Map<string, string> {
  const parts = [...fields.keys()].map((path) => `${path.slice(0, path.indexOf("/"))}/.`);
  return new Map([...fields, ...parts.map((part) => [part, "."] as const)]);
}

class Model {
  live = new Map<string, string>();
  readonly #owners = new Map<string, Set<string>>();

  constructor(manager: string, first: Fields) {
    this.live = withParts(first);
    this.#owners.set(`${manager} Update`, new Set(this.live.keys()));
  }

  get owners(): Owners {
    const entries = Array.from(this.#owners, ([who, set]) => [who, [...set].toSorted()] as const);
    return leavesOf(Object.fromEntries(entries));
  }

  /** Who owns a map or list itself when it is emptied and filled again is not ours to say: as it was found. */
  takeParts(found: Owners): void {
    for (const set of this.#owners.values())
      for (const path of set) if (isPart(path)) set.delete(path);
    for (const [who, paths] of Object.entries(found)) {
      const set = this.#owners.get(who) ?? new Set();
      for (const path of paths.filter(isPart)) set.add(path);
      this.#owners.set(who, set);
    }
  }

  get #isUntold(): boolean {
    return this.#owners.values().every(({ size }) => size === 0);
  }

  /** False when it is refused, and nothing happens. */
  apply(manager: string, wanted: Fields, isForced: boolean): boolean {
    const who = `${manager} Apply`;
    const before = "before-first-apply Update";
    const wasUntold = this.#isUntold;
    if (wasUntold) this.#owners.set(before, new Set(this.live.keys()));
    const others = this.#others(who);
    // A map that is gone and still somebody's is not made anew without a word. As upstream.
    const contested = Array.from(withParts(wanted)).flatMap(([path, value]) =>
      this.live.get(path) !== value && others.some((set) => set.has(path)) ? [path] : [],
    );
    if (contested.length > 0 && !isForced) {
      if (wasUntold) this.#owners.delete(before);
      return false;
    }
    for (const set of others) for (const path of contested) set.delete(path);
    this.#become(who, wanted);
    return true;
  }

  /** What a manager no longer wants goes, unless somebody else owns it, too. */
  #become(who: string, wanted: Fields): void {
    for (const path of this.#owners.get(who) ?? []) {
      const isShared = this.#others(who).some((set) => set.has(path));
      if (!wanted.has(path) && !isShared) this.live.delete(path);
    }
    const leaves = [...this.live].filter(([path]) => !isPart(path));
    this.live = withParts(new Map([...leaves, ...wanted]));
    this.#owners.set(who, new Set(wanted.keys()));
  }

  /** The object becomes what it is told to be. As upstream, nobody owns what is new where nobody owned anything. */
  update(manager: string, fields: Fields): void {
    const wanted = withParts(fields);
    const changed = [...wanted.keys()].filter((path) => this.live.get(path) !== wanted.get(path));
    const gone = [...this.live.keys()].filter((path) => !wanted.has(path));
    this.live = wanted;
    if (this.#isUntold) return;
    for (const set of this.#owners.values())
      for (const path of [...changed, ...gone]) set.delete(path);
    const who = `${manager} Update`;
    this.#owners.set(who, new Set([...(this.#owners.get(who) ?? []), ...changed]));
  }

  #others(who: string): readonly Set<string>[] {
    return Array.from(this.#owners)
      .filter(([other]) => other !== who)
      .map(([, set]) => set);
  }
}

const managers = ["ann", "bob", "cat"] as const;

async function step(server: TestServer, model: Model, random: Random): Promise<string> {
  const manager = pick(random, managers);
  const fields = anyFields(random);
  const told = JSON.stringify(Object.fromEntries(fields));
  if (chance(random, 0.3)) {
    const now = await server.ask("GET", `${maps}/a`);
    const { metadata } = objectOf(fields);
    const body = {
      ...objectOf(fields),
      metadata: { ...now.metadata, labels: undefined, finalizers: undefined, ...metadata },
    };
    await server.ask("PUT", `${maps}/a?fieldManager=${manager}`, { body });
    model.update(manager, fields);
    return `${manager} updates ${told}`;
  }
  const isForced = chance(random, 0.3);
  const target = `${maps}/a?fieldManager=${manager}${isForced ? "&force=true" : ""}`;
  const type = "application/apply-patch+yaml";
  const { status } = await server.send("PATCH", target, { body: objectOf(fields), type });
  const isDone = model.apply(manager, fields, isForced);
  equal(status, isDone ? 200 : 409, `${manager} applies ${told}`);
  return `${manager} applies ${told}${isForced ? " by force" : ""}`;
}

test("whatever managers apply, force and update, who owns what is what the model says", async () => {
  for (let seed = 1; seed <= rounds; seed++) {
    await using server = await startTestServer();
    const random = seededRandom(seed);
    const story: string[] = [];
    const first = anyFields(random);
    const model = new Model("ann", first);
    await server.ask("POST", `${maps}?fieldManager=ann`, { body: objectOf(first) });
    for (let i = 0; i < stepsOfRound; i++) {
      story.push(await step(server, model, random));
      const found = await server.ask("GET", `${maps}/a`);
      const owners = ownersIn(found);
      model.takeParts(owners);
      const actual = [Object.fromEntries(fieldsOf(found)), leavesOf(owners)];
      const expected = [
        Object.fromEntries([...model.live].filter(([path]) => !isPart(path))),
        model.owners,
      ];
      deepEqual(
        actual,
        expected,
        `seed ${seed}, step ${i}: ${story.slice(-4).join("; ")}\n${JSON.stringify(actual)}\n${JSON.stringify(expected)}`,
      );
    }
  }
});
