/** Finding devices for claims: values in, values out. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { test } from "node:test";
import { DeviceClass } from "#api/resource/deviceclass.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { ResourceSlice } from "#api/resource/resourceslice.ts";
import { objectFrom } from "#api/testing.ts";
import { nodeOf } from "../snapshot/testing.ts";
import { resultOf } from "./allocation-result.ts";
import { allocate } from "./allocator.ts";
import { DeviceIndex } from "./device-index.ts";
import { wantedBy } from "./wanted-devices.ts";

const driver = "gpu.example.com";

const sliceOf = (spec: object, name = "slice"): ResourceSlice =>
  objectFrom(ResourceSlice, {
    metadata: { name },
    spec: {
      driver,
      nodeName: "n1",
      pool: { name: "n1", generation: 1, resourceSliceCount: 1 },
      ...spec,
    },
  });

const classOf = (spec: object = {}): DeviceClass =>
  objectFrom(DeviceClass, { metadata: { name: "gpu" }, spec });

const claimOf = (requests: readonly object[], more: object = {}): ResourceClaim =>
  objectFrom(ResourceClaim, {
    metadata: { namespace: "default", name: "c", uid: "c" },
    spec: { devices: { requests, ...more } },
  });

const exactly = (more: object = {}, name = "r") => ({
  name,
  exactly: { deviceClassName: "gpu", ...more },
});
const cel = (expression: string) => ({ selectors: [{ cel: { expression } }] });

interface World {
  readonly slices: readonly ResourceSlice[];
  readonly inUse?: readonly string[];
  readonly deviceClass?: DeviceClass;
  readonly node?: ReturnType<typeof nodeOf>;
}

/** By claim: `request=device` of each device; undefined when there is no solution. */
function found(world: World, ...claims: readonly ResourceClaim[]) {
  return results(world, ...claims)?.map(({ devices }) =>
    (devices?.results ?? []).map(({ request, device }) => `${request}=${device}`).join(" "),
  );
}

function results(world: World, ...claims: readonly ResourceClaim[]) {
  const { slices, inUse = [], deviceClass = classOf(), node = nodeOf("n1") } = world;
  const tasks = claims.map((claim) => ({ claim, requests: wantedBy(claim, () => deviceClass) }));
  const devices = new DeviceIndex(slices).on(node);
  const isInUse = (id: string): boolean => inUse.includes(id);
  return allocate({ tasks, devices, isInUse })?.map((picks, i) => resultOf(tasks[i]!, picks));
}

const three = sliceOf({ devices: [{ name: "a" }, { name: "b" }, { name: "c" }] });

test("devices are taken in their order, each once, and not those that others have", () => {
  const world = { slices: [three], inUse: [`${driver}/n1/a`] };
  deepEqual(found(world, claimOf([exactly()])), ["r=b"]);
  deepEqual(found(world, claimOf([exactly({ count: 2 })])), ["r=b r=c"]);
  equal(found(world, claimOf([exactly({ count: 3 })])), undefined);
  deepEqual(found(world, claimOf([exactly()]), claimOf([exactly()])), ["r=b", "r=c"]);
});

test("a request for all devices gets all or none", () => {
  const all = claimOf([exactly({ allocationMode: "All" })]);
  deepEqual(found({ slices: [three] }, all), ["r=a r=b r=c"]);
  equal(found({ slices: [three], inUse: [`${driver}/n1/b`] }, all), undefined);
  equal(found({ slices: [] }, all), undefined, "none is not all");
});

test("who looks on shares devices, but not within a claim", () => {
  const world = { slices: [three], inUse: [`${driver}/n1/a`, `${driver}/n1/b`] };
  const admin = exactly({ allocationMode: "All", adminAccess: true });
  deepEqual(found(world, claimOf([admin])), ["r=a r=b r=c"]);
  deepEqual(found(world, claimOf([admin, exactly({}, "own")])), undefined);
});

test("of alternatives the first that can be met is taken, all requests considered", () => {
  const alternatives = (...names: readonly string[]) => ({
    name: "r",
    firstAvailable: names.map((name) => ({
      name,
      deviceClassName: "gpu",
      ...cel(`device.attributes["${driver}"].size == "${name}"`),
    })),
  });
  const sized = (name: string, string: string) => ({ name, attributes: { size: { string } } });
  const slices = [sliceOf({ devices: [sized("x", "small"), sized("y", "large")] })];
  deepEqual(found({ slices }, claimOf([alternatives("large", "small")])), ["r/large=y"]);
  const taken = { slices, inUse: [`${driver}/n1/y`] };
  deepEqual(found(taken, claimOf([alternatives("large", "small")])), ["r/small=x"]);
  const picky = exactly(cel(`device.attributes["${driver}"].size == "large"`), "picky");
  deepEqual(found({ slices }, claimOf([alternatives("large", "small"), picky])), [
    "r/small=x picky=y",
  ]);
});

