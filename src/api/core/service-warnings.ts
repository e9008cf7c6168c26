/** What is accepted in Services, but probably not meant. upstream: pkg/api/service/warnings.go */
import { cidrWarnings, ipWarnings } from "#api/ip-warnings.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { ServiceSpec } from "./service.ts";

const oldHints = "service.kubernetes.io/topology-aware-hints";
const topologyMode = "service.kubernetes.io/topology-mode";

interface ServiceParts {
  readonly metadata: ObjectMeta;
  readonly spec: ServiceSpec;
}

// exact: apiserver, all texts below

export function* serviceWarnings({ metadata, spec }: ServiceParts): Iterable<string> {
  if (metadata.annotations?.[oldHints] !== undefined) {
    yield `annotation ${oldHints} is deprecated, please use ${topologyMode} instead`;
  }
  const isHeadless = spec.clusterIP === "None";
  if (spec.clusterIP && !isHeadless) yield* addressWarnings("clusterIPs", spec.clusterIPs);
  if (isHeadless && spec.type === "ClusterIP") yield* headlessWarnings(spec);
  yield* externalWarnings(spec);
  yield* nameWarnings(spec);
  if (spec.trafficDistribution === "PreferClose") {
    yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"';
  }
}

function* nameWarnings({ type, externalIPs, externalName }: ServiceSpec): Iterable<string> {
  if (type !== "ExternalName") {
    if (externalName) yield 'spec.externalName is ignored when spec.type is not "ExternalName"';
  } else if (externalIPs?.length) {
    yield 'spec.externalIPs is ignored when spec.type is "ExternalName"';
  }
}

function* externalWarnings(spec: ServiceSpec): Iterable<string> {
  yield* addressWarnings("externalIPs", spec.externalIPs);
  const isHeadless = spec.type === "ClusterIP" && spec.clusterIP === "None";
  if (spec.externalIPs?.length && !isHeadless && spec.type !== "ExternalName") {
    yield "spec.externalIPs is deprecated and may no longer be implemented in some clusters";
  }
  if (spec.loadBalancerIP) yield* ipWarnings("spec.loadBalancerIP", spec.loadBalancerIP);
  for (const [i, network] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    yield* cidrWarnings(`spec.loadBalancerSourceRanges[${i}]`, network);
  }
}

function* addressWarnings(field: string, addresses: readonly string[] = []): Iterable<string> {
  for (const [i, ip] of addresses.entries()) yield* ipWarnings(`spec.${field}[${i}]`, ip);
}

function* headlessWarnings(spec: ServiceSpec): Iterable<string> {
  if (spec.loadBalancerIP) yield "spec.loadBalancerIP is ignored for headless services";
  if (spec.externalIPs?.length) yield "spec.externalIPs is ignored for headless services";
  if (spec.sessionAffinity && spec.sessionAffinity !== "None") {
    yield "spec.SessionAffinity is ignored for headless services";
  }
}
