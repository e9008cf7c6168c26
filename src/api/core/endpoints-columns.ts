/** Cells of `kubectl get endpoints`. upstream: pkg/printers/internalversion/printers.go#formatEndpoints */
import { hostPort } from "#base/ip.ts";
import { firstThree } from "#api/columns.ts";
import type { EndpointSubset } from "./endpoints.ts";

export function endpointsText(subsets: readonly EndpointSubset[]): string {
  if (subsets.length === 0) return "<none>";
  const all = subsets.flatMap(({ addresses = [], ports }) =>
    ports
      ? ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port)))
      : addresses.map(({ ip }) => ip),
  );
  return firstThree(all);
}
