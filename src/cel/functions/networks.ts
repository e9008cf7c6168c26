/** IP addresses and CIDRs. upstream: staging/src/k8s.io/apiserver/pkg/cel/library/{ip,cidr}.go */
import {
  cidrAround,
  formatIp,
  isLinkLocal,
  isLinkLocalMulticast,
  isLoopback,
  isMappedV4,
  isMulticast,
  isUnspecified,
  parseIp,
  sameIp,
  type Ip,
} from "#base/ip.ts";
import { perCharacter, traversal, type CallCost } from "#cel/cost/call-cost.ts";
import { one, plus, scaled, scaledUp, unknownSize } from "#cel/cost/range.ts";
import { Boxed, fail, sizeOf, type Value } from "#cel/values.ts";
import { overload, type Overload } from "./overload.ts";

class IpValue extends Boxed {
  readonly typeName = "net.IP";
  readonly ip: Ip;
  constructor(ip: Ip) {
    super();
    this.ip = ip;
  }
  equals(other: Boxed): boolean {
    return other instanceof IpValue && sameIp(this.ip, other.ip);
  }
}

class CidrValue extends Boxed {
  readonly typeName = "net.CIDR";
  /** With its host bits, as it was written. */
  readonly ip: Ip;
  readonly bits: number;
  constructor(ip: Ip, bits: number) {
    super();
    this.ip = ip;
    this.bits = bits;
  }
  equals(other: Boxed): boolean {
    return other instanceof CidrValue && this.bits === other.bits && sameIp(this.ip, other.ip);
  }
}

const quoted = (text: string): string => JSON.stringify(text);

/** Or what is wrong with it. exact: Kubernetes */
function readIp(text: string): IpValue | string {
  if (/:.*%/.test(text)) return `IP address ${quoted(text)} with zone value is not allowed`;
  const ip = parseIp(text);
  if (!ip)
    return `IP Address ${quoted(text)} parse error during conversion from string: ParseAddr(${quoted(text)}): unable to parse IP`;
  return isMappedV4(ip)
    ? `IPv4-mapped IPv6 address ${quoted(text)} is not allowed`
    : new IpValue(ip);
}

function readCidr(text: string): CidrValue | string {
  const prefix = "network address parse error during conversion from string: ";
  const [, address = "", bits] = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const ip = bits === undefined ? undefined : parseIp(address);
  if (!ip || Number(bits) > (ip.version === 4 ? 32 : 128))
    return `${prefix}${prefix}netip.ParsePrefix(${quoted(text)}): no valid prefix`;
  return isMappedV4(ip)
    ? `${prefix}IPv4-mapped IPv6 address ${quoted(text)} is not allowed`
    : new CidrValue(ip, Number(bits));
}

const toIp = (text: string): IpValue => must(readIp(text));
const toCidr = (text: string): CidrValue => must(readCidr(text));

const must = <T>(value: T | string): T => (typeof value === "string" ? fail(value) : value);

const masked = ({ ip, bits }: CidrValue): Ip => ({
  version: ip.version,
  value: cidrAround(ip, bits).first,
});

const containsIp = (cidr: CidrValue, { ip }: IpValue): boolean =>
  ip.version === cidr.ip.version && sameIp(masked(cidr), masked(new CidrValue(ip, cidr.bits)));

/** Upstream compares with the inner network's address as it is, not masked. */
const containsCidr = (outer: CidrValue, inner: CidrValue): boolean =>
  outer.bits <= inner.bits && sameIp(masked(outer), inner.ip);

/** A broadcast address is none, nor is anything that does not go beyond a link. */
const isGlobalUnicast = (ip: Ip): boolean =>
  !isUnspecified(ip) &&
  !isLoopback(ip) &&
  !isMulticast(ip) &&
  !isLinkLocal(ip) &&
  !(ip.version === 4 && ip.value === 0xffff_ffffn);

/** Comparing as many bytes as the prefix has, for a text after reading it. */
function containment({
  ofText,
  ofCidr,
}: {
  readonly ofText: boolean;
  readonly ofCidr: boolean;
}): CallCost {
  const bytes = { min: 4, max: 16 };
  return {
    actual: ([cidr, other]) => {
      const size = Math.ceil((cidr as CidrValue).bits / 8);
      const inner = ofCidr ? scaledUp(size, perCharacter) + 1 : 0;
      const reading = ofText ? scaledUp(sizeOf(other) ?? 1, perCharacter) : 0;
      return scaledUp(2 * size, perCharacter) + inner + reading;
    },
    estimate: ([, other]) => {
      let cost = scaled(plus(bytes, bytes), perCharacter);
      if (ofCidr) cost = plus(plus(cost, scaled(bytes, perCharacter)), one);
      if (ofText) cost = plus(cost, scaled(other?.size ?? unknownSize, perCharacter));
      return { cost };
    },
  };
}

const reading = { cost: traversal(0) };
const isRead = (value: Value): boolean => typeof value !== "string";

const about: Readonly<Record<string, (ip: Ip) => boolean>> = {
  isUnspecified,
  isLoopback,
  isLinkLocalMulticast,
  isLinkLocalUnicast: isLinkLocal,
  isGlobalUnicast,
};

export const networkFunctions: readonly Overload[] = [
  overload("ip", "(string): net.IP", toIp, reading),
  overload("isIP", "(string): bool", (text: string) => isRead(readIp(text)), reading),
  overload("ip.isCanonical", "(string): bool", (text: string) => formatIp(toIp(text).ip) === text, {
    cost: traversal(0, { times: 2 }),
  }),
  overload("family", "net.IP.(): int", ({ ip }: IpValue) => ip.version),
  ...Object.entries(about).map(([name, is]) =>
    overload(name, "net.IP.(): bool", ({ ip }: IpValue) => is(ip)),
  ),
  overload("string", "(net.IP): string", ({ ip }: IpValue) => formatIp(ip)),
  overload("cidr", "(string): net.CIDR", toCidr, reading),
  overload("isCIDR", "(string): bool", (text: string) => isRead(readCidr(text)), reading),
  overload("ip", "net.CIDR.(): net.IP", ({ ip }: CidrValue) => new IpValue(ip)),
  overload("prefixLength", "net.CIDR.(): int", ({ bits }: CidrValue) => bits),
  overload(
    "masked",
    "net.CIDR.(): net.CIDR",
    (cidr: CidrValue) => new CidrValue(masked(cidr), cidr.bits),
  ),
  overload("string", "(net.CIDR): string", ({ ip, bits }: CidrValue) => `${formatIp(ip)}/${bits}`),
  overload("containsIP", "net.CIDR.(net.IP): bool", containsIp, {
    cost: containment({ ofText: false, ofCidr: false }),
  }),
  overload(
    "containsIP",
    "net.CIDR.(string): bool",
    (cidr: CidrValue, text: string) => containsIp(cidr, toIp(text)),
    { cost: containment({ ofText: true, ofCidr: false }) },
  ),
  overload("containsCIDR", "net.CIDR.(net.CIDR): bool", containsCidr, {
    cost: containment({ ofText: false, ofCidr: true }),
  }),
  overload(
    "containsCIDR",
    "net.CIDR.(string): bool",
    (cidr: CidrValue, text: string) => containsCidr(cidr, toCidr(text)),
    { cost: containment({ ofText: true, ofCidr: true }) },
  ),
];
