/**
 * Requests that nobody in their right mind would send, made of good ones by a seeded hand. Whatever
 * comes, the server answers; it is never its own fault; what it refuses changes nothing, and what it
 * stores can be read, listed and written back as it is.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { seconds } from "#base/clock.ts";
import { seededRandom } from "#base/random.ts";
import type { ApiResponse } from "#api/request.ts";
import { respond } from "../encoding/respond.ts";
import { bodyOf, testRequest } from "../testing.ts";
import { Mutator, type Odd } from "./odd-requests.ts";
import { startWorld, type World } from "./testing.ts";

const rounds = 700;

for (const seed of [1, 2, 3]) {
  test(`odd requests, seed ${seed}`, async () => {
    const world = await startWorld();
    const odd = new Mutator(seededRandom(seed));
    const answers = new Map<number, number>();
    for (let round = 0; round < rounds; round++) {
      const request = odd.request();
      const status = await probe(world, request, `seed ${seed}, round ${round}: ${show(request)}`);
      answers.set(status, (answers.get(status) ?? 0) + 1);
    }
    // It must get somewhere: in at the door, and turned away for many reasons.
    for (const wanted of [200, 201, 400, 404, 422]) ok(answers.has(wanted), `no ${wanted}`);
    await checkStored(world);
  });
}

const show = ({ method, target, call }: Odd): string =>
  `${method} ${target} ${JSON.stringify({ ...call, body: String(call.body).slice(0, 2_000) })}`;

async function probe(world: World, { method, target, call }: Odd, what: string): Promise<number> {
  const before = world.revision();
  const request = testRequest(method, target, call);
  const response = await settled(world, Promise.resolve(world.handle(request)), what);
  ok(response.status !== 500, `${what}: ${JSON.stringify(bodyOf(response))}`);
  if (response.status >= 400 && !isPage(response)) {
    const { kind, status, code, reason, message } = bodyOf(response);
    deepEqual([kind, status, code], ["Status", "Failure", response.status], what);
    ok(typeof reason === "string" && reason !== "" && typeof message === "string", what);
    equal(world.revision(), before, `${what}: refused, and yet something was written`);
  }
  await end(response);
  if (response.body.is !== "upgraded" && response.body.is !== "watch") {
    try {
      await respond(request, response);
    } catch (cause) {
      throw new Error(`${what}: cannot be answered`, { cause });
    }
  }
  return response.status;
}

/** What a path gets that nobody knows. */
const isPage = ({ status, body }: ApiResponse): boolean =>
  status === 404 &&
  (body.is === "none" || (body.is === "bytes" && body.contentType.startsWith("text/plain")));

/** Some wait for a state that will never come: until their time is over. */
async function settled<T>({ clock }: World, answer: Promise<T>, what: string): Promise<T> {
  const state = { isSettled: false };
  const settle = (): void => void (state.isSettled = true);
  answer.then(settle, settle);
  for (let turn = 0; turn < 100_000 && !state.isSettled; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turn % 50 === 49 && turn < 500) clock.advance(seconds(1));
  }
  ok(state.isSettled, `${what}: never answered`);
  return answer;
}

async function end({ body }: ApiResponse): Promise<void> {
  if (body.is === "watch") await body.events[Symbol.asyncIterator]().return?.();
}

/** What got through is whole. */
async function checkStored(world: World): Promise<void> {
  for (const path of await listPaths(world)) {
    const { items = [] } = await world.ask("GET", path);
    for (const { metadata, kind, apiVersion } of items) {
      const { name, namespace } = metadata;
      const at = namespace ? path.replace(/\/([^/]+)$/, `/namespaces/${namespace}/$1`) : path;
      const target = `${at}/${encodeURIComponent(name)}`;
      const found = await world.ask("GET", target);
      deepEqual([found.kind, found.apiVersion], [kind, apiVersion], target);
      const again = await world.ask("PUT", target, { body: found });
      deepEqual(again, found, `PUT ${target} of what is there`);
    }
  }
}

/** Everything that can be listed and updated. */
async function listPaths({ ask }: World): Promise<readonly string[]> {
  const { groups } = await ask("GET", "/apis");
  const versions: readonly string[] = groups.flatMap(
    ({ versions: all }: { versions: readonly { groupVersion: string }[] }) =>
      all.map(({ groupVersion }) => `/apis/${groupVersion}`),
  );
  const lists = ["/api/v1", ...versions].map(async (root) => {
    const { resources } = await ask("GET", root);
    return (resources as readonly { name: string; verbs: readonly string[] }[])
      .filter(({ name, verbs }) => !name.includes("/") && verbs.includes("update"))
      .map(({ name }) => `${root}/${name}`);
  });
  return (await Promise.all(lists)).flat();
}
