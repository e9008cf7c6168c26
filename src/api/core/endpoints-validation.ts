/** Rules for Endpoints. upstream: pkg/apis/core/validation/validation.go#validateEndpointSubsets */
import { validIP, validPublicIP } from "#api/ip-rules.ts";
import { dnsLabel, dnsSubdomain, invalidEach, portNumber, qualifiedName } from "#api/names.ts";
import { equal } from "#schema/copy.ts";
import { type FieldError, required } from "#schema/field-error.ts";
import type { EndpointAddress, EndpointPort, EndpointSubset } from "./endpoints.ts";

/** What is `known` was fine once, and stays so. */
export function* validateEndpoints(
  subsets: readonly EndpointSubset[] = [],
  known: readonly EndpointSubset[] = [],
): Iterable<FieldError> {
  for (const [i, subset] of subsets.entries()) {
    if (known.some((old) => equal(old, subset))) continue;
    const at = `subsets[${i}]`;
    const { addresses, notReadyAddresses, ports = [] } = subset;
    if (!addresses && !notReadyAddresses) {
      yield required(at, "must specify `addresses` or `notReadyAddresses`");
    }
    yield* validateAddresses(addresses, `${at}.addresses`);
    yield* validateAddresses(notReadyAddresses, `${at}.notReadyAddresses`);
    for (const [j, port] of ports.entries()) {
      if (!port.name && ports.length > 1) yield required(`${at}.ports[${j}].name`);
      yield* validateEndpointPort(port, `${at}.ports[${j}]`);
    }
  }
}

function* validateAddresses(
  addresses: readonly EndpointAddress[] = [],
  at: string = "",
): Iterable<FieldError> {
  for (const [i, { ip, hostname, nodeName }] of addresses.entries()) {
    const path = `${at}[${i}]`;
    yield* validIP(`${path}.ip`, ip);
    if (hostname) yield* invalidEach(`${path}.hostname`, hostname, dnsLabel(hostname));
    if (nodeName !== undefined) {
      yield* invalidEach(`${path}.nodeName`, nodeName, dnsSubdomain(nodeName));
    }
    yield* validPublicIP(`${path}.ip`, ip);
  }
}

function* validateEndpointPort(port: EndpointPort, at: string): Iterable<FieldError> {
  const { name, appProtocol } = port;
  if (name) yield* invalidEach(`${at}.name`, name, dnsLabel(name));
  yield* invalidEach(`${at}.port`, port.port, portNumber(port.port));
  if (appProtocol !== undefined) {
    yield* invalidEach(`${at}.appProtocol`, appProtocol, qualifiedName(appProtocol));
  }
}
