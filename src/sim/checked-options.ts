/** What a test asks for, held against what there is: whoever writes plain JavaScript has nobody else to tell him. */
import { unknownName } from "./reading/reader.ts";
import type { ClusterOptions } from "./cluster.ts";
import type { NodeOptions } from "./nodes/machine.ts";

const optionNames: Readonly<Record<keyof Required<ClusterOptions>, true>> = {
  nodes: true,
  kubelets: true,
  featureGates: true,
  seed: true,
  startsAt: true,
  behaviours: true,
  webhooks: true,
  invariants: true,
  log: true,
  authority: true,
  outside: true,
  signal: true,
};

const nodeNames: Readonly<Record<keyof Required<NodeOptions>, true>> = {
  name: true,
  capacity: true,
  labels: true,
  taints: true,
  podCidr: true,
  zone: true,
  region: true,
  kubeletConfig: true,
};

type Capacity = Required<NonNullable<NodeOptions["capacity"]>>;
const capacityNames: Readonly<Record<keyof Capacity, true>> = {
  cpu: true,
  memory: true,
  disk: true,
  pods: true,
  processes: true,
};

/** Throws TypeError or RangeError. */
export function checkOptions(options: ClusterOptions): void {
  checkNames("the options of a cluster", options, optionNames);
  const { nodes = 0, kubelets = "whole", seed = 1, startsAt } = options;
  checkNodes(nodes);
  if (!["whole", "light"].includes(kubelets)) throw wrong("kubelets", "whole or light", kubelets);
  if (!Number.isFinite(seed)) throw wrong("seed", "a number", seed);
  if (Number.isNaN(startsAt?.getTime())) throw new RangeError("startsAt is no time");
}

function checkNodes(nodes: NonNullable<ClusterOptions["nodes"]>): void {
  if (typeof nodes === "number" ? !isCount(nodes) : !Array.isArray(nodes))
    throw wrong("nodes", "a number of nodes, or a list of them", nodes);
  for (const node of typeof nodes === "number" ? [] : nodes) {
    checkNames("a node", node, nodeNames);
    checkNames("a capacity", node.capacity ?? {}, capacityNames);
  }
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;

const wrong = (name: string, expected: string, found: unknown): TypeError =>
  new TypeError(`${name}: expected ${expected}, found ${JSON.stringify(found)}`);

function checkNames(what: string, given: object, known: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(known, name))
      throw new TypeError(unknownName(what, name, Object.keys(known)));
}
