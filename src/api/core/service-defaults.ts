/**
 * What a Service says by leaving it out, and what an update keeps of what was given to it.
 * upstream: pkg/apis/core/v1/defaults.go#SetDefaults_Service, pkg/registry/core/service/storage
 */
import type { Draft } from "#schema/struct.ts";
import { equal } from "#schema/copy.ts";
import type { ServiceSpec, ServiceStatus } from "./service.ts";
import { isExternallyAccessible, needsHealthCheck } from "./service-addresses.ts";

interface ServiceParts {
  readonly spec: ServiceSpec;
  readonly status: ServiceStatus;
}
type ServiceDraft = Draft<ServiceParts>;

const affinityTimeoutSeconds = 10_800;

export function defaultService(draft: ServiceDraft): void {
  const { spec } = draft;
  spec.sessionAffinity ||= "None";
  spec.type ||= "ClusterIP";
  defaultAffinity(spec);
  for (const port of spec.ports ?? []) defaultTarget(port);
  if (isExternallyAccessible(draft)) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") defaultBalancer(draft);
}

function defaultTarget(port: NonNullable<ServiceDraft["spec"]["ports"]>[number]): void {
  const isUnset = port.targetPort === 0 || port.targetPort === "";
  if (isUnset && port.targetPort !== port.port) port.targetPort = port.port;
}

function defaultBalancer({ spec, status }: ServiceDraft): void {
  spec.allocateLoadBalancerNodePorts ??= true;
  const { ingress } = status.loadBalancer;
  if (ingress?.some((one) => withMode(one) !== one))
    status.loadBalancer.ingress = ingress.map(withMode);
}

function defaultAffinity(spec: ServiceDraft["spec"]): void {
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  else if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinityTimeoutSeconds } };
  }
}

type Ingress = NonNullable<ServiceDraft["status"]["loadBalancer"]["ingress"]>[number];

function withMode(ingress: Ingress): Ingress {
  if (!ingress.ip || ingress.ipMode !== undefined) return ingress;
  const { ip, hostname, ports } = ingress;
  return {
    ip,
    ...(hostname === undefined ? {} : { hostname }),
    ipMode: "VIP",
    ...(ports === undefined ? {} : { ports }),
  };
}

/** Clients that send what they know lose nothing of what they do not know. */
export function keepAllocated(draft: ServiceDraft, old: ServiceParts): void {
  keepAddresses(draft.spec, old.spec);
  keepNodePorts(draft.spec, old.spec);
  if (needsHealthCheck(draft) && needsHealthCheck(old) && old.spec.healthCheckNodePort) {
    draft.spec.healthCheckNodePort ||= old.spec.healthCheckNodePort;
  }
  pairAddresses(draft.spec, old.spec);
  dropOutdated(draft, old);
}

type SpecDraft = ServiceDraft["spec"];

const needsAddress = ({ type }: SpecDraft | ServiceSpec): boolean => type !== "ExternalName";

const needsPorts = ({ type }: SpecDraft | ServiceSpec): boolean =>
  type === "NodePort" || type === "LoadBalancer";

function keepAddresses(spec: SpecDraft, old: ServiceSpec): void {
  if (!needsAddress(spec) || !needsAddress(old)) return;
  if (old.clusterIP) spec.clusterIP ||= old.clusterIP;
  if (!spec.clusterIPs && spec.clusterIP === old.clusterIP && old.clusterIPs) {
    spec.clusterIPs = [...old.clusterIPs];
  }
}

/** By the names of the ports, unless the number stands elsewhere now. */
function keepNodePorts(spec: SpecDraft, old: ServiceSpec): void {
  if (!needsPorts(spec) || !needsPorts(old)) return;
  const taken = new Set(spec.ports?.map(({ nodePort }) => nodePort));
  const before = new Map(old.ports?.map(({ name = "", nodePort }) => [name, nodePort]));
  for (const port of spec.ports ?? []) {
    const nodePort = before.get(port.name ?? "");
    if (port.nodePort || !nodePort || taken.has(nodePort)) continue;
    port.nodePort = nodePort;
    taken.add(nodePort);
  }
}

/** `clusterIP` is what old clients know of `clusterIPs`: who changes the one means both. */
function pairAddresses(spec: SpecDraft, old: ServiceSpec): void {
  if (spec.clusterIP === old.clusterIP || !equal(spec.clusterIPs, old.clusterIPs)) return;
  if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}

/** What the new type has no use for goes, unless it was touched: then validation has a say. */
function dropOutdated(draft: ServiceDraft, old: ServiceParts): void {
  const { spec } = draft;
  if (needsAddress(old.spec) && !needsAddress(spec)) {
    if (equal(spec.clusterIPs, old.spec.clusterIPs)) dropAll(spec, ["clusterIP", "clusterIPs"]);
  }
  if (needsPorts(old.spec) && !needsPorts(spec) && equal(nodePorts(spec), nodePorts(old.spec))) {
    for (const port of spec.ports ?? []) delete port.nodePort;
  }
  for (const [isOf, fields] of fieldsOfTypes) {
    if (isOf(old) && !isOf(draft)) dropUntouched(spec, old.spec, fields);
  }
}

type Of = (service: ServiceParts | ServiceDraft) => boolean;

const fieldsOfTypes: readonly (readonly [Of, readonly Droppable[]])[] = [
  [({ spec }) => needsAddress(spec), ["ipFamilies", "ipFamilyPolicy"]],
  [needsHealthCheck, ["healthCheckNodePort"]],
  [
    ({ spec }) => spec.type === "LoadBalancer",
    ["allocateLoadBalancerNodePorts", "loadBalancerClass"],
  ],
  [isExternallyAccessible, ["externalTrafficPolicy"]],
];

const nodePorts = ({ ports = [] }: SpecDraft | ServiceSpec): readonly (number | undefined)[] =>
  ports.map(({ nodePort }) => nodePort);

type Droppable = keyof SpecDraft;

function dropAll(spec: SpecDraft, fields: readonly Droppable[]): void {
  for (const field of fields) delete spec[field];
}

const dropUntouched = (spec: SpecDraft, old: ServiceSpec, fields: readonly Droppable[]): void =>
  dropAll(
    spec,
    fields.filter((field) => equal(spec[field], old[field])),
  );
