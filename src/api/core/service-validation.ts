/**
 * Rules for Services. upstream: pkg/apis/core/validation/validation.go#ValidateService
 */
import { requiredChoice } from "#api/field-rules.ts";
import { isIP, validCIDR, validIP, validPublicIP } from "#api/ip-rules.ts";
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
  notListed,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { validatePort } from "./probe-validation.ts";
import type { LoadBalancerIngress, ServicePort, ServiceSpec, ServiceStatus } from "./service.ts";
import {
  validateAddressChange,
  validateAddresses,
  validateFamilyChange,
} from "./service-address-validation.ts";
import { isExternallyAccessible, isHeadless, needsHealthCheck } from "./service-addresses.ts";

interface ServiceParts {
  readonly metadata: ObjectMeta;
  readonly spec: ServiceSpec;
  readonly status: ServiceStatus;
}

/** `old` may have addresses and networks that were fine once: they stay so. */
export function* validateService(service: ServiceParts, old?: ServiceParts): Iterable<FieldError> {
  const { spec } = service;
  yield* validateTopology(service.metadata);
  yield* validateKind(service);
  yield* validatePorts(spec);
  if (spec.selector) yield* validateLabels(spec.selector, "spec.selector");
  yield* validateAffinity(spec);
  if (spec.type !== "ExternalName") yield* validateAddresses(spec, old?.spec.clusterIPs);
  yield* validateExternalIPs(spec, old?.spec.externalIPs);
  yield* requiredChoice("spec.type", spec.type, types);
  yield* validatePortNumbers(spec);
  yield* validateSourceRanges(service, old);
  if (spec.type !== "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== undefined) {
    yield forbidden("spec.allocateLoadBalancerNodePorts", balancersOnly);
  }
  yield* validateClass(spec);
  yield* validateTraffic(service);
}

const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const policies = ["Cluster", "Local"];

function* validateExternalIPs(
  { externalIPs = [] }: ServiceSpec,
  known: readonly string[] = [],
): Iterable<FieldError> {
  for (const [i, ip] of externalIPs.entries()) {
    const path = `spec.externalIPs[${i}]`;
    const errors = known.includes(ip) ? [] : [...validIP(path, ip)];
    yield* errors.length > 0 ? errors : validPublicIP(path, ip);
  }
}

const oldHints = "service.kubernetes.io/topology-aware-hints";
const topologyMode = "service.kubernetes.io/topology-mode";

function* validateTopology({ annotations }: ObjectMeta): Iterable<FieldError> {
  const [mode, hints] = [annotations?.[topologyMode], annotations?.[oldHints]];
  if (mode === undefined || hints === undefined || mode === hints) return;
  const problem = `must match annotations[${oldHints}] when both are specified`;
  yield invalid(`metadata.annotations[${topologyMode}]`, mode, problem);
}

function* validateKind(service: ServiceParts): Iterable<FieldError> {
  const { spec } = service;
  if (spec.type === "ExternalName") {
    yield* validateExternalName(spec);
    return;
  }
  if (!spec.ports?.length && !isHeadless(service)) yield required("spec.ports");
  const hasNodePorts = spec.type === "NodePort" || spec.type === "LoadBalancer";
  if (isHeadless(service) && hasNodePorts) {
    const problem = `may not be set to 'None' for ${spec.type} services`;
    yield invalid("spec.clusterIPs[0]", "None", problem);
  }
}

function* validateExternalName(spec: ServiceSpec): Iterable<FieldError> {
  for (const field of ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] as const) {
    if (spec[field] === undefined || spec[field].length === 0) continue;
    yield forbidden(`spec.${field}`, "may not be set for ExternalName services");
  }
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  if (name === "") yield required("spec.externalName");
  else yield* invalidEach("spec.externalName", name, dnsSubdomain(name));
}

/** One port may do without a name. */
function* validatePorts({ ports = [] }: ServiceSpec): Iterable<FieldError> {
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `spec.ports[${i}]`;
    const { name = "" } = port;
    if (name !== "") {
      yield* invalidEach(`${at}.name`, name, dnsLabel(name));
      if (names.has(name)) yield duplicate(`${at}.name`, name);
      names.add(name);
    } else if (ports.length > 1) yield required(`${at}.name`);
    yield* validateServicePort(port, at);
  }
}

function* validateServicePort(port: ServicePort, at: string): Iterable<FieldError> {
  yield* invalidEach(`${at}.port`, port.port, portNumber(port.port));
  yield* requiredChoice(`${at}.protocol`, port.protocol, ["SCTP", "TCP", "UDP"]);
  yield* validatePort(port.targetPort, `${at}.targetPort`);
  const { appProtocol } = port;
  if (appProtocol !== undefined) {
    yield* invalidEach(`${at}.appProtocol`, appProtocol, qualifiedName(appProtocol));
  }
}

function* validatePortNumbers({ ports = [], type }: ServiceSpec): Iterable<FieldError> {
  const paths = ports.map((_, i) => `spec.ports[${i}]`);
  for (const [i, { nodePort }] of ports.entries()) {
    if (type !== "ClusterIP" || !nodePort) continue;
    yield forbidden(`${paths[i]}.nodePort`, "may not be used when `type` is 'ClusterIP'");
  }
  const hostKeys = ports.map(
    ({ nodePort, protocol = "" }) => nodePort && `${protocol}/${nodePort}`,
  );
  for (const i of repeats(hostKeys)) yield duplicate(`${paths[i]}.nodePort`, ports[i]?.nodePort);
  const keys = ports.map(({ port, protocol = "" }) => `${protocol}/${port}`);
  for (const i of repeats(keys)) {
    yield duplicate(paths[i] ?? "", { port: ports[i]?.port, protocol: ports[i]?.protocol ?? "" });
  }
}

