/** The addresses behind a service, in few words. */
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { Session } from "../session.ts";

export async function slicesOf(
  { client, shell }: Session,
  service: { readonly namespace: string; readonly name: string },
): Promise<readonly EndpointSlice[]> {
  const labelSelector = `kubernetes.io/service-name=${service.name}`;
  const { namespace } = service;
  const { items } = await client.list(EndpointSlice, {
    namespace,
    labelSelector,
    signal: shell.signal,
  });
  return items;
}

const shownMax = 3;

/** exact: kubectl. Three of them, and how many more there are. */
export function endpointsText(slices: readonly EndpointSlice[], portName: string): string {
  if (slices.length === 0) return "<none>";
  const all = slices.flatMap((slice) => addressesOf(slice, portName));
  const shown = all.slice(0, shownMax).join(",");
  return all.length > shownMax ? `${shown} + ${all.length - shownMax} more...` : shown;
}

function addressesOf({ ports, endpoints }: EndpointSlice, portName: string): string[] {
  const ready = (endpoints ?? [])
    .filter(({ conditions }) => conditions.ready !== false)
    .map(({ addresses }) => addresses[0] ?? "");
  // Headless services may have no ports.
  if (ports.length === 0) return ready;
  return ports
    .filter(({ name = "" }) => name === portName)
    .flatMap(({ port = 0 }) => ready.map((address) => `${bracketedIp(address)}:${port}`));
}

const bracketedIp = (address: string): string => (address.includes(":") ? `[${address}]` : address);
