/**
 * IP addresses and CIDRs of both families: parsing (strict), canonical text (RFC 5952), arithmetic.
 * Plain values, so that they compare with `sameIp` and may be kept in objects.
 */

export type IpVersion = 4 | 6;

export interface Ip {
  readonly version: IpVersion;
  readonly value: bigint;
}

export interface Cidr {
  readonly version: IpVersion;
  /** The network's first address: host bits are zero. */
  readonly first: bigint;
  /** The prefix length. */
  readonly bits: number;
}

const widths = { 4: 32, 6: 128 } as const;

/** Undefined when it is none. Leading zeros, zones and short forms such as "10.1" are not accepted. */
export function parseIp(text: string): Ip | undefined {
  if (!text.includes(":")) {
    const value = parseV4(text);
    return value === undefined ? undefined : { version: 4, value };
  }
  const value = parseV6(text);
  return value === undefined ? undefined : { version: 6, value };
}

/** For text that was validated before: a wrong one is a bug. */
export function ipOf(text: string): Ip {
  const ip = parseIp(text);
  if (!ip) throw new TypeError(`not an IP address: ${JSON.stringify(text)}`);
  return ip;
}

/** RFC 5952: lower case, no leading zeros, the longest run of zeros as "::". */
export function formatIp({ version, value }: Ip): string {
  if (version === 4) return formatV4(value);
  if (value >> 32n === 0xffffn) return `::ffff:${formatV4(value & 0xffff_ffffn)}`;
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  const [start, length] = longestZeros(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

/** The canonical text; undefined when it is no address. */
export function canonicalIp(text: string): string | undefined {
  const ip = parseIp(text);
  return ip && formatIp(ip);
}

/** Accepts host bits; `formatCidr` shows whether there were any. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", bitsText = "", ...rest] = text.split("/");
  const ip = parseIp(address);
  if (!ip || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(bitsText)) return undefined;
  const bits = Number(bitsText);
  return bits > widths[ip.version] ? undefined : cidrAround(ip, bits);
}

export function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new TypeError(`not a CIDR: ${JSON.stringify(text)}`);
  return cidr;
}

export const formatCidr = (cidr: Cidr): string => `${formatIp(nthAddress(cidr, 0))}/${cidr.bits}`;

/** The network of that prefix length that an address is in. */
export function cidrAround({ version, value }: Ip, bits: number): Cidr {
  const hostBits = BigInt(widths[version] - bits);
  return { version, bits, first: (value >> hostBits) << hostBits };
}

export const sameIp = (a: Ip, b: Ip): boolean => a.version === b.version && a.value === b.value;

export const contains = (cidr: Cidr, ip: Ip): boolean =>
  cidr.version === ip.version && cidrAround(ip, cidr.bits).first === cidr.first;

export const containsCidr = (outer: Cidr, inner: Cidr): boolean =>
  outer.bits <= inner.bits && contains(outer, { version: inner.version, value: inner.first });

export const overlap = (a: Cidr, b: Cidr): boolean => containsCidr(a, b) || containsCidr(b, a);

/** How many addresses it has. */
export const sizeOf = ({ version, bits }: Cidr): bigint => 1n << BigInt(widths[version] - bits);

/** Counted from the network's first address, which is number 0. Negative counts from the end. */
export function nthAddress(cidr: Cidr, n: number | bigint): Ip {
  const size = sizeOf(cidr);
  const index = BigInt(n) < 0n ? size + BigInt(n) : BigInt(n);
  if (index < 0n || index >= size) throw new RangeError(`no address ${n} in /${cidr.bits}`);
  return { version: cidr.version, value: cidr.first + index };
}

/** The number of an address in its network: the reverse of `nthAddress`. */
export const indexIn = (cidr: Cidr, ip: Ip): bigint | undefined =>
  contains(cidr, ip) ? ip.value - cidr.first : undefined;

export function* addressesIn(cidr: Cidr): Generator<Ip, undefined> {
  const end = cidr.first + sizeOf(cidr);
  for (let value = cidr.first; value < end; value++) yield { version: cidr.version, value };
}

/** How many networks of prefix length `bits` fit. */
export const subnetCount = (cidr: Cidr, bits: number): number =>
  bits < cidr.bits || bits > widths[cidr.version] ? 0 : 2 ** (bits - cidr.bits);

/** The `n`-th network of prefix length `bits` in it. */
export function nthSubnet(cidr: Cidr, bits: number, n: number): Cidr {
  if (n < 0 || n >= subnetCount(cidr, bits)) throw new RangeError(`no subnet ${n} of /${bits}`);
  const step = 1n << BigInt(widths[cidr.version] - bits);
  return { version: cidr.version, bits, first: cidr.first + BigInt(n) * step };
}

const special = (...texts: string[]): ((ip: Ip) => boolean) => {
  const cidrs = texts.map(cidrOf);
  return (ip) => cidrs.some((cidr) => contains(cidr, plainV4(ip)));
};

export const isUnspecified = special("0.0.0.0/32", "::/128");
export const isLoopback = special("127.0.0.0/8", "::1/128");
export const isLinkLocal = special("169.254.0.0/16", "fe80::/10");
export const isLinkLocalMulticast = special("224.0.0.0/24", "ff02::/16");
export const isMulticast = special("224.0.0.0/4", "ff00::/8");

/** Written as "::ffff:1.2.3.4". */
export const isMappedV4 = ({ version, value }: Ip): boolean =>
  version === 6 && value >> 32n === 0xffffn;

/** What a dual-stack socket calls "::ffff:1.2.3.4" is 1.2.3.4. */
export const plainV4 = (ip: Ip): Ip =>
  isMappedV4(ip) ? { version: 4, value: ip.value & 0xffff_ffffn } : ip;

/** Four or sixteen bytes, as they stand in packets and DNS records. */
export const ipBytes = ({ version, value }: Ip): Uint8Array =>
  Uint8Array.fromHex(value.toString(16).padStart(widths[version] / 4, "0"));

export function ipOfBytes(bytes: Uint8Array): Ip | undefined {
  if (bytes.length !== 4 && bytes.length !== 16) return undefined;
  return { version: bytes.length === 4 ? 4 : 6, value: BigInt(`0x${bytes.toHex()}`) };
}

/** The DNS name that asks for the address's name: "4.3.2.1.in-addr.arpa". */
export function reverseName(ip: Ip): string {
  const bytes = ipBytes(ip);
  if (ip.version === 4) return `${Array.from(bytes).toReversed().join(".")}.in-addr.arpa`;
  return `${Array.from(bytes.toHex()).toReversed().join(".")}.ip6.arpa`;
}

/** The address that such a name asks about; undefined for any other name. */
export function parseReverseName(name: string): Ip | undefined {
  const [, labels, family] = /^([\da-f.]+)\.(in-addr|ip6)\.arpa\.?$/i.exec(name) ?? [];
  if (labels === undefined) return undefined;
  const parts = labels.split(".").toReversed();
  if (family?.toLowerCase() === "in-addr") return parseIp(parts.join("."));
  const isNibbles = parts.length === 32 && parts.every((part) => part.length === 1);
  return isNibbles ? { version: 6, value: BigInt(`0x${parts.join("")}`) } : undefined;
}

/** "10.0.0.1:80", "[::1]:80". */
export const hostPort = (host: string, port: number | string): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return BigInt(value);
}

function parseV6(text: string): bigint | undefined {
  const [head = "", tail, ...rest] = text.split("::");
  if (rest.length > 0) return undefined;
  const before = parseGroups(head, tail === undefined);
  const after = parseGroups(tail ?? "", true);
  if (!before || !after) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array<number>(missing).fill(0), ...after];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** Groups of sixteen bits; the last one may be an IPv4 address and counts for two. */
function parseGroups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    const isLast = mayEndInV4 && i === parts.length - 1;
    const v4 = isLast && part.includes(".") ? parseV4(part) : undefined;
    if (v4 !== undefined) groups.push(Number(v4 >> 16n), Number(v4 & 0xffffn));
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

const formatV4 = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");

/** Where the longest run of zero groups starts, and its length; the first one when there are two. */
function longestZeros(groups: readonly string[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === "0") end++;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}
