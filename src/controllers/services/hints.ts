/**
 * Tells proxies which endpoints are near: of the same zone, or on the same node, where the
 * service asks for that.
 * upstream: staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go
 */
import { Node } from "#api/core/node.ts";
import type { Service } from "#api/core/service.ts";
import type { Endpoint, EndpointHints } from "#api/discovery/endpointslice.ts";
import type { View } from "../runtime/controller.ts";
import { type Effect, note, warn } from "../runtime/effects.ts";
import type { IpFamily } from "./backends.ts";
import type { SliceContent } from "./packing.ts";
import { asksForZoneShares, withZoneShares } from "./zone-shares.ts";

export interface Hinted {
  readonly contents: readonly SliceContent[];
  readonly events: readonly Effect[];
}

/** The older annotation goes before the field. */
export function withHints(
  service: Service,
  contents: readonly SliceContent[],
  { family, view }: { readonly family: IpFamily; readonly view: View },
): Hinted {
  // Seen by the slices, so that each change is told once, after a restart too.
  const had = contents.some(({ from }) => from?.endpoints.some(({ hints }) => hints));
  // exact: endpointslice-controller, reasons and messages
  const tell = (event: typeof note, what: string, why: string): readonly Effect[] => [
    event(service, `TopologyAwareHints${what}`, `${why}, addressType: ${family}`),
  ];
  if (!asksForZoneShares(service)) {
    const isOver = had && !service.spec.trafficDistribution;
    const why = "Topology Aware Hints has been disabled";
    return {
      contents: nearHints(service, contents),
      events: isOver ? tell(warn, "Disabled", why) : [],
    };
  }
  const { contents: shared, refusal } = withZoneShares(contents, view.list(Node));
  if (refusal) return { contents: shared, events: tell(warn, "Disabled", refusal) };
  const why = "Topology Aware Hints has been enabled";
  return { contents: shared, events: had ? [] : tell(note, "Enabled", why) };
}

function nearHints({ spec }: Service, contents: readonly SliceContent[]): readonly SliceContent[] {
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
