/**
 * Makes what every cluster starts with, and mends what is missing of it. Objects that are there and
 * right are only looked at, in the cache: a warm start writes nothing.
 */
import { ownWrites } from "../registry/own-writes.ts";
import { ApiError } from "#api/errors.ts";
import type { FeatureGates } from "#api/feature-gates.ts";
import { ServiceCIDR } from "#api/networking/servicecidr.ts";
import { type Clock, formatTime } from "#base/clock.ts";
import { draftOf } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import type { GroupVersion } from "../aggregation/local-services.ts";
import type { Registry, WriteContext } from "../registry/registry.ts";
import { componentRoles, namespaceRoles } from "./component-roles.ts";
import { clusterRoleObjects, type DefaultRole, namespaceRoleObjects } from "./default-roles.ts";
import { flowControl } from "./flow-control.ts";
import type { Rule } from "./rules.ts";
import { certificateRoles, userRoles } from "./user-roles.ts";
import { ensure } from "./ensure.ts";
import { foundCluster } from "./found.ts";
import type { Wanted } from "./wanted.ts";
import {
  type Advertised,
  clusterInfo,
  extensionAuthentication,
  kubernetesEndpoints,
  kubernetesService,
  legacyTokenTracking,
  localServices,
  namespaces,
  priorityClasses,
  rangeReady,
  serviceCidr,
} from "./well-known.ts";

export interface BootstrapOptions {
  readonly clock: Clock;
  readonly advertised: Advertised;
  /** As they stand by default when absent. */
  readonly gates?: FeatureGates | undefined;
  /** Roles that components bring along. */
  readonly roles: readonly DefaultRole[];
  /** PEM: who signs client certificates. */
  readonly clientCa: string;
  readonly requestHeaderCa?: string;
  /** Groups and versions that this server serves itself. */
  readonly serves?: Iterable<GroupVersion>;
  /** For cluster-info: the server's public URL and its CA in PEM. */
  readonly clusterInfo: { readonly server: string; readonly ca: string };
  readonly signal: AbortSignal;
}

/** Of a controller: bound to the service account that it is known by. */
export const controllerRole = (name: string, rules: readonly Rule[]): DefaultRole => ({
  name: `system:controller:${name}`,
  rules,
  to: [`account kube-system/${name}`],
});

/** How many objects were made or mended. */
export async function bootstrap(registry: Registry, options: BootstrapOptions): Promise<number> {
  const how = ownWrites(options.signal);
  const { wholes, service, waves } = planOf(options);
  let written = await foundCluster(registry, wholes, { how, nowMs: options.clock.now() });
  for (const wave of written > 0 ? [[service]] : waves) {
    const done = await Promise.all(wave.map((one) => ensure(registry, one, how)));
    written += done.filter(Boolean).length;
  }
  return written + ((await markReady(registry, options.clock, how)) ? 1 : 0);
}

interface Plan {
  /** All that an empty store can be given as it is. */
  readonly wholes: readonly Wanted[];
  /** It has to be given an address. */
  readonly service: Wanted;
  /** Each needs the one before: namespaces, then what is in them; a range, then addresses of it. */
  readonly waves: readonly (readonly Wanted[])[];
}

function planOf(options: BootstrapOptions): Plan {
  const roles = [
    ...userRoles(options.gates),
    ...certificateRoles,
    ...componentRoles(options.gates),
    ...options.roles,
  ];
  const isGathering = ({ gathers }: DefaultRole): boolean => gathers !== undefined;
  const { advertised } = options;
  const service = kubernetesService(advertised);
  const gathering = roles.filter(isGathering).flatMap(clusterRoleObjects);
  const first = [
    ...namespaces,
    ...priorityClasses,
    ...flowControl,
    serviceCidr(advertised.serviceCidrs),
    ...localServices(options.serves ?? []),
    ...roles.filter((role) => !isGathering(role)).flatMap(clusterRoleObjects),
  ];
  const then = [
    ...gathering,
    ...namespaceRoles.flatMap(namespaceRoleObjects),
    ...kubernetesEndpoints(advertised),
    extensionAuthentication(options),
    clusterInfo(options.clusterInfo),
    legacyTokenTracking(options.clock.now()),
  ];
  return {
    wholes: [...first, ...then],
    service,
    // Now that all parts are there, what they make together is shown.
    waves: [first, [...then, service], gathering],
  };
}

/** Where it is not said yet. */
async function markReady(registry: Registry, clock: Clock, how: WriteContext): Promise<boolean> {
  const at = { namespace: "", name: "kubernetes" };
  const found = registry.reader.get(ServiceCIDR, "", at.name)?.object;
  if (!found) throw new ApiError("InternalError", "the ServiceCIDR kubernetes is gone");
  const ready = rangeReady(formatTime(clock.now()));
  if (found.status.conditions?.some(({ type }) => type === ready.type)) return false;
  const edit = (current: ServiceCIDR): Draft<ServiceCIDR> => {
    const draft = draftOf(current);
    draft.status.conditions = [...(draft.status.conditions ?? []), ready];
    return draft;
  };
  await registry.change(ServiceCIDR, { ...at, part: "status", edit }, how);
  return true;
}
