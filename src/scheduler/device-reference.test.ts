/**
 * A slow, obvious allocator beside the real one: every way to give devices to requests is tried, and
 * checked in the end only. Random devices and claims must find the same nodes with both, and what
 * the real one hands out must pass the check.
 */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { matchesNodeSelector } from "#api/core/node-affinity.ts";
import type { Node } from "#api/core/node.ts";
import { DeviceClass } from "#api/resource/deviceclass.ts";
import type { DeviceConstraint, DeviceRequest, DeviceToleration } from "#api/resource/device.ts";
import { type AllocationResult, ResourceClaim } from "#api/resource/resourceclaim.ts";
import { type Device, ResourceSlice } from "#api/resource/resourceslice.ts";
import { below, chance, type Random, seededRandom } from "#base/random.ts";
import { resultOf } from "./devices/allocation-result.ts";
import { allocate } from "./devices/allocator.ts";
import { DeviceIndex } from "./devices/device-index.ts";
import { wantedBy } from "./devices/wanted-devices.ts";
import { dynamicResources } from "./plugins/dynamic-resources.ts";
import { Examiner } from "./plugins/testing.ts";
import { nodeOf, podOf, snapshotOf } from "./snapshot/testing.ts";

// The reference.

const driver = "gpu.example.com";

/** Expressions, and what they mean. */
const meanings: Readonly<Record<string, (device: Device) => boolean>> = {
  [`device.driver == "${driver}"`]: () => true,
  [`device.attributes["${driver}"].kind == "big"`]: (device) =>
    device.attributes?.["kind"]?.string === "big",
  [`device.attributes["${driver}"].numa >= 1`]: (device) =>
    (device.attributes?.["numa"]?.int ?? 0) >= 1,
  [`device.capacity["${driver}"].memory.compareTo(quantity("20Gi")) >= 0`]: (device) =>
    device.capacity?.["memory"]?.value === "40Gi",
};
const expressions = Object.keys(meanings);

interface Found {
  readonly device: Device;
  readonly slice: ResourceSlice;
}

interface World {
  readonly slices: readonly ResourceSlice[];
  readonly claims: readonly ResourceClaim[];
  readonly classes: ReadonlyMap<string, DeviceClass>;
}

const idOf = ({ device, slice }: Found): string => `${slice.spec.pool.name}/${device.name}`;

const reaches = (node: Node, { device, slice: { spec } }: Found): boolean => {
  const by = spec.perDeviceNodeSelection ? device : spec;
  if (by.nodeName) return by.nodeName === node.metadata.name;
  return (
    by.allNodes === true || (by.nodeSelector ? matchesNodeSelector(by.nodeSelector, node) : false)
  );
};

const isWhole = ({ spec: { pool } }: ResourceSlice, { slices }: World): boolean => {
  const ofPool = slices.filter(({ spec }) => spec.pool.name === pool.name);
  const newest = Math.max(...ofPool.map(({ spec }) => spec.pool.generation));
  const members = ofPool.filter(({ spec }) => spec.pool.generation === newest);
  return pool.generation === newest && members.length === pool.resourceSliceCount;
};

const usable = (node: Node, world: World): readonly Found[] =>
  world.slices
    .filter((slice) => isWhole(slice, world))
    .flatMap((slice) => (slice.spec.devices ?? []).map((device) => ({ device, slice })))
    .filter((found) => reaches(node, found));

const takenIn = ({ claims }: World): ReadonlySet<string> =>
  new Set(
    claims.flatMap(({ status }) =>
      (status.allocation?.devices?.results ?? [])
        .filter(({ adminAccess }) => !adminAccess)
        .map(({ pool, device }) => `${pool}/${device}`),
    ),
  );

interface Slot {
  readonly name: string;
  readonly asked: NonNullable<DeviceRequest["exactly"]>;
}