test("expressions see driver, attributes, versions and capacities", () => {
  const device = {
    name: "a",
    attributes: {
      model: { string: "A100" },
      index: { int: 3 },
      ecc: { bool: true },
      firmware: { version: "1.10.0" },
      "other.example.com/rack": { string: "r7" },
    },
    capacity: { memory: { value: "40Gi" }, "other.example.com/lanes": { value: "16" } },
  };
  const slices = [sliceOf({ devices: [device] })];
  const holds = (expression: string): boolean =>
    found({ slices }, claimOf([exactly(cel(expression))])) !== undefined;
  const attributes = `device.attributes["${driver}"]`;
  for (const expression of [
    `device.driver == "${driver}"`,
    `${attributes}.model.startsWith("A") && ${attributes}.index == 3 && ${attributes}.ecc`,
    `${attributes}.firmware.isGreaterThan(semver("1.9.0"))`,
    `device.attributes["other.example.com"].rack == "r7"`,
    `device.capacity["${driver}"].memory.compareTo(quantity("40Gi")) >= 0`,
    `device.capacity["other.example.com"].lanes.asInteger() == 16`,
    `cel.bind(own, ${attributes}, own.index > 2 && own.ecc)`,
    `!("nobody.example.com" in device.attributes)`,
    `!has(device.attributes["nobody.example.com"].x)`,
  ])
    equal(holds(expression), true, expression);
  equal(holds(`device.capacity["${driver}"].memory.isGreaterThan(quantity("41Gi"))`), false);
  equal(holds(`device.attributes["other.example.com"].rack == "r8"`), false);
});

test("an expression that cannot be read, or fails, is an error that says whose and where", () => {
  throws(() => found({ slices: [three] }, claimOf([exactly(cel("device.nothing"))])), {
    message: /^claim default\/c: selector #0: CEL compile error: compilation failed: /,
  });
  const missing = cel(`device.attributes["${driver}"].missing`);
  throws(() => found({ slices: [three], deviceClass: classOf(missing) }, claimOf([exactly()])), {
    message:
      "class gpu: selector #0 on device gpu.example.com/n1/a: CEL runtime error: no such key: missing",
  });
});

test("constraints hold over all their requests", () => {
  const on = (name: string, string: string) => ({ name, attributes: { numa: { string } } });
  const slices = [sliceOf({ devices: [on("a", "0"), on("b", "1"), on("c", "1"), { name: "d" }] })];
  const two = [exactly({}, "x"), exactly({}, "y")];
  const attribute = `${driver}/numa`;
  const same = { constraints: [{ matchAttribute: attribute }] };
  deepEqual(found({ slices }, claimOf(two, same)), ["x=b y=c"]);
  const other = { constraints: [{ distinctAttribute: attribute }] };
  deepEqual(found({ slices }, claimOf(two, other)), ["x=a y=b"]);
  const one = { constraints: [{ requests: ["y"], matchAttribute: attribute }] };
  deepEqual(found({ slices }, claimOf(two, one)), ["x=a y=b"]);
  equal(found({ slices }, claimOf([exactly({ count: 3 })], same)), undefined);
  throws(() => found({ slices }, claimOf([exactly({ allocationMode: "All" })], same)), {
    message:
      "claim default/c, request r: cannot add device gpu.example.com/n1/b because a claim constraint would not be satisfied",
  });
});

test("tainted devices go to those that tolerate it", () => {
  const taints = [{ key: "broken", value: "fan", effect: "NoSchedule" }];
  const slices = [sliceOf({ devices: [{ name: "a", taints }] })];
  const tolerating = (...tolerations: readonly object[]) => claimOf([exactly({ tolerations })]);
  equal(found({ slices }, claimOf([exactly()])), undefined);
  deepEqual(found({ slices }, tolerating({ operator: "Exists" })), ["r=a"]);
  deepEqual(found({ slices }, tolerating({ key: "broken", value: "fan" })), ["r=a"]);
  equal(found({ slices }, tolerating({ key: "broken", value: "x" })), undefined);
  const noted = [sliceOf({ devices: [{ name: "a", taints: [{ ...taints[0], effect: "None" }] }] })];
  deepEqual(found({ slices: noted }, claimOf([exactly()])), ["r=a"]);
});

test("parts of one device share its counters", () => {
  const pool = { name: "n1", generation: 1, resourceSliceCount: 2 };
  const sharedCounters = [{ name: "card", counters: { memory: { value: "40Gi" } } }];
  const part = (name: string, value: string) => ({
    name,
    consumesCounters: [{ counterSet: "card", counters: { memory: { value } } }],
  });
  const slices = [
    sliceOf({ pool, sharedCounters }, "counters"),
    sliceOf({ pool, devices: [part("whole", "40Gi"), part("h1", "20Gi"), part("h2", "20Gi")] }),
  ];
  deepEqual(found({ slices }, claimOf([exactly({ count: 2 })])), ["r=h1 r=h2"]);
  const half = { slices, inUse: [`${driver}/n1/h1`] };
  deepEqual(found(half, claimOf([exactly()])), ["r=h2"]);
  equal(found(half, claimOf([exactly({ count: 2 })])), undefined);
});

