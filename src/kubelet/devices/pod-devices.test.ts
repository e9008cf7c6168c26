/** Preparing what pods' claims got, with drivers of our own, on a disk in memory. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/pod.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { silent } from "#base/log.ts";
import { seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import { ObjectCache } from "../objects.ts";
import { containerWith, podWith } from "../pod/testing.ts";
import { MemoryClient, MemoryDisk } from "../testing.ts";
import { ClaimRecords } from "./claim-records.ts";
import type { DeviceDriver } from "./device-driver.ts";
import { PodDevices } from "./pod-devices.ts";

const driver = "gpu.example.com";

class World {
  readonly client = new MemoryClient();
  readonly disk = new MemoryDisk();
  readonly calls: string[] = [];
  /** What the next call fails with. */
  trouble: string | undefined;
  isRegistered = true;
  devices = this.restarted();

  /** As after a restart of the kubelet: only what is on disk is known. */
  restarted(): PodDevices {
    const clock = new VirtualClock();
    return new PodDevices({
      objects: new ObjectCache({
        client: this.client,
        clock,
        random: seededRandom(1),
        log: silent,
      }),
      records: new ClaimRecords({ disk: this.disk, path: "/state" }),
      findDriver: (name) => (name === driver && this.isRegistered ? this.#driver : undefined),
    });
  }

  readonly #driver: DeviceDriver = {
    prepare: async ({ name }) => {
      this.#call(`prepare ${name}`);
      return ["a", "b"].map((device) => ({
        requestNames: [device === "a" ? "one" : "two/large"],
        poolName: "n1",
        deviceName: device,
        cdiDeviceIds: [`${driver}/gpu=${name}-${device}`],
      }));
    },
    unprepare: async ({ name }) => this.#call(`unprepare ${name}`),
  };

  #call(call: string): void {
    this.calls.push(call);
    const { trouble } = this;
    this.trouble = undefined;
    if (trouble) throw new Error(trouble);
  }

  claim(name: string, ...users: readonly string[]): Promise<ResourceClaim> {
    const results = [{ request: "one", driver, pool: "n1", device: "a" }];
    return this.client.create(ResourceClaim, {
      metadata: { namespace: "default", name, uid: `uid-${name}` },
      spec: { devices: { requests: [] } },
      status: {
        allocation: { devices: { results } },
        reservedFor: users.map((uid) => ({ resource: "pods", name: uid, uid })),
      },
    });
  }
}

const podUsing = (claim: string, uid: string): Pod => {
  const pod = podWith({
    resourceClaims: [{ name: "gpu", resourceClaimName: claim }],
    containers: [containerWith("app")],
  });
  return { ...pod, metadata: { ...pod.metadata, namespace: "default", name: uid, uid } };
};

const wanting = (...claims: readonly object[]) =>
  containerWith("app", { resources: { claims } } as never);

test("a claim is prepared once for all its pods, and given back with the last", async () => {
  const { devices, calls, claim } = bound(new World());
  await claim("c", "p", "q");
  await devices.prepare(podUsing("c", "p"));
  await devices.prepare(podUsing("c", "q"));
  await devices.prepare(podUsing("c", "q"));
  deepEqual(calls, ["prepare c"]);
  await devices.unprepare("p");
  deepEqual(calls, ["prepare c"]);
  await devices.unprepare("q");
  await devices.unprepare("q");
  deepEqual(calls, ["prepare c", "unprepare c"]);
});

const bound = (world: World) => ({
  devices: world.devices,
  calls: world.calls,
  claim: world.claim.bind(world),
});

test("containers get the devices of the requests that they name", async () => {
  const { devices, claim } = bound(new World());
  await claim("c", "p");
  const pod = podUsing("c", "p");
  await devices.prepare(pod);
  const of = (container: ReturnType<typeof wanting>) => devices.devicesOf(pod, container);
  const [a, b] = ["a", "b"].map((device) => `${driver}/gpu=c-${device}`);
  deepEqual(await of(containerWith("app")), []);
  deepEqual(await of(wanting({ name: "gpu" })), [a, b]);
  deepEqual(await of(wanting({ name: "gpu", request: "one" })), [a]);
  deepEqual(await of(wanting({ name: "gpu", request: "two" })), [b], "whichever alternative");
});

