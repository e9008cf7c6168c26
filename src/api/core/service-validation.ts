/**
 * Rules for Services. upstream: pkg/apis/core/validation/validation.go#ValidateService
 */
import { isDualStack, isIP, validCIDR, validIP, validPublicIP } from "#api/ip-rules.ts";
import {
  dnsLabel,
  dnsSubdomain,
  immutableField,
  invalidEach,
  portNumber,
  qualifiedName,
  validateLabels,
} from "#api/names.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { validatePort } from "./probe-validation.ts";
import type { LoadBalancerIngress, ServicePort, ServiceSpec, ServiceStatus } from "./service.ts";
import {
  isExternallyAccessible,
  isHeadless,
  isIPv6,
  needsHealthCheck,
} from "./service-addresses.ts";

interface ServiceParts {
  readonly metadata: ObjectMeta;
  readonly spec: ServiceSpec;
  readonly status: ServiceStatus;
}

export function* validateService(service: ServiceParts): Iterable<FieldError> {
  const { spec } = service;
  yield* validateTopology(service.metadata);
  yield* validateType(service);
  yield* validatePorts(service);
  if (spec.selector) yield* validateLabels(spec.selector, "spec.selector");
  yield* validateAffinity(spec);
  if (spec.type !== "ExternalName") yield* validateAddresses(spec);
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const errors = [...validIP(`spec.externalIPs[${i}]`, ip)];
    yield* errors.length > 0 ? errors : validPublicIP(`spec.externalIPs[${i}]`, ip);
  }
  yield* validateSourceRanges(service);
  yield* validateLoadBalancer(spec);
  yield* validateTraffic(service);
}

const oldHints = "service.kubernetes.io/topology-aware-hints";
const topologyMode = "service.kubernetes.io/topology-mode";

function* validateTopology({ annotations }: ObjectMeta): Iterable<FieldError> {
  const [mode, hints] = [annotations?.[topologyMode], annotations?.[oldHints]];
  if (mode === undefined || hints === undefined || mode === hints) return;
  const problem = `must match annotations[${oldHints}] when both are specified`;
  yield invalid(`metadata.annotations[${topologyMode}]`, mode, problem);
}

function* validateType(service: ServiceParts): Iterable<FieldError> {
  const { spec } = service;
  if (spec.type === "ExternalName") {
    yield* validateExternalName(spec);
    return;
  }
  if (!spec.ports && !isHeadless(service)) yield required("spec.ports");
  const isPlain = spec.type === "ClusterIP";
  if (isHeadless(service) && !isPlain) {
    const problem = `may not be set to 'None' for ${spec.type} services`;
    yield invalid("spec.clusterIPs[0]", "None", problem);
  }
}

function* validateExternalName(spec: ServiceSpec): Iterable<FieldError> {
  for (const field of ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] as const) {
    if (spec[field] === undefined) continue;
    yield forbidden(`spec.${field}`, "may not be set for ExternalName services");
  }
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  if (name === "") yield required("spec.externalName");
  else yield* invalidEach("spec.externalName", name, dnsSubdomain(name));
}

function* validatePorts(service: ServiceParts): Iterable<FieldError> {
  const { ports = [], type } = service.spec;
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  yield* validatePortNames(ports);
  for (const [i, port] of ports.entries()) {
    const at = `spec.ports[${i}]`;
    const { protocol = "", nodePort } = port;
    yield* validateServicePort(port, at);
    const number = `${protocol}/${port.port}`;
    if (numbers.has(number)) yield duplicate(at, { port: port.port, protocol });
    numbers.add(number);
    if (!nodePort) continue;
    if (type === "ClusterIP") {
      yield forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'");
    }
    if (nodePorts.has(`${protocol}/${nodePort}`)) yield duplicate(`${at}.nodePort`, nodePort);
    nodePorts.add(`${protocol}/${nodePort}`);
  }
}

/** One port may do without a name. */
function* validatePortNames(ports: readonly ServicePort[]): Iterable<FieldError> {
  const names = new Set<string>();
  for (const [i, { name = "" }] of ports.entries()) {
    const path = `spec.ports[${i}].name`;
    if (name === "") {
      if (ports.length > 1) yield required(path);
      continue;
    }
    yield* invalidEach(path, name, dnsLabel(name));
    if (names.has(name)) yield duplicate(path, name);
    names.add(name);
  }
}

function* validateServicePort(port: ServicePort, at: string): Iterable<FieldError> {
  yield* invalidEach(`${at}.port`, port.port, portNumber(port.port));
  yield* validatePort(port.targetPort, `${at}.targetPort`);
  const { appProtocol } = port;
  if (appProtocol !== undefined) {
    yield* invalidEach(`${at}.appProtocol`, appProtocol, qualifiedName(appProtocol));
  }
}

const affinitySecondsMax = 86_400;