/** Every choice of one alternative for each request. */
function choices({ spec }: ResourceClaim): readonly (readonly Slot[])[] {
  let all: (readonly Slot[])[] = [[]];
  for (const { name, exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    const slots: Slot[] = exactly
      ? [{ name, asked: exactly }]
      : firstAvailable.map((one) => ({ name: `${name}/${one.name}`, asked: one as Slot["asked"] }));
    all = all.flatMap((before) => slots.map((slot) => [...before, slot]));
  }
  return all;
}

const suits = ({ asked }: Slot, { device }: Found, { classes }: World): boolean =>
  [...(classes.get(asked.deviceClassName)?.spec.selectors ?? []), ...(asked.selectors ?? [])].every(
    ({ cel }) => meanings[cel?.expression ?? ""]?.(device),
  );

const isTolerated = (tolerations: readonly DeviceToleration[] = [], { device }: Found): boolean =>
  (device.taints ?? []).every(
    (taint) => taint.effect === "None" || tolerations.some(({ key }) => key === taint.key),
  );

interface Given {
  readonly slot: Slot;
  readonly found: Found;
}

/** All ways to give devices to these slots, right or wrong. */
function* waysTo(
  slots: readonly Slot[],
  devices: readonly Found[],
  world: World,
): Generator<Given[]> {
  const [slot, ...rest] = slots;
  if (!slot) {
    yield [];
    return;
  }
  const fitting = devices.filter((found) => suits(slot, found, world));
  const isAll = slot.asked.allocationMode === "All";
  const everything = fitting.length > 0 ? [fitting] : [];
  const sets = isAll ? everything : subsets(fitting, slot.asked.count ?? 1);
  for (const set of sets) {
    const given = set.map((found) => ({ slot, found }));
    for (const more of waysTo(rest, devices, world)) yield [...given, ...more];
  }
}

function subsets<T>(items: readonly T[], count: number): readonly (readonly T[])[] {
  if (count === 0) return [[]];
  return items.flatMap((item, i) =>
    subsets(items.slice(i + 1), count - 1).map((others) => [item, ...others]),
  );
}

function isRight(given: readonly Given[], claim: ResourceClaim, world: World): boolean {
  const taken = takenIn(world);
  const ids = given.map(({ found }) => idOf(found));
  if (new Set(ids).size < ids.length || ids.length > 32) return false;
  if (given.some(({ slot, found }) => !slot.asked.adminAccess && taken.has(idOf(found))))
    return false;
  if (given.some(({ slot, found }) => !isTolerated(slot.asked.tolerations, found))) return false;
  return (
    (claim.spec.devices?.constraints ?? []).every((constraint) => holds(constraint, given)) &&
    staysInCounters(given, world)
  );
}

function holds(
  { requests = [], matchAttribute, distinctAttribute }: DeviceConstraint,
  given: readonly Given[],
) {
  const meant = given.filter(
    ({ slot: { name } }) =>
      requests.length === 0 ||
      requests.includes(name) ||
      requests.includes(name.split("/")[0] ?? ""),
  );
  const attribute = (matchAttribute ?? distinctAttribute ?? "").slice(driver.length + 1);
  const values = meant.map(({ found }) => found.device.attributes?.[attribute]);
  if (values.includes(undefined)) return false;
  const different = new Set(values.map((value) => JSON.stringify(value))).size;
  return matchAttribute ? different <= 1 : different === values.length;
}

function staysInCounters(given: readonly Given[], world: World): boolean {
  const taken = takenIn(world);
  const amount = ({ consumesCounters = [] }: Device): number =>
    consumesCounters.reduce(
      (sum, { counters }) => sum + Number.parseInt(counters?.["memory"]?.value ?? "0", 10),
      0,
    );
  return world.slices.every((slice) => {
    const set = slice.spec.sharedCounters?.[0];
    if (!set || !isWhole(slice, world)) return true;
    const ofPool = world.slices
      .filter((one) => isWhole(one, world) && one.spec.pool.name === slice.spec.pool.name)
      .flatMap((one) => (one.spec.devices ?? []).map((device) => ({ device, slice: one })));
    const before = ofPool.filter((found) => taken.has(idOf(found)));
    // Who only looks on takes from the counters as well.
    const now = given
      .map(({ found }) => found)
      .filter(({ slice: { spec } }) => spec.pool.name === slice.spec.pool.name);
    const consuming = now.filter(({ device }) => device.consumesCounters?.length);
    const sum = [...before, ...now].reduce((total, { device }) => total + amount(device), 0);
    return (
      consuming.length === 0 || sum <= Number.parseInt(set.counters?.["memory"]?.value ?? "0", 10)
    );
  });
}

function isFeasible(node: Node, claim: ResourceClaim, world: World): boolean {
  const devices = usable(node, world);
  for (const slots of choices(claim))
    for (const given of waysTo(slots, devices, world))
      if (isRight(given, claim, world)) return true;
  return false;
}

// Random worlds.

const oneOf = <T>(random: Random, items: readonly T[]): T =>
  items[below(random, items.length)] as T;

function randomDevice(random: Random, name: string, more: object): object {
  return {
    name,
    attributes: {
      ...(chance(random, 0.8)
        ? { kind: { string: oneOf(random, ["big", "small"]) } }
        : { kind: { string: "odd" } }),
      numa: { int: below(random, 3) },
      ...(chance(random, 0.7) ? { rack: { string: oneOf(random, ["r1", "r2"]) } } : {}),
    },
    capacity: { memory: { value: oneOf(random, ["10Gi", "40Gi"]) } },
    ...(chance(random, 0.2)
      ? { taints: [{ key: "broken", effect: oneOf(random, ["NoSchedule", "NoExecute", "None"]) }] }
      : {}),
    ...more,
  };
}

function randomSlices(random: Random, nodes: readonly string[]): readonly ResourceSlice[] {
  const pools = [...nodes, "everywhere", "zone", "each"];
  return pools.flatMap((pool) => {
    const generation = 1 + below(random, 2);
    const hasCounters = chance(random, 0.3);
    const count = hasCounters ? 2 : 1;
    const isBroken = chance(random, 0.1);
    const where = placeOf(random, pool);
    const consumes = hasCounters
      ? {
          consumesCounters: [
            { counterSet: "card", counters: { memory: { value: oneOf(random, ["1", "2"]) } } },
          ],
        }
      : {};
    const selects = where.perDeviceNodeSelection
      ? () => ({ nodeName: oneOf(random, nodes) })
      : () => ({});
    const devices = Array.from({ length: below(random, 4) }, (_, i) =>
      randomDevice(random, `d${i}`, { ...consumes, ...selects() }),
    );
    const make = (name: string, spec: object, of: object): ResourceSlice =>
      objectOf(name, {
        driver,
        ...where,
        pool: { name: pool, generation, resourceSliceCount: isBroken ? count + 1 : count, ...of },
        ...spec,
      });
    return [
      make(`${pool}-now`, { devices }, {}),
      ...(hasCounters
        ? [
            make(
              `${pool}-counters`,
              { sharedCounters: [{ name: "card", counters: { memory: { value: "3" } } }] },
              {},
            ),
          ]
        : []),
      ...(chance(random, 0.3)
        ? [
            make(
              `${pool}-old`,
              { devices: [randomDevice(random, "old", selects())] },
              { generation: 0, resourceSliceCount: 1 },
            ),
          ]
        : []),
    ];
  });
}

interface Place {
  readonly allNodes?: boolean;
  readonly perDeviceNodeSelection?: boolean;
  readonly nodeName?: string;
  readonly nodeSelector?: object;
}

function placeOf(random: Random, pool: string): Place {
  if (pool === "everywhere") return { allNodes: true };
  if (pool === "each") return { perDeviceNodeSelection: true };
  if (pool !== "zone") return { nodeName: pool };
  const values = [oneOf(random, ["z1", "z2"])];
  return {
    nodeSelector: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values }] }],
    },
  };
}

