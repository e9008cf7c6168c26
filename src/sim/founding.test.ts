/** An empty store is filled at once, past admission and validation: here it is held against the way through all of that. */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { memoryStore } from "#store/backends/memory.ts";
import type { Store } from "#store/store.ts";
import { VirtualClock } from "./clock.ts";
import { createControlPlane } from "./control-plane.ts";
import { settingsFor } from "./settings.ts";
import { seededSigningKey } from "./signing-key.ts";
import { testAuthority } from "./test-authority.ts";

const unused = (): never => {
  throw new Error("not part of this test");
};

/** What a cluster starts with, by its key in the store: the JSON of each object but for what differs from write to write. */
async function begunWith(store: Store): Promise<ReadonlyMap<string, string>> {
  const clock = new VirtualClock();
  await using control = createControlPlane({
    ...settingsFor(1, testAuthority),
    store,
    clock,
    random: seededRandom(1),
    log: silent,
    http: { call: unused, upgrade: unused },
    kubelets: { call: unused, upgrade: unused },
    frontProxyCa: "FRONT",
    signingKey: () => seededSigningKey(seededRandom(1)),
    isFreezing: true,
  });
  await control.start(new AbortController().signal);
  await clock.settle();
  const { entries } = await store.range({ prefix: "/registry/" });
  const plain = (value: Uint8Array): string =>
    Buffer.from(value)
      .toString()
      .replace(/"uid":"[^"]+"/, '"uid":""');
  return new Map(entries.map(({ key, value }) => [key, plain(value)]));
}

test("an empty store is given the same objects that pass admission, defaulting and validation one by one", async () => {
  const empty = memoryStore();
  const founded = await begunWith(empty);
  const touched = memoryStore();
  await touched.commit({ guards: [], writes: [{ key: "/elsewhere", value: Buffer.from("{}") }] });
  const made = await begunWith(touched);
  ok(founded.size > 190, `${founded.size} objects`);
  ok(touched.revision() > empty.revision() + 150, "object by object");
  deepEqual([...founded.keys()], [...made.keys()]);
  for (const [key, json] of made) deepEqual([key, founded.get(key)], [key, json]);
});
