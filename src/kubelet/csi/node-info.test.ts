import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { CSINode } from "#api/storage/csinode.ts";
import { MemoryClient } from "../testing.ts";
import { addDriver, announceNode, removeDriver } from "./node-info.ts";

const annotation = "csi.volume.kubernetes.io/nodeid";
const driver = (name: string, more: object = {}) => ({
  name,
  nodeID: `${name}-n1`,
  topology: {},
  ...more,
});

async function world() {
  const client = new MemoryClient();
  await client.create(Node, {
    metadata: { name: "n1", uid: "u", labels: { rack: "r1" } },
  });
  const node = (): Node | undefined => client.all(Node)[0];
  const drivers = (): readonly string[] =>
    client.all(CSINode).flatMap(({ spec }) => spec.drivers.map(({ name }) => name));
  return { client, node, drivers, context: { client, nodeName: "n1" } };
}

test("a node has its list of drivers from the start, and takes it along when it goes", async () => {
  const { client, context } = await world();
  await announceNode(context);
  await announceNode(context);
  const [csiNode] = client.all(CSINode);
  deepEqual(csiNode?.spec.drivers, []);
  deepEqual(csiNode?.metadata.ownerReferences, [
    { apiVersion: "v1", kind: "Node", name: "n1", uid: "u" },
  ]);
});

test("a driver is listed with what it says of the node, once", async () => {
  const { client, node, context } = await world();
  const disk = driver("disk", { topology: { zone: "z", area: "a" }, volumesMax: 3 });
  await addDriver(disk, context);
  await addDriver(disk, context);
  deepEqual(client.all(CSINode)[0]?.spec.drivers, [
    {
      name: "disk",
      nodeID: "disk-n1",
      topologyKeys: ["area", "zone"],
      allocatable: { count: 3 },
    },
  ]);
  deepEqual(node()?.metadata.labels, { rack: "r1", zone: "z", area: "a" });
  deepEqual(JSON.parse(node()?.metadata.annotations?.[annotation] ?? ""), { disk: "disk-n1" });
});

test("drivers come and go without regard to each other", async () => {
  const { drivers, node, context } = await world();
  for (const name of ["disk", "files"]) await addDriver(driver(name), context);
  await removeDriver("disk", context);
  deepEqual(drivers(), ["files"]);
  deepEqual(JSON.parse(node()?.metadata.annotations?.[annotation] ?? ""), { files: "files-n1" });
  await removeDriver("files", context);
  deepEqual(drivers(), []);
  equal(node()?.metadata.annotations?.[annotation], null);
});

test("a driver that calls the node otherwise than before is listed anew", async () => {
  const { client, context } = await world();
  await addDriver(driver("disk"), context);
  await addDriver(driver("disk", { nodeID: "other" }), context);
  deepEqual(
    client.all(CSINode)[0]?.spec.drivers.map(({ nodeID }) => nodeID),
    ["other"],
  );
});

test("a driver may not move the node elsewhere", async () => {
  const { drivers, context } = await world();
  await rejects(addDriver(driver("disk", { topology: { rack: "r2" } }), context), {
    message:
      'detected topology value collision: driver reported "rack":"r2" but existing label is "rack":"r1"',
  });
  deepEqual(drivers(), []);
});
