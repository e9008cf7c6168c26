/**
 * `service.kubernetes.io/topology-mode: Auto`: endpoints are shared out over the zones by the CPUs
 * that their nodes have, each to its own zone as far as that is fair.
 * upstream: staging/src/k8s.io/endpointslice/topologycache
 */
import type { Node } from "#api/core/node.ts";
import type { Service } from "#api/core/service.ts";
import type { Endpoint } from "#api/discovery/endpointslice.ts";
import { cpuMilli } from "#base/quantity.ts";
import { isReady as isNodeReady } from "../nodes/health.ts";
import type { SliceContent } from "./packing.ts";

const modeAnnotation = "service.kubernetes.io/topology-mode";
const earlierAnnotation = "service.kubernetes.io/topology-aware-hints";
const zoneLabel = "topology.kubernetes.io/zone";
const excluding = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/** No endpoint may get this much more than its share. */
const overload = 0.2;

export function asksForZoneShares({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations[modeAnnotation] ?? annotations[earlierAnnotation];
  return mode === "Auto" || mode === "auto";
}

export const zoneOf = (node: Node | undefined): string | undefined =>
  node?.metadata.labels?.[zoneLabel];

/** What of a node decides the shares; undefined for one that does not count. */
export function shareOfNode(
  node: Node,
): { readonly zone: string; readonly milli: number } | undefined {
  const { labels = {} } = node.metadata;
  if (excluding.some((label) => label in labels) || !isNodeReady(node)) return undefined;
  const cpu = node.status.allocatable?.["cpu"];
  return { zone: zoneOf(node) ?? "", milli: cpu === undefined ? 0 : cpuMilli(cpu) };
}

type PerZone = Map<string, number>;

/** The part of all CPUs that each zone has; undefined when that cannot be told of every node. */
function zoneRatios(nodes: Iterable<Node>): PerZone | undefined {
  const milliOf: PerZone = new Map();
  for (const node of nodes) {
    const share = shareOfNode(node);
    if (!share) continue;
    if (share.zone === "" || share.milli === 0) return undefined;
    add(milliOf, share.zone, share.milli);
  }
  if (milliOf.size < 2) return undefined;
  const total = sum(milliOf);
  return new Map(
    [...milliOf].toSorted(byName).map(([zone, milli]) => [zone, milli / total] as const),
  );
}

export interface ZoneHints {
  readonly contents: readonly SliceContent[];
  /** Why there are no hints. */
  readonly refusal?: string;
}

export function withZoneShares(
  contents: readonly SliceContent[],
  nodes: Iterable<Node>,
): ZoneHints {
  const ready = contents.flatMap(({ endpoints }) => endpoints.filter(isReady));
  const desired = desiredPerZone(ready.length, zoneRatios(nodes));
  if (typeof desired === "string") return { contents, refusal: desired };
  if (ready.some(({ zone = "" }) => zone === ""))
    return { contents, refusal: "One or more endpoints do not have a zone specified" };
  const moves = movesBetween(desired, countPerZone(ready));
  return {
    contents: contents.map((content) => ({
      ...content,
      endpoints: content.endpoints.map((endpoint) => hinted(endpoint, moves)),
    })),
  };
}

const isReady = ({ conditions }: Endpoint): boolean => conditions.ready === true;

function countPerZone(endpoints: readonly Endpoint[]): PerZone {
  const counts: PerZone = new Map();
  for (const { zone = "" } of endpoints) add(counts, zone, 1);
  return counts;
}

/** Or why it cannot be done. */
function desiredPerZone(count: number, ratios: PerZone | undefined): PerZone | string {
  // exact: endpointslice-controller
  if (!ratios)
    return "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes";
  const counts = `(${count} endpoints, ${ratios.size} zones)`;
  if (ratios.size > count) return `Insufficient number of endpoints ${counts}`;
  const minimumOf = (ratio: number): number => Math.ceil((ratio * count) / (1 + overload));
  const least = [...ratios.values()].reduce((all, ratio) => all + minimumOf(ratio), 0);
  if (least > count)
    return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
  return new Map(
    [...ratios].map(([zone, ratio]) => [zone, Math.max(ratio * count, minimumOf(ratio))] as const),
  );
}

interface Moves {
  readonly giving: PerZone;
  readonly receiving: PerZone;
}

/** Whole endpoints that zones with too many give to zones with too few. */
function movesBetween(desired: PerZone, counts: PerZone): Moves {
  const surplus: PerZone = new Map();
  const lack: PerZone = new Map();
  for (const [zone, target] of desired) {
    const more = (counts.get(zone) ?? 0) - target;
    if (more > 0) surplus.set(zone, more);
    if (more < 0) lack.set(zone, -more);
  }
  const giving: PerZone = new Map();
  const receiving: PerZone = new Map();
  for (;;) {
    const [from, spare] = most(surplus);
    const [to, missing] = most(lack);
    if ((spare < 1 && missing < 1) || spare < 0.5 || missing < 0.5) return { giving, receiving };
    add(giving, from, 1);
    add(surplus, from, -1);
    add(receiving, to, 1);
    add(lack, to, -1);
  }
}

/** Takes one of the moves with it where its zone has one to give. */
function hinted(endpoint: Endpoint, { giving, receiving }: Moves): Endpoint {
  if (!isReady(endpoint)) return endpoint;
  const { zone = "" } = endpoint;
  const [to, count] = most(receiving);
  const isGiven = count > 0 && (giving.get(zone) ?? 0) > 0;
  if (isGiven) {
    add(giving, zone, -1);
    add(receiving, to, -1);
  }
  return { ...endpoint, hints: { forZones: [{ name: isGiven ? to : zone }] } };
}

const most = (zones: PerZone): readonly [zone: string, count: number] =>
  [...zones].reduce((best, next) => (next[1] > best[1] ? next : best), ["", 0]);

const add = (zones: PerZone, zone: string, count: number): unknown =>
  zones.set(zone, (zones.get(zone) ?? 0) + count);

const sum = (zones: PerZone): number => [...zones.values()].reduce((a, b) => a + b, 0);

const byName = ([a]: readonly [string, number], [b]: readonly [string, number]): number =>
  a < b ? -1 : 1;