function* validateAffinity(spec: ServiceSpec): Iterable<FieldError> {
  if (spec.sessionAffinity !== "ClientIP") return;
  const path = "spec.sessionAffinityConfig";
  const hint = "when session affinity type is ClientIP";
  const { clientIP } = spec.sessionAffinityConfig ?? {};
  const seconds = clientIP?.timeoutSeconds;
  if (!spec.sessionAffinityConfig) yield required(path, hint);
  else if (!clientIP) yield required(`${path}.clientIP`, hint);
  else if (seconds === undefined) yield required(`${path}.clientIP.timeoutSeconds`, hint);
  else if (seconds <= 0 || seconds > affinitySecondsMax) {
    const problem = `must be greater than 0 and less than ${affinitySecondsMax}`;
    yield invalid(`${path}.clientIP.timeoutSeconds`, seconds, problem);
  }
}

/** `clusterIP`, `clusterIPs` and `ipFamilies` must tell the same story. */
export function* validateAddresses(spec: ServiceSpec): Iterable<FieldError> {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const path = "spec.clusterIPs";
  yield* validatePair(spec.clusterIP, clusterIPs);
  for (const [i, family] of ipFamilies.entries()) {
    if (ipFamilies.indexOf(family) < i) yield duplicate(`spec.ipFamilies[${i}]`, family);
  }
  const wrong = [...wrongAddresses(clusterIPs)];
  yield* wrong;
  if (clusterIPs.length > 2) yield invalid(path, clusterIPs, "may only hold up to 2 values");
  if (wrong.length > 0) return;
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs)) {
    yield invalid(path, clusterIPs, "may specify no more than one IP for each IP family");
  }
  if (clusterIPs[0] !== "None") yield* validateFamilies(clusterIPs, ipFamilies);
}

function* validatePair(clusterIP = "", clusterIPs: readonly string[] = []): Iterable<FieldError> {
  const path = "spec.clusterIPs";
  if (clusterIPs.length === 0) {
    if (clusterIP) yield required(path);
  } else if (clusterIP === "") {
    yield invalid(path, clusterIPs, "must be empty when `clusterIP` is not specified");
  } else if (clusterIPs[0] !== clusterIP) {
    yield invalid(path, clusterIPs, "first value must match `clusterIP`");
  }
}

function* wrongAddresses(clusterIPs: readonly string[]): Iterable<FieldError> {
  for (const [i, ip] of clusterIPs.entries()) {
    if (i > 0 || ip !== "None") yield* validIP(`spec.clusterIPs[${i}]`, ip);
    else if (clusterIPs.length > 1) {
      yield invalid("spec.clusterIPs", clusterIPs, "'None' must be the first and only value");
    }
  }
}

function* validateFamilies(
  clusterIPs: readonly string[],
  families: readonly string[],
): Iterable<FieldError> {
  for (const [i, ip] of clusterIPs.entries()) {
    const family = families[i];
    if (!family || isIPv6(ip) === (family === "IPv6")) continue;
    const problem = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    yield invalid(`spec.clusterIPs[${i}]`, ip, problem);
  }
}

const sourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";
const balancersOnly = "may only be used when `type` is 'LoadBalancer'";

function* validateSourceRanges({ metadata, spec }: ServiceParts): Iterable<FieldError> {
  const ranges = spec.loadBalancerSourceRanges;
  const annotation = metadata.annotations?.[sourceRanges];
  if (!ranges && annotation === undefined) return;
  const path = ranges ? "spec.LoadBalancerSourceRanges" : `metadata.annotations[${sourceRanges}]`;
  if (spec.type !== "LoadBalancer") yield forbidden(path, balancersOnly);
  const texts = ranges ?? (annotation?.trim() ? annotation.split(",") : []);
  for (const [i, text] of texts.entries()) {
    yield* validCIDR(ranges ? `${path}[${i}]` : path, text.trim());
  }
}

function* validateLoadBalancer(spec: ServiceSpec): Iterable<FieldError> {
  const { loadBalancerClass: name, allocateLoadBalancerNodePorts: allocates } = spec;
  if (spec.type !== "LoadBalancer") {
    if (allocates !== undefined) {
      yield forbidden("spec.allocateLoadBalancerNodePorts", balancersOnly);
    }
    if (name !== undefined) yield forbidden("spec.loadBalancerClass", balancersOnly);
  } else if (name !== undefined) {
    yield* invalidEach("spec.loadBalancerClass", name, qualifiedName(name));
  }
}

const distributions = ["PreferClose", "PreferSameNode", "PreferSameZone"];