const objectOf = (name: string, spec: object): ResourceSlice =>
  ({ apiVersion: "resource.k8s.io/v1", kind: "ResourceSlice", metadata: { name }, spec }) as never;

function randomAsk(random: Random): object {
  const isAll = chance(random, 0.2);
  return {
    deviceClassName: oneOf(random, ["any", "big"]),
    ...(chance(random, 0.4)
      ? { selectors: [{ cel: { expression: oneOf(random, expressions) } }] }
      : {}),
    ...(isAll
      ? { allocationMode: "All" }
      : { allocationMode: "ExactCount", count: 1 + below(random, 2) }),
    ...(chance(random, 0.3) ? { tolerations: [{ key: "broken", operator: "Exists" }] } : {}),
  };
}

function randomClaim(random: Random, name: string): object {
  const requests = Array.from({ length: 1 + below(random, 2) }, (_, i) =>
    chance(random, 0.25)
      ? {
          name: `r${i}`,
          firstAvailable: ["a", "b"].map((one) => ({ name: one, ...randomAsk(random) })),
        }
      : {
          name: `r${i}`,
          exactly: { ...randomAsk(random), ...(chance(random, 0.15) ? { adminAccess: true } : {}) },
        },
  );
  const attribute = `${driver}/${oneOf(random, ["rack", "numa"])}`;
  const on = chance(random, 0.4) ? { requests: ["r0"] } : {};
  const constraint = chance(random, 0.5)
    ? { matchAttribute: attribute }
    : { distinctAttribute: attribute };
  const constraints = chance(random, 0.4) ? { constraints: [{ ...on, ...constraint }] } : {};
  return {
    metadata: { namespace: "default", name, uid: name },
    spec: { devices: { requests, ...constraints } },
  };
}

