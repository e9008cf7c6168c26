/**
 * What the cluster is told about the drivers of a node: its CSINode, an annotation, and labels that
 * say which volumes the node can reach.
 * upstream: pkg/volume/csi/nodeinfomanager/nodeinfomanager.go
 */
import { Node } from "#api/core/node.ts";
import { isReason } from "#api/errors.ts";
import { CSINode, type CSINodeDriver } from "#api/storage/csinode.ts";
import type { Client } from "#client/client.ts";
import { find } from "#client/find.ts";

export interface DriverOnNode {
  readonly name: string;
  readonly nodeID: string;
  readonly topology: Readonly<Record<string, string>>;
  /** As many volumes as the node can take; absent when the driver does not say. */
  readonly volumesMax?: number;
}

interface Context {
  readonly client: Client;
  readonly nodeName: string;
}

/** exact: kubelet */
const annotation = "csi.volume.kubernetes.io/nodeid";

export async function addDriver(driver: DriverOnNode, context: Context): Promise<void> {
  const { name, nodeID, topology } = driver;
  await changeNode(context, (node) => {
    const labels = node.metadata.labels ?? {};
    // exact: kubelet
    for (const [key, value] of Object.entries(topology))
      if (labels[key] !== undefined && labels[key] !== value)
        throw new Error(
          `detected topology value collision: driver reported ${JSON.stringify(key)}:${JSON.stringify(value)} but existing label is ${JSON.stringify(key)}:${JSON.stringify(labels[key])}`,
        );
    return { labels: topology, nodeIds: { ...nodeIdsOf(node), [name]: nodeID } };
  });
  const entry: CSINodeDriver = {
    name,
    nodeID,
    topologyKeys: Object.keys(topology).toSorted(),
    ...(driver.volumesMax === undefined ? {} : { allocatable: { count: driver.volumesMax } }),
  };
  await changeDrivers(context, name, entry);
}

export async function removeDriver(name: string, context: Context): Promise<void> {
  await changeDrivers(context, name, undefined);
  await changeNode(context, (node) => {
    const { [name]: _gone, ...nodeIds } = nodeIdsOf(node);
    return { labels: {}, nodeIds };
  });
}

/** There is one from the start, so that others can tell a node without drivers from a new one. */
export async function announceNode(context: Context): Promise<void> {
  const { client, nodeName } = context;
  const present = await find(CSINode, { name: nodeName }, { client });
  if (!present) await createCsiNode(context, []);
}

async function createCsiNode(
  { client, nodeName }: Context,
  drivers: readonly CSINodeDriver[],
): Promise<void> {
  const node = await client.get(Node, { name: nodeName });
  const { apiVersion, kind } = Node;
  const owner = { apiVersion, kind, name: nodeName, uid: node.metadata.uid ?? "" };
  const metadata = { name: nodeName, ownerReferences: [owner] };
  try {
    await client.create(CSINode, { metadata, spec: { drivers } });
  } catch (error) {
    // An earlier request may have got through.
    if (!isReason(error, "AlreadyExists")) throw error;
  }
}

async function changeDrivers(
  context: Context,
  name: string,
  entry: CSINodeDriver | undefined,
): Promise<void> {
  const { client, nodeName } = context;
  const present = await find(CSINode, { name: nodeName }, { client });
  if (!present && entry) return createCsiNode(context, [entry]);
  const old = present?.spec.drivers.find((driver) => driver.name === name);
  if (!present || JSON.stringify(old) === JSON.stringify(entry)) return;
  const others = present.spec.drivers.filter((driver) => driver.name !== name);
  const withDrivers = (object: CSINode, drivers: readonly CSINodeDriver[]): Promise<CSINode> =>
    client.update(CSINode, { ...object, spec: { ...object.spec, drivers } });
  // What a driver says of a node cannot be changed, only taken back and said anew.
  const without = old ? await withDrivers(present, others) : present;
  if (entry) await withDrivers(without, [...others, entry]);
}

interface NodeChange {
  readonly labels: Readonly<Record<string, string>>;
  readonly nodeIds: Readonly<Record<string, string>>;
}

async function changeNode(
  { client, nodeName }: Context,
  change: (node: Node) => NodeChange,
): Promise<void> {
  const node = await client.get(Node, { name: nodeName });
  const { labels, nodeIds } = change(node);
  const text = Object.keys(nodeIds).length > 0 ? JSON.stringify(nodeIds) : null;
  await client.patch(
    Node,
    { name: nodeName },
    {
      is: "merge",
      change: {
        metadata: {
          // Whoever wrote the annotation meanwhile is not overwritten.
          resourceVersion: node.metadata.resourceVersion,
          labels,
          annotations: { [annotation]: text },
        },
      },
    },
  );
}

function nodeIdsOf({ metadata }: Node): Readonly<Record<string, string>> {
  const text = metadata.annotations?.[annotation];
  return text === undefined ? {} : (JSON.parse(text) as Readonly<Record<string, string>>);
}
