/** upstream: pkg/apis/resource/validation/validation.go#validateResourceClaimSpec */
import { child, type FieldError, invalid, required } from "#schema/field-error.ts";
import type {
  DeviceClaim,
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from "./device.ts";
import { validConfiguration, validSelector, validToleration } from "./device-rules.ts";
import { checkedList, checkedSet } from "./list-rules.ts";
import { validClassName, validFullyQualifiedName, validLabel } from "./name-rules.ts";

const most = 32;
const mostAlternatives = 8;

/** Of a new claim: it cannot be changed. */
export function* validClaimSpec({ devices }: ResourceClaimSpec, at: string): Iterable<FieldError> {
  const path = child(at, "devices");
  const names = requestNames(devices);
  yield* checkedSet(devices.requests, child(path, "requests"), {
    max: most,
    check: validRequest,
    keyOf: ({ name }) => name,
  });
  yield* checkedList(devices.constraints, child(path, "constraints"), {
    max: most,
    check: (constraint, here) => validConstraint(constraint, here, names),
  });
  yield* checkedList(devices.config, child(path, "config"), {
    max: most,
    check: (config, here) => validClaimConfiguration(config, here, names),
  });
}

/** Requests, and `request/alternative`. */
export type RequestNames = ReadonlySet<string>;

export const requestNames = ({ requests }: DeviceClaim): RequestNames =>
  new Set(
    (requests ?? []).flatMap(({ name, firstAvailable = [] }) => [
      name,
      ...firstAvailable.map((alternative) => `${name}/${alternative.name}`),
    ]),
  );

function* validRequest(request: DeviceRequest, at: string): Iterable<FieldError> {
  const { name, exactly, firstAvailable = [] } = request;
  yield* validLabel(name, child(at, "name"));
  const why = "exactly one of `exactly` or `firstAvailable` is required";
  if (exactly && firstAvailable.length > 0) {
    yield invalid(at, null, `${why}, but multiple fields are set`);
  } else if (exactly) {
    yield* validExactRequest(exactly, child(at, "exactly"));
  } else if (firstAvailable.length > 0) {
    yield* checkedSet(firstAvailable, child(at, "firstAvailable"), {
      max: mostAlternatives,
      check: validAlternative,
      keyOf: (alternative) => alternative.name,
    });
  } else yield required(at, why);
}

function* validAlternative(alternative: DeviceSubRequest, at: string): Iterable<FieldError> {
  yield* validLabel(alternative.name, child(at, "name"));
  yield* validExactRequest(alternative, at);
}

function* validExactRequest(
  request: ExactDeviceRequest | DeviceSubRequest,
  at: string,
): Iterable<FieldError> {
  const { allocationMode = "", count = 0, tolerations } = request;
  yield* validClassName(request.deviceClassName, child(at, "deviceClassName"));
  yield* checkedList(request.selectors, child(at, "selectors"), {
    max: most,
    check: validSelector,
  });
  if (allocationMode === "All" && count !== 0) {
    const why = "must not be specified when allocationMode is 'All'";
    yield invalid(child(at, "count"), count, why);
  }
  if (allocationMode === "ExactCount" && count <= 0) {
    yield invalid(child(at, "count"), count, "must be greater than zero");
  }
  yield* checkedList(tolerations, child(at, "tolerations"), {
    max: Infinity,
    check: validToleration,
  });
}

function* validConstraint(
  { requests, matchAttribute, distinctAttribute }: DeviceConstraint,
  at: string,
  names: RequestNames,
): Iterable<FieldError> {
  yield* validRequestNames(requests, child(at, "requests"), names);
  if (matchAttribute !== undefined) {
    yield* validFullyQualifiedName(matchAttribute, child(at, "matchAttribute"));
  } else if (distinctAttribute !== undefined) {
    yield* validFullyQualifiedName(distinctAttribute, child(at, "distinctAttribute"));
  } else {
    // exact: apiserver, last words and all
    const why =
      'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
    yield required(at, why);
  }
}

function* validClaimConfiguration(
  config: DeviceClaimConfiguration,
  at: string,
  names: RequestNames,
): Iterable<FieldError> {
  yield* validRequestNames(config.requests, child(at, "requests"), names);
  yield* validConfiguration(config, at);
}

export function* validRequestNames(
  list: readonly string[] | undefined,
  at: string,
  names: RequestNames,
): Iterable<FieldError> {
  yield* checkedSet(list, at, {
    max: most,
    check: (name, here) => validRequestName(name, here, names),
    keyOf: (name) => name,
  });
}

/** It is one of the claim. */
export function* validRequestName(
  name: string,
  at: string,
  names: RequestNames,
): Iterable<FieldError> {
  const parts = name.split("/");
  if (parts.length <= 2) for (const part of parts) yield* validLabel(part, at);
  if (names.has(name)) return;
  const why =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  yield invalid(at, name, why);
}