function* validateTraffic(service: ServiceParts): Iterable<FieldError> {
  const { spec } = service;
  const { externalTrafficPolicy: policy, healthCheckNodePort: port, trafficDistribution } = spec;
  if (policy && !isExternallyAccessible(service)) {
    const problem = "may only be set for externally-accessible services";
    yield invalid("spec.externalTrafficPolicy", policy, problem);
  }
  // Without one that is asked for, the server gives it one in the end.
  if (!needsHealthCheck(service)) {
    if (port) {
      const problem =
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
      yield invalid("spec.healthCheckNodePort", port, problem);
    }
  } else if (port) yield* invalidEach("spec.healthCheckNodePort", port, portNumber(port));
  if (trafficDistribution !== undefined && !distributions.includes(trafficDistribution)) {
    yield notSupported("spec.trafficDistribution", trafficDistribution, distributions);
  }
}

export function* validateServiceUpdate(
  service: ServiceParts,
  old: ServiceParts,
): Iterable<FieldError> {
  const isNamed = [service, old].some(({ spec }) => spec.type === "ExternalName");
  if (!isNamed) {
    yield* validateAddressChange(service, old);
    yield* validateFamilyChange(service, old);
  }
  const [name, before] = [service.spec.loadBalancerClass, old.spec.loadBalancerClass];
  const areBalancers = [service, old].every(({ spec }) => spec.type === "LoadBalancer");
  if (areBalancers && name !== before) {
    yield invalid("spec.loadBalancerClass", name ?? null, "may not change once set");
  }
  const stayChecked = needsHealthCheck(service) && needsHealthCheck(old);
  if (stayChecked && service.spec.healthCheckNodePort !== old.spec.healthCheckNodePort) {
    yield forbidden("spec.healthCheckNodePort", immutableField);
  }
}

function* validateAddressChange(service: ServiceParts, old: ServiceParts): Iterable<FieldError> {
  if (isHeadless(service) && isHeadless(old)) return;
  const { clusterIPs: now = [] } = service.spec;
  const { clusterIPs: was = [] } = old.spec;
  yield* validateListChange({ now, was, at: "spec.clusterIPs", what: "clusterIP" }, service.spec);
}

/** Headless services may change their families at will. */
function* validateFamilyChange(service: ServiceParts, old: ServiceParts): Iterable<FieldError> {
  if (isHeadless(service) || isHeadless(old)) return;
  const { ipFamilies: now = [] } = service.spec;
  const { ipFamilies: was = [] } = old.spec;
  yield* validateListChange({ now, was, at: "spec.ipFamilies", what: "ipFamily" }, service.spec);
}

interface ListChange {
  readonly now: readonly string[];
  readonly was: readonly string[];
  readonly at: string;
  readonly what: string;
}

/** A second entry may come and go; what stays may not change. */
function* validateListChange(change: ListChange, spec: ServiceSpec): Iterable<FieldError> {
  const { now, was, at, what } = change;
  if (was.length > 0 && now.length === 0) {
    yield invalid(`${at}[0]`, now, `primary ${what} can not be unset`);
  }
  const compared = now.length === was.length ? was.length : Math.min(1, now.length, was.length);
  for (let i = 0; i < compared; i++) {
    if (now[i] !== was[i]) yield invalid(`${at}[${i}]`, now, "may not change once set");
  }
  if (was.length > 1 && now.length === 1 && spec.ipFamilyPolicy !== "SingleStack") {
    const problem = `must be set to 'SingleStack' when releasing the secondary ${what}`;
    yield invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy ?? null, problem);
  }
}

const ipModes = ["Proxy", "VIP"];

export function* validateServiceStatus({ spec, status }: ServiceParts): Iterable<FieldError> {
  const { ingress = [] } = status.loadBalancer;
  if (spec.type !== "LoadBalancer" && ingress.length > 0) {
    const problem = "may only be used when `spec.type` is 'LoadBalancer'";
    yield forbidden("status.loadBalancer.ingress", problem);
    return;
  }
  for (const [i, entry] of ingress.entries()) {
    yield* validateIngress(entry, `status.loadBalancer.ingress[${i}]`);
  }
}

function* validateIngress(entry: LoadBalancerIngress, at: string): Iterable<FieldError> {
  const { ip, ipMode, hostname } = entry;
  if (ip) yield* validIP(`${at}.ip`, ip);
  if (ip && ipMode === undefined) {
    yield required(`${at}.ipMode`, "must be specified when `ip` is set");
  } else if (!ip && ipMode !== undefined) {
    yield forbidden(`${at}.ipMode`, "may not be specified when `ip` is not set");
  } else if (ipMode !== undefined && !ipModes.includes(ipMode)) {
    yield notSupported(`${at}.ipMode`, ipMode, ipModes);
  }
  if (!hostname) return;
  yield* invalidEach(`${at}.hostname`, hostname, dnsSubdomain(hostname));
  if (isIP(hostname)) {
    yield invalid(`${at}.hostname`, hostname, "must be a DNS name, not an IP address");
  }
}
