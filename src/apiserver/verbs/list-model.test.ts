/**
 * Lists of every sort against a model that keeps each state there ever was: pages, revisions, what becomes of a
 * continue token when its history is gone. `LIST_ROUNDS` draws more histories.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { below, chance, pick, type Random, seededRandom } from "#base/random.ts";
import { configMap, type Loose, startTestServer, type TestServer } from "../testing.ts";

const rounds = Number(process.env["LIST_ROUNDS"] ?? 12);
const stepsOfRound = 60;
const maps = "/api/v1/namespaces/default/configmaps";
const everywhere = "/api/v1/configmaps";

/** Every name with its number, in the order of a list. */
type State = readonly (readonly [name: string, number: string])[];

class World {
  readonly server: TestServer;
  readonly random: Random;
  /** By the revision that each began with. */
  readonly states = new Map<number, State>();
  /** Before this revision nothing is known any more. */
  compacted = 0;
  #now = new Map<string, string>();
  #number = 0;

  constructor(server: TestServer, random: Random) {
    this.server = server;
    this.random = random;
    this.#keep();
  }

  get revision(): number {
    return this.server.store.revision();
  }

  #keep(): void {
    this.states.set(
      this.revision,
      [...this.#now].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  stateAt(revision: number): State {
    for (let at = revision; ; at--) {
      const state = this.states.get(at);
      if (state) return state;
    }
  }

  async write(): Promise<void> {
    const name = `m${below(this.random, 12)}`;
    const number = String(this.#number++);
    const { server } = this;
    if (!this.#now.has(name)) await server.ask("POST", maps, { body: configMap(name, { number }) });
    else if (chance(this.random, 0.4)) await server.ask("DELETE", `${maps}/${name}`);
    else await server.ask("PUT", `${maps}/${name}`, { body: configMap(name, { number }) });
    if (this.#now.has(name) && (await server.send("GET", `${maps}/${name}`)).status === 404)
      this.#now.delete(name);
    else this.#now.set(name, number);
    this.#keep();
  }

  async compact(): Promise<void> {
    this.compacted = this.revision;
    await this.server.store.compact(this.revision);
  }
}

const stateIn = ({ items }: Loose): State =>
  items.map(({ metadata, data }: Loose) => [metadata.name, data.number]);

/** All pages of a list are of one moment, unless history goes away below them. */
async function readPages(world: World): Promise<void> {
  const { server, random } = world;
  const limit = 1 + below(random, 4);
  const at = pick(random, [maps, everywhere]);
  let page = await server.ask("GET", `${at}?limit=${limit}`);
  let revision = world.revision;
  let rest = world.stateAt(revision);
  for (;;) {
    equal(page.metadata.resourceVersion, String(revision));
    deepEqual(stateIn(page), rest.slice(0, limit));
    const last = rest[limit - 1]?.[0] ?? "";
    rest = rest.slice(limit);
    equal(page.metadata.remainingItemCount, rest.length === 0 ? undefined : rest.length);
    if (rest.length === 0) break;
    for (let i = below(random, 3); i > 0; i--) await world.write();
    if (chance(random, 0.2)) await world.compact();
    let token: string = page.metadata.continue;
    if (revision < world.compacted) {
      const status = await server.refused("GET", `${at}?limit=${limit}&continue=${token}`);
      deepEqual([status.code, status.reason], [410, "Expired"]);
      token = status.metadata.continue ?? "";
      revision = world.revision;
      rest = world.stateAt(revision).filter(([name]) => name > last);
    }
    page = await server.ask("GET", `${at}?limit=${limit}&continue=${token}`);
  }
  equal(page.metadata.continue, undefined);
}

/** A revision without a word of how to match it means exactly that one where there are pages. As upstream. */
function asksExactly(query: string, limit: string): boolean {
  if (query.includes("Match")) return query.endsWith("Exact");
  return query !== "" && query !== "resourceVersion=0" && limit !== "";
}

/** A list at a revision of the past, or not older than it, or whatever there is. */
async function readAt(world: World): Promise<void> {
  const { server, random } = world;
  const asked = Math.max(1, world.revision - below(random, 20));
  const limit = chance(random, 0.3) ? `&limit=${1 + below(random, 3)}` : "";
  const query = pick(random, [
    "",
    "resourceVersion=0",
    `resourceVersion=${asked}`,
    `resourceVersion=${asked}&resourceVersionMatch=NotOlderThan`,
    `resourceVersion=${asked}&resourceVersionMatch=Exact`,
  ]);
  const isExact = asksExactly(query, limit);
  if (isExact && asked < world.compacted) {
    const status = await server.refused("GET", `${maps}?${query}${limit}`);
    deepEqual([status.code, status.reason], [410, "Expired"]);
    return;
  }
  const list = await server.ask("GET", `${maps}?${query}${limit}`);
  const revision = Number(list.metadata.resourceVersion);
  const expected = world.stateAt(isExact ? asked : revision);
  // From the cache, whatever it has, all of it. As upstream.
  const isAny = query === "resourceVersion=0";
  deepEqual(
    stateIn(list),
    limit === "" || isAny ? expected : expected.slice(0, Number(limit.slice(7))),
  );
  if (isExact) equal(revision, asked);
  else ok(isAny || revision >= asked, `${query}: ${revision}`);
  if (query === "") equal(revision, world.revision);
}

function step(world: World): Promise<void> {
  const act = world.random.next();
  if (act < 0.5) return world.write();
  if (act < 0.55) return world.compact();
  return act < 0.75 ? readPages(world) : readAt(world);
}

test("lists show the state that was asked for, page by page, as long as it is known", async () => {
  for (let seed = 1; seed <= rounds; seed++) {
    await using server = await startTestServer();
    const world = new World(server, seededRandom(seed));
    try {
      for (let i = 0; i < stepsOfRound; i++) await step(world);
    } catch (cause) {
      throw new Error(`seed ${seed}`, { cause });
    }
  }
});
