/** What is accepted in Services, but probably not meant. upstream: pkg/api/service/warnings.go */
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { ServiceSpec } from "./service.ts";
import { isHeadless } from "./service-addresses.ts";

const oldHints = "service.kubernetes.io/topology-aware-hints";
const topologyMode = "service.kubernetes.io/topology-mode";

interface ServiceParts {
  readonly metadata: ObjectMeta;
  readonly spec: ServiceSpec;
}

// exact: apiserver
export function* serviceWarnings({ metadata, spec }: ServiceParts): Iterable<string> {
  if (metadata.annotations?.[oldHints] !== undefined) {
    yield `annotation ${oldHints} is deprecated, please use ${topologyMode} instead`;
  }
  if (isHeadless({ spec })) {
    if (spec.loadBalancerIP) yield "spec.loadBalancerIP is ignored for headless services";
    if (spec.externalIPs) yield "spec.externalIPs is ignored for headless services";
    if (spec.sessionAffinity && spec.sessionAffinity !== "None") {
      yield "spec.SessionAffinity is ignored for headless services";
    }
  }
  if (spec.type === "ExternalName") {
    if (spec.externalIPs) yield 'spec.externalIPs is ignored when spec.type is "ExternalName"';
  } else if (spec.externalName) {
    yield 'spec.externalName is ignored when spec.type is not "ExternalName"';
  }
}
