/**
 * Cluster addresses: each is an IPAddress object named after it, written in the commit of the
 * service that has it, so that no two services ever have the same one.
 * upstream: pkg/registry/core/service/ipallocator/{ipallocator,cidrallocator}.go
 */
import { Service } from "#api/core/service.ts";
import { ApiError, invalidObject } from "#api/errors.ts";
import { storageKey } from "#api/kind.ts";
import { IPAddress } from "#api/networking/ipaddress.ts";
import { ServiceCIDR } from "#api/networking/servicecidr.ts";
import {
  type Cidr,
  contains,
  formatCidr,
  formatIp,
  nthAddress,
  parseCidr,
  parseIp,
  sizeOf,
} from "#base/ip.ts";
import { below, type Random } from "#base/random.ts";
import { invalid } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import type { Reader } from "#apiserver/registry/registry.ts";
import type { Claim } from "../admission.ts";
import { type Family, familyOf } from "./families.ts";

/** The ranges that addresses may come from now, the first one first. */
export const serviceRanges = (reader: Reader): readonly Cidr[] =>
  reader
    .list(ServiceCIDR, "")
    .map(({ object }) => object)
    .filter(
      ({ metadata, status }) =>
        !metadata.deletionTimestamp &&
        !status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "False"),
    )
    .flatMap(({ spec }) => spec.cidrs ?? [])
    .flatMap((text) => parseCidr(text) ?? []);

export const familiesOf = (ranges: readonly Cidr[]): readonly Family[] => {
  const families = ranges.map(({ version }) => (version === 6 ? "IPv6" : "IPv4"));
  return [...new Set(families.length > 0 ? families : (["IPv4"] as const))];
};

export interface AddressSearch {
  readonly reader: Reader;
  readonly random: Random;
}

const isFree = ({ reader }: AddressSearch, ip: string): boolean =>
  reader.get(IPAddress, "", ip) === undefined;

/** Throws Invalid when somebody has it, or when it is outside. exact: apiserver */
export function takeAddress(
  search: AddressSearch,
  { metadata, spec }: Draft<Service>,
  ip: string,
): string {
  const refuse = (why: string): ApiError =>
    invalidObject(Service, metadata.name ?? "", [
      invalid("spec.clusterIPs", spec.clusterIPs, `failed to allocate IP ${ip}: ${why}`),
    ]);
  const parsed = parseIp(ip);
  const ranges = serviceRanges(search.reader);
  const range = parsed && ranges.find((one) => contains(one, parsed));
  if (!parsed || !range) throw refuse(outside(ip, ranges));
  const [first, last] = usable(range);
  if (parsed.value < range.first + first || parsed.value > range.first + last)
    throw refuse(outside(ip, ranges));
  const name = formatIp(parsed);
  if (!isFree(search, name)) throw refuse("provided IP is already allocated");
  return name;
}

const outside = (ip: string, ranges: readonly Cidr[]): string =>
  `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${ranges.map(formatCidr).join(",")}`;

/** The first address names the network, the last one of IPv4 everybody in it. */
const usable = (range: Cidr): readonly [bigint, bigint] => [
  1n,
  sizeOf(range) - (range.version === 4 ? 2n : 1n),
];

/** Chosen by people, mostly low ones: no address is picked from them while others are free. */
function staticCount(range: Cidr): bigint {
  const share = sizeOf(range) / 16n;
  const [least, most] = [16n, 256n];
  const count = share < least ? least : share > most ? most : share;
  return sizeOf(range) < 2n * least ? 0n : count;
}

/** Random picks before the search goes one by one. */
const picksMax = 32;
const searchedMax = 1n << 20n;

export function pickAddress(search: AddressSearch, family: Family): string {
  for (const range of serviceRanges(search.reader)) {
    if (familiesOf([range])[0] !== family) continue;
    const [first, last] = usable(range);
    const reserved = staticCount(range);
    const found =
      pickBetween(search, range, [first + reserved, last]) ??
      pickBetween(search, range, [first, first + reserved - 1n]);
    if (found) return found;
  }
  const why = "failed to allocate a serviceIP: range is full";
  throw new ApiError("InternalError", `Internal error occurred: ${why}`); // exact: apiserver
}

function pickBetween(
  search: AddressSearch,
  range: Cidr,
  [first, last]: readonly [bigint, bigint],
): string | undefined {
  if (last < first) return undefined;
  const count = last - first + 1n;
  const span = Number(count < searchedMax ? count : searchedMax);
  for (let pick = 0; pick < picksMax; pick++) {
    const ip = formatIp(nthAddress(range, first + BigInt(below(search.random, span))));
    if (isFree(search, ip)) return ip;
  }
  for (let at = 0n; at < BigInt(span); at++) {
    const ip = formatIp(nthAddress(range, first + at));
    if (isFree(search, ip)) return ip;
  }
  return undefined;
}

const addressKey = (ip: string): string => storageKey(IPAddress, "", ip);

export const claimAddress = (ip: string, { metadata }: Draft<Service>): Claim => ({
  key: addressKey(ip),
  value: {
    kind: IPAddress,
    object: {
      kind: IPAddress.kind,
      apiVersion: IPAddress.apiVersion,
      metadata: {
        name: ip,
        labels: {
          "ipaddress.kubernetes.io/ip-family": familyOf(ip),
          "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
        },
      },
      spec: {
        parentRef: {
          resource: "services",
          namespace: metadata.namespace ?? "",
          name: metadata.name ?? "",
        },
      },
    } as Draft<IPAddress>,
  },
});

export const releaseAddress = (ip: string): Claim => ({ key: addressKey(ip), value: undefined });
