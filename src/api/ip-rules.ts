/**
 * Rules for addresses and networks.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go (StrictIPCIDRValidation)
 */
import {
  cidrAround,
  formatCidr,
  formatIp,
  type Ip,
  isLinkLocal,
  isLinkLocalMulticast,
  isLoopback,
  isMappedV4,
  isUnspecified,
  parseCidr,
  parseIp,
} from "#base/ip.ts";
import { type FieldError, invalid } from "#schema/field-error.ts";

// exact: apimachinery, all messages below
const notIP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const notCIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/** Old objects may have zeros in front of decimal numbers: `010.1.2.3`. */
const withoutLeadingZeros = (text: string): string =>
  text.replaceAll(/(^|[.:/])0+(?=\d)/g, (_zeros, before: string) => before);

const parseSloppyIp = (text: string): Ip | undefined =>
  parseIp(text) ?? (text.includes(":") ? undefined : parseIp(withoutLeadingZeros(text)));

export function* validIP(path: string, text: string): Iterable<FieldError> {
  const ip = parseIp(text);
  if (ip) {
    if (isMappedV4(ip)) yield invalid(path, text, "must not be an IPv4-mapped IPv6 address");
  } else if (parseSloppyIp(text)) yield invalid(path, text, "must not have leading 0s");
  else yield invalid(path, text, notIP);
}

export function* validCIDR(path: string, text: string): Iterable<FieldError> {
  const cidr = parseCidr(text);
  const [address = "", bits = ""] = text.split("/");
  if (!cidr) {
    const isSloppy = parseCidr(withoutLeadingZeros(text)) !== undefined;
    const problem = "must not have leading 0s in IP or prefix length";
    yield invalid(path, text, isSloppy ? problem : notCIDR);
    return;
  }
  const ip = parseIp(address);
  if (!ip) return;
  if (isMappedV4(ip)) yield invalid(path, text, "must not have an IPv4-mapped IPv6 address");
  if (cidrAround(ip, Number(bits)).first !== ip.value) {
    yield invalid(path, text, "must not have bits set beyond the prefix length");
  }
}

/** Addresses that endpoints and external IPs may not have. */
export function* validPublicIP(path: string, text: string): Iterable<FieldError> {
  const ip = parseSloppyIp(text);
  if (!ip) {
    yield invalid(path, text, "must be a valid IP address");
    return;
  }
  if (isUnspecified(ip)) yield invalid(path, text, `may not be unspecified (${text})`);
  if (isLoopback(ip)) {
    yield invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
  }
  if (isLinkLocal(ip)) {
    const problem = "may not be in the link-local range (169.254.0.0/16, fe80::/10)";
    yield invalid(path, text, problem);
  }
  if (isLinkLocalMulticast(ip)) {
    const problem = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)";
    yield invalid(path, text, problem);
  }
}

export const isIP = (text: string): boolean => parseSloppyIp(text) !== undefined;

/** One of each family, in any order. */
export const isDualStack = (addresses: readonly string[]): boolean =>
  addresses.some((address) => address.includes(":")) &&
  addresses.some((address) => !address.includes(":"));

/** An address as it is written today: in its one canonical form. */
export function* validCanonicalIP(path: string, text: string): Iterable<FieldError> {
  const errors = [...validIP(path, text)];
  yield* errors;
  const ip = parseIp(text);
  if (errors.length > 0 || !ip || formatIp(ip) === text) return;
  yield invalid(path, text, `must be in canonical form ("${formatIp(ip)}")`);
}

export function* validCanonicalCIDR(path: string, text: string): Iterable<FieldError> {
  const errors = [...validCIDR(path, text)];
  yield* errors;
  const cidr = parseCidr(text);
  if (errors.length > 0 || !cidr || formatCidr(cidr) === text) return;
  yield invalid(path, text, `must be in canonical form ("${formatCidr(cidr)}")`);
}
