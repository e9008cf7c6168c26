/** What a fault is: something that goes wrong for a while, somewhere. One file each. */
import { below, type Random } from "#base/random.ts";
import type { Clock } from "#base/clock.ts";
import { didYouMean } from "#base/nearest.ts";
import type { Gateway } from "../gateway.ts";
import type { NodeHandle } from "../nodes/nodes.ts";
import type { StoreGate } from "../store-gate.ts";
import type { WebhookGate } from "../webhook-gate.ts";

/** Where faults can strike. */
export interface FaultWorld {
  readonly clock: Clock;
  /** Of the faults alone: what goes wrong does not change what chance does elsewhere. */
  readonly random: Random;
  readonly gateway: Gateway;
  readonly store: StoreGate;
  readonly webhooks: WebhookGate;
  readonly nodes: readonly NodeHandle[];
  /** All that `crash` can strike: `kube-apiserver`, `kube-scheduler`, `kubelet/node-1`… */
  readonly components: readonly string[];
  /** At once; starts again when what it gives back is disposed of. */
  readonly crash: (component: string) => Disposable;
}

export interface Fault<Args extends object> {
  /** Whom it strikes and how; undefined where there is nobody. */
  readonly draw: (random: Random, world: FaultWorld) => Args | undefined;
  /** From now on, until what it gives back is disposed of. */
  readonly strike: (world: FaultWorld, args: Args) => Disposable;
}

export const defineFault = <Args extends object>(fault: Fault<Args>): Fault<Args> => fault;

export const anyOf = <T>(random: Random, items: readonly T[]): T | undefined =>
  items[below(random, items.length)];

/** Components whose requests and watches can suffer: all that there are, but the server itself. */
export function anyClient(random: Random, { components }: FaultWorld) {
  const component = anyOf(random, components.filter(isClient));
  return component === undefined ? undefined : { component };
}

const isClient = (component: string): boolean => component !== "kube-apiserver";

export function anyNode(random: Random, { nodes }: FaultWorld) {
  const node = anyOf(random, nodes);
  return node && { node: node.name };
}

/** Throws on a name that no node has. */
export function nodeNamed({ nodes }: FaultWorld, name: string): NodeHandle {
  const found = nodes.find((node) => node.name === name);
  if (found) return found;
  const names = nodes.map((node) => node.name).join(", ");
  throw new TypeError(`there is no node ${JSON.stringify(name)}: there are ${names || "none"}`);
}

/** Throws on a name that no component has. */
export const checkComponent = ({ components }: FaultWorld, name: string): void =>
  checkAmong(components, name);

/** What the test itself and its operators ask for. */
const guests = "client";

/** Throws on a name of nobody who makes requests. */
export const checkCaller = ({ components }: FaultWorld, name: string): void =>
  checkAmong([...components, guests], name);

function checkAmong(names: readonly string[], name: string): void {
  if (names.includes(name)) return;
  const hint = didYouMean(name, names);
  throw new TypeError(
    `there is no component ${JSON.stringify(name)}: there are ${names.join(", ")}${hint}`,
  );
}
