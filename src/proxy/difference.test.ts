import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { difference, emptyInventory, type Inventory, isEmpty, note } from "./difference.ts";
import { elementId, type RuleSet } from "./rules.ts";
import { facts, randomRules, rulesFor, service, slice } from "./testing.ts";
import { serviceRules } from "./service-rules.ts";

function inventoryOf({ chains, sets, elements }: RuleSet): Inventory {
  return {
    chains: new Map([...chains].map(([name, { print }]) => [name, print])),
    sets: new Set(sets.keys()),
    elements: new Map([...elements].map(([id, { verdict }]) => [id, verdict ?? ""])),
  };
}

test("the difference between any two rule sets turns the one into the other", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const inventory = inventoryOf(randomRules(random));
    const after = randomRules(random);
    note(inventory, difference(inventory, after));
    deepEqual(inventory, inventoryOf(after), `seed ${seed}`);
  }
});

test("between equal rule sets there is none", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const one = randomRules(seededRandom(seed));
    equal(isEmpty(difference(inventoryOf(one), randomRules(seededRandom(seed)))), true);
  }
});

test("an endpoint that goes changes one chain and one element, among a hundred services", () => {
  const many = Array.from({ length: 100 }, (_, i) => {
    const spec = { clusterIP: `10.96.1.${i}` };
    const endpoints = slice([`10.244.0.${i}`, `10.244.1.${i}`], { of: `web-${i}` });
    return [service({ name: `web-${i}`, spec }), endpoints] as const;
  });
  const desired = rulesFor(many);
  const inventory = inventoryOf(desired);
  desired.takeTouched();
  const [moved] = many[50] ?? [service()];
  const rules = serviceRules(moved, [slice(["10.244.0.50"], { of: "web-50" })], facts);
  desired.replace("default/web-50", rules.fragment);
  const change = difference(inventory, desired, desired.takeTouched());
  deepEqual(
    [
      change.changedChains.map(({ name }) => name),
      change.removedElements.map(elementId),
      change.addedChains.length + change.addedElements.length + change.changedElements.length,
    ],
    [["svc/default/web-50/tcp/80"], ["hairpins 10.244.1.50 10.244.1.50"], 0],
  );
});

test("looking only at what was touched finds the same as looking everywhere", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = seededRandom(seed);
    const desired = randomRules(random);
    const inventory = inventoryOf(desired);
    desired.takeTouched();
    const [name = ""] = random.next() < 0.5 ? ["default/web"] : [""];
    const more = serviceRules(service(), [slice(["10.244.0.9"])], facts).fragment;
    desired.replace("default/web", more);
    if (random.next() < 0.5) desired.replace(name, undefined);
    const everywhere = difference(inventory, desired);
    const touched = difference(inventory, desired, desired.takeTouched());
    const names = (change: typeof touched): object =>
      Object.fromEntries(
        Object.entries(change).map(([part, values]) => [
          part,
          values.map((value: unknown) => JSON.stringify(value)).sort(),
        ]),
      );
    deepEqual(names(touched), names(everywhere), `seed ${seed}`);
  }
});

test("from nothing, everything is added", () => {
  const rules = rulesFor([[service(), slice(["10.244.0.5"])]]);
  const inventory = emptyInventory();
  const change = difference(inventory, rules);
  note(inventory, change);
  deepEqual(inventory, inventoryOf(rules));
  equal(change.removedChains.length + change.changedChains.length, 0);
});
