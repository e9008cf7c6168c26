/**
 * Whether a service can serve a group and version, as far as its objects tell. Pure.
 * upstream: kube-aggregator/pkg/controllers/status/remote/remote_available_controller.go
 * differs: a server whose certificate is not to be believed is not available, with the reason in the
 * message; upstream only finds out, and says so, when it passes a request on.
 */
import type {
  APIService,
  APIServiceCondition,
  APIServiceStatus,
  ServiceReference,
} from "#api/apiregistration/apiservice.ts";
import type { Service } from "#api/core/service.ts";
import type { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { equal } from "#schema/copy.ts";

export type Finding = Pick<APIServiceCondition, "reason" | "message"> & {
  readonly isAvailable: boolean;
};

const failed = (reason: string, message: string): Finding => ({
  isAvailable: false,
  reason,
  message,
});

// exact: kube-aggregator, all messages
export const passed: Finding = {
  isAvailable: true,
  reason: "Passed",
  message: "all checks passed",
};

export const failedDiscovery = (message: string): Finding =>
  failed("FailedDiscoveryCheck", message);

/** What stands in the way; undefined: ask the service itself. */
export function obstacle(
  { name = "", namespace = "", port = 443 }: ServiceReference,
  service: Service | undefined,
  slices: readonly EndpointSlice[],
): Finding | undefined {
  const place = `service/${name} in ${JSON.stringify(namespace)}`;
  if (!service) return failed("ServiceNotFound", `${place} is not present`);
  if ((service.spec.type ?? "ClusterIP") !== "ClusterIP") return undefined;
  const found = service.spec.ports?.find((one) => one.port === port);
  if (!found) return failed("ServicePortError", `${place} is not listening on port ${port}`);
  if (slices.length === 0) {
    return failed("EndpointsNotFound", `cannot find endpointslices for ${place}`);
  }
  const { name: portName = "" } = found;
  if (slices.some((slice) => isServing(slice, portName))) return undefined;
  const why = `have no addresses with port name ${JSON.stringify(portName)}`;
  return failed("MissingEndpoints", `endpointslices for ${place} ${why}`);
}

const isServing = ({ endpoints, ports }: EndpointSlice, portName: string): boolean =>
  endpoints.some(({ conditions }) => conditions.ready !== false) &&
  ports.some(({ name = "", port }) => name === portName && port !== undefined);

/** The same status where there is no news. `now` is an API time. */
export function statusWith(
  { status }: APIService,
  { isAvailable, reason, message }: Finding,
  now: string,
): APIServiceStatus {
  const conditions = status.conditions ?? [];
  const before = conditions.find(({ type }) => type === "Available");
  const is = isAvailable ? "True" : "False";
  const since = before?.status === is ? before.lastTransitionTime : now;
  const made = { type: "Available", status: is, lastTransitionTime: since, reason, message };
  const condition = made as APIServiceCondition;
  if (before && equal(before, condition)) return status;
  const others = conditions.filter((one) => one !== before);
  return { ...status, conditions: [...others, condition] };
}
