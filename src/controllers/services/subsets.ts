/**
 * Endpoints put together: addresses that have the same ports stand in one subset, everything in
 * an order that does not depend on where it came from.
 * upstream: pkg/api/v1/endpoints/util.go#RepackSubsets
 */
import type { EndpointAddress, EndpointPort, EndpointSubset } from "#api/core/endpoints.ts";

/** An address with everything that was said about it. */
interface Found {
  readonly address: EndpointAddress;
  readonly isReady: boolean;
  readonly ports: readonly EndpointPort[];
}

export function repacked(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  const byPorts = new Map<string, Found[]>();
  for (const found of byAddress(subsets).values()) {
    const key = JSON.stringify(found.ports.map(portKey));
    const others = byPorts.get(key);
    if (others) others.push(found);
    else byPorts.set(key, [found]);
  }
  return Array.from(byPorts)
    .sort(([a], [b]) => compare(a, b))
    .map(([, all]) => subsetOf(all));
}

/** Ready on one port and not on another: two entries. */
function byAddress(subsets: readonly EndpointSubset[]): ReadonlyMap<string, Found> {
  const all = new Map<string, Found>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    for (const [list, isReady] of [
      [addresses, true],
      [notReadyAddresses, false],
    ] as const) {
      for (const address of list) {
        const key = `${addressKey(address)}|${isReady}`;
        const known = all.get(key)?.ports ?? [];
        const merged = [...known, ...ports].sort((a, b) => compare(portKey(a), portKey(b)));
        all.set(key, { address, isReady, ports: merged });
      }
    }
  }
  return all;
}

function subsetOf(all: readonly Found[]): EndpointSubset {
  const of = (isReady: boolean): EndpointAddress[] =>
    all
      .filter((found) => found.isReady === isReady)
      .map(({ address }) => address)
      .sort((a, b) => compare(addressKey(a), addressKey(b)));
  const ready = of(true);
  const notReady = of(false);
  const ports = all[0]?.ports ?? [];
  return {
    ...(ready.length > 0 ? { addresses: ready } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  };
}

const addressKey = ({ ip, targetRef }: EndpointAddress): string => `${ip}|${targetRef?.uid ?? ""}`;

const portKey = ({ name, port, protocol, appProtocol }: EndpointPort): string =>
  [name ?? "", String(port).padStart(5, "0"), protocol, appProtocol ?? ""].join("|");

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const overCapacityAnnotation = "endpoints.kubernetes.io/over-capacity";

/** An object of more addresses would be too large to pass around. */
const capacity = 1_000;

/** At most that many addresses, ready ones first, each subset giving up its share. */
export function capped(subsets: readonly EndpointSubset[]): {
  readonly subsets: readonly EndpointSubset[];
  readonly isCapped: boolean;
} {
  const ready = subsets.flatMap(({ addresses = [] }) => addresses).length;
  const notReady = subsets.flatMap(({ notReadyAddresses = [] }) => notReadyAddresses).length;
  if (ready + notReady <= capacity) return { subsets, isCapped: false };
  const isReadyCapped = ready > capacity;
  const room = isReadyCapped ? capacity : capacity - ready;
  const total = isReadyCapped ? ready : notReady;
  let left = room;
  const share = (list: readonly EndpointAddress[]): readonly EndpointAddress[] => {
    const kept = list.slice(0, Math.min(Math.ceil((list.length / total) * room), left));
    left -= kept.length;
    return kept;
  };
  return {
    isCapped: true,
    subsets: subsets.map(({ addresses = [], notReadyAddresses = [], ports }) => ({
      addresses: isReadyCapped ? share(addresses) : addresses,
      notReadyAddresses: isReadyCapped ? [] : share(notReadyAddresses),
      ports,
    })),
  };
}