test("pools of which a slice is missing, and slices of older generations, do not count", () => {
  const pool = (generation: number, resourceSliceCount: number) => ({
    pool: { name: "n1", generation, resourceSliceCount },
  });
  const old = sliceOf({ ...pool(1, 1), devices: [{ name: "old" }] }, "s1");
  const young = sliceOf({ ...pool(2, 2), devices: [{ name: "young" }] }, "s2");
  const rest = sliceOf({ ...pool(2, 2), devices: [{ name: "rest" }] }, "s3");
  const one = claimOf([exactly()]);
  deepEqual(found({ slices: [old] }, one), ["r=old"]);
  equal(found({ slices: [old, young] }, one), undefined);
  deepEqual(found({ slices: [old, young, rest] }, one), ["r=young"]);
  throws(
    () => found({ slices: [old, young] }, claimOf([exactly({ allocationMode: "All" })])),
    /asks for all devices, but resource pool gpu.example.com\/n1 is currently being updated$/,
  );
  const twin = sliceOf({ ...pool(2, 2), devices: [{ name: "young" }] }, "s4");
  equal(found({ slices: [young, twin] }, one), undefined, "two devices of one name");
});

test("nodes reach the devices of slices that name them, select them, or are for all", () => {
  const devices = [{ name: "a" }];
  const zone = (value: string) => ({
    nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: [value] }] }],
  });
  const where = { nodeName: undefined };
  const n1 = nodeOf("n1", { labels: { zone: "z1" } });
  const one = claimOf([exactly()]);
  const reach = (spec: object) =>
    results({ slices: [sliceOf({ ...where, ...spec })], node: n1 }, one)?.[0];
  equal(reach({ nodeName: "n2", devices }), undefined);
  deepEqual(reach({ nodeName: "n1", devices })?.nodeSelector, {
    nodeSelectorTerms: [
      { matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] },
    ],
  });
  equal(reach({ allNodes: true, devices })?.nodeSelector, undefined);
  equal(reach({ allNodes: true, devices })?.devices?.results?.length, 1);
  deepEqual(reach({ nodeSelector: zone("z1"), devices })?.nodeSelector, zone("z1"));
  equal(reach({ nodeSelector: zone("z2"), devices }), undefined);
  const each = [
    { name: "there", nodeName: "n2" },
    { name: "here", nodeSelector: zone("z1") },
  ];
  const own = reach({ perDeviceNodeSelection: true, devices: each });
  equal(own?.devices?.results?.[0]?.device, "here");
  deepEqual(own?.nodeSelector, zone("z1"));
});

test("what classes and claims say to drivers is passed on, for the requests that it is meant for", () => {
  const opaque = (parameters: object) => ({ opaque: { driver, parameters } });
  const deviceClass = classOf({ config: [opaque({ of: "class" })] });
  const requests = [exactly({}, "x"), exactly({}, "y")];
  const config = [opaque({ of: "both" }), { requests: ["y"], ...opaque({ of: "y" }) }];
  const [result] = results({ slices: [three], deviceClass }, claimOf(requests, { config })) ?? [];
  deepEqual(
    result?.devices?.config?.map(({ source, requests: of, opaque: said }) => [
      source,
      of ?? [],
      (said?.parameters as { of: string } | undefined)?.of,
    ]),
    [
      ["FromClass", [], "class"],
      ["FromClaim", [], "both"],
      ["FromClaim", ["y"], "y"],
    ],
  );
});

test("a search that would take for ever is given up", () => {
  const devices = Array.from({ length: 60 }, (_, i) => ({
    name: `d${i}`,
    attributes: { rack: { string: `r${i % 7}` } },
  }));
  const many = claimOf([exactly({ count: 12 }), exactly({ count: 12 }, "s")], {
    constraints: [{ matchAttribute: `${driver}/nothing`, requests: ["s"] }],
  });
  throws(
    () => found({ slices: [sliceOf({ devices })] }, many),
    (error: Error) => {
      match(error.message, /timed out trying to allocate devices/);
      return true;
    },
  );
});

test("a claim cannot have more than 32 devices", () => {
  const devices = Array.from({ length: 40 }, (_, i) => ({ name: `d${i}` }));
  const slices = [sliceOf({ devices })];
  equal(found({ slices }, claimOf([exactly({ count: 33 })])), undefined);
  equal(found({ slices }, claimOf([exactly({ count: 32 })]))?.length, 1);
});
