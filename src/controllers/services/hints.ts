/**
 * Tells proxies which endpoints are near: of the same zone, or on the same node, where the
 * service asks for that.
 * upstream: staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go
 */
import type { Service } from "#api/core/service.ts";
import type { Endpoint, EndpointHints } from "#api/discovery/endpointslice.ts";
import type { SliceContent } from "./packing.ts";

export function withHints(
  { spec }: Service,
  contents: readonly SliceContent[],
): readonly SliceContent[] {
  const hint = hinting[spec.trafficDistribution ?? ""];
  if (!hint) return contents;
  return contents.map((content) => ({
    ...content,
    endpoints: content.endpoints.map((endpoint) => hinted(endpoint, hint(endpoint))),
  }));
}

const toZone = ({ zone }: Endpoint): EndpointHints | undefined =>
  zone ? { forZones: [{ name: zone }] } : undefined;

const toNode = (endpoint: Endpoint): EndpointHints | undefined => ({
  ...toZone(endpoint),
  ...(endpoint.nodeName ? { forNodes: [{ name: endpoint.nodeName }] } : {}),
});

const hinting: Readonly<Record<string, (endpoint: Endpoint) => EndpointHints | undefined>> = {
  PreferClose: toZone,
  PreferSameZone: toZone,
  PreferSameNode: toNode,
};

/** Nobody is sent to an endpoint that is not ready, so it needs no hint. */
const hinted = (endpoint: Endpoint, hints: EndpointHints | undefined): Endpoint =>
  endpoint.conditions.ready && hints ? { ...endpoint, hints } : endpoint;
