/**
 * Addresses that are accepted, but not written as they should be. What else upstream warns of is refused here.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go#GetWarningsForIP
 */
import { formatCidr, formatIp, parseCidr, parseIp } from "#base/ip.ts";

// exact: apiserver, both texts

export function* ipWarnings(path: string, text: string): Iterable<string> {
  const ip = parseIp(text);
  if (ip?.version !== 6 || formatIp(ip) === text) return;
  yield `${path}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${formatIp(ip)}")`;
}

export function* cidrWarnings(path: string, text: string): Iterable<string> {
  const cidr = parseCidr(text);
  if (cidr?.version !== 6 || formatCidr(cidr) === text) return;
  yield `${path}: IPv6 CIDR value "${text}" should be in RFC 5952 canonical format ("${formatCidr(cidr)}")`;
}
