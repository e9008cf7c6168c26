/** The name servers that a resolv.conf(5) names. */
import { canonicalIp, isLoopback, isUnspecified, parseIp } from "#base/ip.ts";
import type { UpstreamAddress } from "./upstream.ts";

/** Upstreams as whoever starts the server writes them: `1.1.1.1`, `1.1.1.1:53`, `[::1]:53`. */
export function parseUpstream(text: string): UpstreamAddress | undefined {
  const [, v6, v6Port] = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? [];
  const [, v4, v4Port] = /^([\d.]+)(?::(\d+))?$/.exec(text) ?? [];
  const address = canonicalIp(v6 ?? v4 ?? text);
  const port = Number(v6Port ?? v4Port ?? 53);
  return address !== undefined && port > 0 && port < 65_536 ? { address, port } : undefined;
}

/** Without those that would be this pod itself. */
export function upstreamsIn(resolvConf: string): readonly UpstreamAddress[] {
  const addresses = Array.from(
    resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm),
    ([, address = ""]) => canonicalIp(address.replace(/%.*$/, "")) ?? "",
  );
  return [...new Set(addresses)].filter(isElsewhere).map((address) => ({ address, port: 53 }));
}

function isElsewhere(address: string): boolean {
  const ip = parseIp(address);
  return ip !== undefined && !isLoopback(ip) && !isUnspecified(ip);
}