/** Where a value stands again; nothing is no value. */
function repeats(values: readonly (string | number | undefined)[]): readonly number[] {
  const seen = new Set<string | number>();
  return [...values.entries()].flatMap(([i, value]) => {
    if (!value) return [];
    const isKnown = seen.has(value);
    seen.add(value);
    return isKnown ? [i] : [];
  });
}

const affinitySecondsMax = 86_400;

function* validateAffinity(spec: ServiceSpec): Iterable<FieldError> {
  const path = "spec.sessionAffinityConfig";
  yield* requiredChoice("spec.sessionAffinity", spec.sessionAffinity, ["ClientIP", "None"]);
  if (spec.sessionAffinity === "None" && spec.sessionAffinityConfig) {
    yield forbidden(path, "must not be set when session affinity is None");
  }
  if (spec.sessionAffinity === "ClientIP") yield* validateAffinityConfig(spec, path);
}

function* validateAffinityConfig(spec: ServiceSpec, path: string): Iterable<FieldError> {
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

const sourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";
const balancersOnly = "may only be used when `type` is 'LoadBalancer'";

/** The field; else the annotation from before there was a field. */
function* validateSourceRanges(
  service: ServiceParts,
  old: ServiceParts | undefined,
): Iterable<FieldError> {
  const isField = (service.spec.loadBalancerSourceRanges ?? []).length > 0;
  const isAnnotated = service.metadata.annotations?.[sourceRanges] !== undefined;
  if (!isField && !isAnnotated) return;
  const path = isField ? "spec.LoadBalancerSourceRanges" : `metadata.annotations[${sourceRanges}]`;
  if (service.spec.type !== "LoadBalancer") yield forbidden(path, balancersOnly);
  const known = rangesOf(old);
  for (const [i, text] of rangesOf(service).entries()) {
    if (isField && !known.includes(text)) yield* validCIDR(`${path}[${i}]`, text);
  }
  if (!isField) yield* validateAnnotatedRanges(service, old, path);
}

/** Blanks around them are accepted. */
const rangesOf = (service: ServiceParts | undefined): readonly string[] =>
  (service?.spec.loadBalancerSourceRanges ?? []).map((text) => text.trim());

function* validateAnnotatedRanges(
  { metadata }: ServiceParts,
  old: ServiceParts | undefined,
  path: string,
): Iterable<FieldError> {
  const text = metadata.annotations?.[sourceRanges] ?? "";
  if (text.trim() === "" || text === old?.metadata.annotations?.[sourceRanges]) return;
  for (const one of text.split(",")) yield* validCIDR(path, one.trim());
}

function* validateClass({ type, loadBalancerClass: name }: ServiceSpec): Iterable<FieldError> {
  const path = "spec.loadBalancerClass";
  if (name === undefined) return;
  if (type === "LoadBalancer") yield* invalidEach(path, name, qualifiedName(name));
  else yield forbidden(path, balancersOnly);
}

const distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const innerPolicyTypes: ReadonlySet<string> = new Set(["NodePort", "LoadBalancer", "ClusterIP"]);

function* validateTraffic(service: ServiceParts): Iterable<FieldError> {
  yield* validateExternalTraffic(service);
  const { type = "", internalTrafficPolicy: policy, trafficDistribution } = service.spec;
  const path = "spec.internalTrafficPolicy";
  if (policy === undefined && innerPolicyTypes.has(type)) yield required(path);
  if (policy !== undefined && !policies.includes(policy)) {
    yield notSupported(path, policy, policies);
  }
  if (trafficDistribution !== undefined && !distributions.includes(trafficDistribution)) {
    yield notListed("spec.trafficDistribution", trafficDistribution, distributions);
  }
}

function* validateExternalTraffic(service: ServiceParts): Iterable<FieldError> {
  const { externalTrafficPolicy: policy, healthCheckNodePort: port } = service.spec;
  const path = "spec.externalTrafficPolicy";
  if (isExternallyAccessible(service)) yield* requiredChoice(path, policy, policies);
  else if (policy)
    yield invalid(path, policy, "may only be set for externally-accessible services");
  // Without one that is asked for, the server gives it one in the end.
  if (!port) return;
  if (needsHealthCheck(service)) {
    yield* invalidEach("spec.healthCheckNodePort", port, portNumber(port));
  } else {
    const problem =
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    yield invalid("spec.healthCheckNodePort", port, problem);
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
  // exact: upstream says it twice, here and among the rules for all.
  yield* validateClass(service.spec);
  const stayChecked = needsHealthCheck(service) && needsHealthCheck(old);
  if (stayChecked && service.spec.healthCheckNodePort !== old.spec.healthCheckNodePort) {
    yield forbidden("spec.healthCheckNodePort", immutableField);
  }
  yield* validateService(service, old);
}

const ipModes = ["Proxy", "VIP"];

export function* validateServiceStatus(
  { spec, status }: ServiceParts,
  old: ServiceParts,
): Iterable<FieldError> {
  const { ingress = [] } = status.loadBalancer;
  if (spec.type !== "LoadBalancer" && ingress.length > 0) {
    const problem = "may only be used when `spec.type` is 'LoadBalancer'";
    yield forbidden("status.loadBalancer.ingress", problem);
    return;
  }
  const known = old.status.loadBalancer.ingress?.map(({ ip }) => ip) ?? [];
  for (const [i, entry] of ingress.entries()) {
    const at = `status.loadBalancer.ingress[${i}]`;
    if (entry.ip && !known.includes(entry.ip)) yield* validIP(`${at}.ip`, entry.ip);
    yield* validateIngress(entry, at);
  }
}

function* validateIngress(entry: LoadBalancerIngress, at: string): Iterable<FieldError> {
  const { ip, ipMode, hostname } = entry;
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