test("a kubelet that was restarted knows what is prepared, and gives it back", async () => {
  const world = new World();
  await world.claim("c", "p");
  const pod = podUsing("c", "p");
  await world.devices.prepare(pod);
  const after = world.restarted();
  deepEqual(await after.devicesOf(pod, wanting({ name: "gpu", request: "one" })), [
    `${driver}/gpu=c-a`,
  ]);
  await after.prepare(pod);
  await after.unprepareAllBut((uid) => uid === "p");
  deepEqual(world.calls, ["prepare c"]);
  await after.unprepareAllBut(() => false);
  deepEqual(world.calls, ["prepare c", "unprepare c"]);
});

test("what failed is tried again, and undone also when it never went well", async () => {
  const world = new World();
  const { devices, calls } = world;
  await world.claim("c", "p");
  world.trouble = "no power";
  await rejects(devices.prepare(podUsing("c", "p")), {
    message: "prepare dynamic resources: no power",
  });
  await world.restarted().unprepare("p");
  deepEqual(calls, ["prepare c", "unprepare c"]);
  world.devices = world.restarted();
  await world.devices.prepare(podUsing("c", "p"));
  world.trouble = "stuck";
  await rejects(world.devices.unprepare("p"), /stuck/);
  await world.devices.unprepare("p");
  deepEqual(calls.slice(2), ["prepare c", "unprepare c", "unprepare c"]);
});

test("whoever may not use a claim, or finds no driver, changes nothing", async () => {
  const world = new World();
  await world.claim("c", "somebody");
  const refused = (pod: Pod, message: string) =>
    rejects(world.devices.prepare(pod), { message: `prepare dynamic resources: ${message}` });
  await refused(podUsing("c", "p"), "pod p (p) is not allowed to use ResourceClaim c (uid-c)");
  await refused(
    podUsing("none", "p"),
    'fetch ResourceClaim none: resourceclaims.resource.k8s.io "none" not found',
  );
  world.isRegistered = false;
  await refused(podUsing("c", "somebody"), "DRA driver gpu.example.com is not registered");
  equal(await world.disk.read("/state"), undefined);
  await world.devices.unprepare("somebody");
  deepEqual(world.calls, []);
});

test("a claim that took the name of another one waits until that is given back", async () => {
  const world = new World();
  await world.claim("c", "p");
  await world.devices.prepare(podUsing("c", "p"));
  await world.client.delete(ResourceClaim, { namespace: "default", name: "c" });
  const again = await world.claim("c", "q");
  await world.client.update(ResourceClaim, {
    ...again,
    metadata: { ...again.metadata, uid: "uid-new" },
  });
  await rejects(world.devices.prepare(podUsing("c", "q")), {
    message:
      "prepare dynamic resources: old ResourceClaim with same name c and different UID uid-c still exists (previous pod force-deleted?!)",
  });
  await world.devices.unprepare("p");
  await world.devices.prepare(podUsing("c", "q"));
});

test("a record that cannot be read is left as it is, and said, until somebody mends it", async () => {
  const world = new World();
  await world.claim("c", "p");
  await world.devices.prepare(podUsing("c", "p"));
  const before = (await world.disk.read("/state")) ?? new Uint8Array();
  for (const [text, why] of [
    ["{ half a rec", /Expected property name/],
    ["{}", /it has no list of claims/],
    [`{"claims":[{"uid":"u"}]}`, /claims\[0\] is none/],
  ] as const) {
    await world.disk.write("/state", text);
    const after = world.restarted();
    const said = new RegExp(`the record of prepared claims /state cannot be read: .*${why.source}`);
    await rejects(after.prepare(podUsing("c", "p")), said);
    await rejects(
      after.unprepareAllBut(() => false),
      said,
    );
    equal(String(await world.disk.read("/state")), text);
    await world.disk.write("/state", before);
    await after.prepare(podUsing("c", "p"));
    await after.unprepareAllBut((uid) => uid === "p");
    deepEqual(world.calls, ["prepare c"], "it is still known");
  }
});
