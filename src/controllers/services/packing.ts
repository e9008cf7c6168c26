/**
 * Fits endpoints into slices so that few slices change: each change goes to every node.
 * upstream: staging/src/k8s.io/endpointslice/reconciler.go#reconcileByPortMapping
 */
import type { Endpoint, EndpointPort, EndpointSlice } from "#api/discovery/endpointslice.ts";
import { isSame } from "#client/canonical.ts";

export interface SliceContent {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
  /** The slice that is to hold it; absent: a new one. */
  readonly from?: EndpointSlice | undefined;
}

export const endpointsMax = 100;

/** What every slice should hold, at most `max` each. Slices that hold nothing any more are left out. */
export function packed(
  slices: readonly EndpointSlice[],
  wanted: ReadonlyMap<string, SliceContent>,
  max = endpointsMax,
): readonly SliceContent[] {
  const free = slices.filter(({ ports }) => !isWanted(ports, wanted));
  const contents = Array.from(wanted.values()).flatMap((group) =>
    packGroup(
      slices.filter(({ ports }) => isSame(ports, group.ports)),
      group,
      max,
    ),
  );
  // A service always has a slice, so that nobody takes "not yet" for "none".
  const all = contents.length > 0 ? contents : [{ ports: [], endpoints: [] }];
  return reused(all, free);
}

const isWanted = (
  ports: readonly EndpointPort[],
  wanted: ReadonlyMap<string, SliceContent>,
): boolean => wanted.values().some((group) => isSame(ports, group.ports));

/** Rather than deleting one slice and creating another, the first becomes the second. */
function reused(
  contents: readonly SliceContent[],
  free: readonly EndpointSlice[],
): readonly SliceContent[] {
  const left = [...free];
  return contents.map((content) => (content.from ? content : { ...content, from: left.shift() }));
}

interface Filling {
  readonly from: EndpointSlice | undefined;
  readonly endpoints: Endpoint[];
  readonly isTouched: boolean;
}

function packGroup(
  slices: readonly EndpointSlice[],
  { ports, endpoints }: SliceContent,
  max: number,
): readonly SliceContent[] {
  const missing = new Map(endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const kept = slices.map((slice) => keep(slice, missing));
  // Slices that change anyway are filled first, the fullest first.
  for (const filling of kept.filter(({ isTouched }) => isTouched).sort(fullestFirst)) {
    fill(filling, missing, max);
  }
  const added: Filling[] = [];
  while (missing.size > 0) {
    const fitting = findFitting(kept, missing.size, max);
    const filling = fitting ?? { from: undefined, endpoints: [], isTouched: true };
    if (!fitting) added.push(filling);
    fill(filling, missing, max);
  }
  return [...kept, ...added]
    .filter((filling) => filling.endpoints.length > 0)
    .map((filling) => ({ from: filling.from, ports, endpoints: filling.endpoints }));
}

/** Takes what the slice already has out of what is missing. */
function keep(slice: EndpointSlice, missing: Map<string, Endpoint>): Filling {
  const endpoints: Endpoint[] = [];
  let isTouched = false;
  for (const old of slice.endpoints) {
    const identity = identityOf(old);
    const wanted = missing.get(identity);
    if (wanted) endpoints.push(wanted);
    isTouched ||= !wanted || !isSame(withoutHints(old), wanted);
    missing.delete(identity);
  }
  return { from: slice, endpoints, isTouched: isTouched && endpoints.length > 0 };
}

/** Hints are decided later, over all slices. */
const withoutHints = ({ hints: _hints, ...endpoint }: Endpoint): object => endpoint;

const identityOf = ({ addresses, targetRef }: Endpoint): string =>
  `${addresses.join(",")}|${targetRef?.uid ?? ""}`;

const fullestFirst = (a: Filling, b: Filling): number => b.endpoints.length - a.endpoints.length;

/** The slice that is closest to full when all of them are added. */
function findFitting(kept: readonly Filling[], count: number, max: number): Filling | undefined {
  return kept
    .filter(({ endpoints, isTouched }) => !isTouched && endpoints.length + count <= max)
    .sort(fullestFirst)[0];
}

function fill({ endpoints }: Filling, missing: Map<string, Endpoint>, max: number): void {
  for (const [identity, endpoint] of missing) {
    if (endpoints.length >= max) return;
    endpoints.push(endpoint);
    missing.delete(identity);
  }
}
