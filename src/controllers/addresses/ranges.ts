/** Ranges of service addresses, and which addresses the API server has given out. */
import type { IPAddress } from "#api/networking/ipaddress.ts";
import { ServiceCIDR } from "#api/networking/servicecidr.ts";
import { type Cidr, contains, parseCidr, parseIp } from "#base/ip.ts";
import type { Index } from "#client/cache.ts";
import type { View } from "../runtime/controller.ts";

export const managedByLabel = "ipaddress.kubernetes.io/managed-by";
export const managedBy = "ipallocator.k8s.io";

export const rangesOf = ({ spec }: ServiceCIDR): readonly Cidr[] =>
  (spec.cidrs ?? []).flatMap((text) => parseCidr(text) ?? []);

export const isAllocated = ({ metadata }: IPAddress): boolean =>
  metadata.labels?.[managedByLabel] === managedBy;

/** Others make such objects for purposes of their own. */
export const allocated: Index<IPAddress> = (address) => (isAllocated(address) ? [""] : []);

/** The ranges that are being deleted and that an address is in. */
export function* rangesAround(
  { metadata: { name = "" } }: IPAddress,
  _old: IPAddress | undefined,
  view: View,
): Iterable<string> {
  const ip = parseIp(name);
  for (const range of view.list(ServiceCIDR))
    if (range.metadata.deletionTimestamp && ip && rangesOf(range).some((one) => contains(one, ip)))
      yield range.metadata.name ?? "";
}