/** Some devices belong to somebody already. */
function randomHolder(random: Random, slices: readonly ResourceSlice[]): object {
  const all = slices.flatMap(({ spec }) =>
    (spec.devices ?? []).map(({ name }) => ({
      driver,
      pool: spec.pool.name,
      device: name,
      request: "r0",
    })),
  );
  const results = all.filter(() => chance(random, 0.25));
  return { ...randomClaim(random, "holder"), status: { allocation: { devices: { results } } } };
}

const classes = ["any", "big"].map((name) => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "DeviceClass",
  metadata: { name },
  spec: name === "any" ? {} : { selectors: [{ cel: { expression: expressions[1] } }] },
})) as unknown as readonly DeviceClass[];

const names = ["n1", "n2", "n3"];

function worldOf(seed: number) {
  const random = seededRandom(seed);
  const nodes = names.map((name) =>
    nodeOf(name, { labels: { zone: oneOf(random, ["z1", "z2"]) } }),
  );
  const slices = randomSlices(random, names);
  const { snapshot, objects } = snapshotOf(nodes);
  for (const one of classes) objects.put(DeviceClass, one);
  for (const slice of slices) objects.put(ResourceSlice, slice);
  objects.put(ResourceClaim, randomHolder(random, slices));
  objects.put(ResourceClaim, randomClaim(random, "wanted"));
  const claims = objects.list(ResourceClaim);
  const claim = claims.find(({ metadata }) => metadata.name === "wanted")!;
  const byName = new Map(classes.map((one) => [one.metadata.name ?? "", one]));
  const world: World = { slices, claims, classes: byName };
  return { nodes, snapshot, claim, world };
}

/** What the real allocator gives, checked by the reference. */
function handedOut(node: Node, claim: ResourceClaim, world: World): AllocationResult | undefined {
  const task = { claim, requests: wantedBy(claim, (name) => world.classes.get(name)) };
  const taken = takenIn(world);
  const isInUse = (id: string): boolean => taken.has(id.slice(driver.length + 1));
  const devices = new DeviceIndex(world.slices).on(node);
  const picks = allocate({ tasks: [task], devices, isInUse })?.[0];
  if (!picks) return undefined;
  const given = picks.map(({ wanted, known }) => ({
    slot: choices(claim)
      .flat()
      .find(({ name }) => name === wanted.name)!,
    found: { device: known.device, slice: known.slice },
  }));
  ok(isRight(given, claim, world), "what was handed out breaks a rule");
  return resultOf(task, picks);
}

const seeds = 400;

test("the same nodes will do as when every way to give out devices is tried", () => {
  const seen = { fine: 0, refused: 0, judged: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const { nodes, snapshot, claim, world } = worldOf(seed);
    const pod = podOf("p", {
      spec: { resourceClaims: [{ name: "c", resourceClaimName: "wanted" }] },
    });
    let said;
    try {
      said = new Examiner(snapshot, [dynamicResources]).filter(pod);
    } catch (error) {
      // All devices are asked for, of a pool that is broken or against a constraint: no answer.
      ok(
        /asks for all devices|constraint would not be satisfied/.test(String(error)),
        String(error),
      );
      continue;
    }
    seen.judged++;
    for (const node of nodes) {
      const name = node.metadata.name ?? "";
      const expected = isFeasible(node, claim, world);
      seen[expected ? "fine" : "refused"]++;
      deepEqual(
        [name, said[name]],
        [name, expected ? "fine" : "cannot allocate all claims!"],
        `seed ${seed}: ${JSON.stringify(claim.spec)}`,
      );
      const result = handedOut(node, claim, world);
      ok((result !== undefined) === expected);
      if (result?.nodeSelector) ok(matchesNodeSelector(result.nodeSelector, node));
    }
  }
  ok(seen.fine > seeds / 4 && seen.refused > seeds / 4, JSON.stringify(seen));
});
