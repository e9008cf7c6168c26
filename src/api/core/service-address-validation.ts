/**
 * Addresses of Services and their families.
 * upstream: pkg/apis/core/validation/validation.go#ValidateServiceClusterIPsRelatedFields
 */
import { isDualStack, validIP } from "#api/ip-rules.ts";
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type { ServiceSpec } from "./service.ts";
import { isHeadless, isIPv6 } from "./service-addresses.ts";

/**
 * `clusterIP`, `clusterIPs` and `ipFamilies` must tell the same story. What is `known` was fine
 * once.
 */
export function* validateAddresses(
  spec: ServiceSpec,
  known: readonly string[] = [],
): Iterable<FieldError> {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const path = "spec.clusterIPs";
  yield* validatePair(spec.clusterIP, clusterIPs);
  yield* validateFamilyNames(spec);
  const wrong = [...wrongAddresses(clusterIPs, known)];
  yield* wrong;
  if (clusterIPs.length > 2) yield invalid(path, clusterIPs, "may only hold up to 2 values");
  if (wrong.length > 0) return;
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs)) {
    yield invalid(path, clusterIPs, "may specify no more than one IP for each IP family");
  }
  if (clusterIPs[0] !== "None") yield* validateFamilies(clusterIPs, ipFamilies);
}

function* validatePair(clusterIP = "", clusterIPs: readonly string[] = []): Iterable<FieldError> {
  const path = "spec.clusterIPs";
  if (clusterIPs.length === 0) {
    if (clusterIP) yield required(path);
  } else if (clusterIP === "") {
    yield invalid(path, clusterIPs, "must be empty when `clusterIP` is not specified");
  } else if (clusterIPs[0] !== clusterIP) {
    yield invalid(path, clusterIPs, "first value must match `clusterIP`");
  }
}

const families = ["IPv4", "IPv6"];
const familyPolicies = ["PreferDualStack", "RequireDualStack", "SingleStack"];

function* validateFamilyNames({
  ipFamilies = [],
  ipFamilyPolicy: policy,
}: ServiceSpec): Iterable<FieldError> {
  for (const [i, family] of ipFamilies.entries()) {
    const path = `spec.ipFamilies[${i}]`;
    if (!families.includes(family)) yield notSupported(path, family, families);
    if (ipFamilies.indexOf(family) < i) yield duplicate(path, family);
  }
  if (policy !== undefined && !familyPolicies.includes(policy)) {
    yield notSupported("spec.ipFamilyPolicy", policy, familyPolicies);
  }
}

function* wrongAddresses(
  clusterIPs: readonly string[],
  known: readonly string[],
): Iterable<FieldError> {
  for (const [i, ip] of clusterIPs.entries()) {
    if (i === 0 && ip === "None") {
      if (clusterIPs.length === 1) continue;
      yield invalid("spec.clusterIPs", clusterIPs, "'None' must be the first and only value");
    } else if (!known.includes(ip)) yield* validIP(`spec.clusterIPs[${i}]`, ip);
  }
}

function* validateFamilies(
  clusterIPs: readonly string[],
  named: readonly string[],
): Iterable<FieldError> {
  for (const [i, ip] of clusterIPs.entries()) {
    const family = named[i] ?? "";
    if (!families.includes(family) || isIPv6(ip) === (family === "IPv6")) continue;
    const problem = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    yield invalid(`spec.clusterIPs[${i}]`, ip, problem);
  }
}

interface WithSpec {
  readonly spec: ServiceSpec;
}

const constant = "may not change once set";

/** A second address may come and go; what stays may not change. */
export function* validateAddressChange(service: WithSpec, old: WithSpec): Iterable<FieldError> {
  if (isHeadless(service) && isHeadless(old)) return;
  const { clusterIPs: now = [] } = service.spec;
  const { clusterIPs: was = [] } = old.spec;
  if (was.length > 0 && now.length === 0) {
    yield invalid("spec.clusterIPs[0]", now, "primary clusterIP can not be unset");
  }
  for (const i of changed(now, was)) yield invalid(`spec.clusterIPs[${i}]`, now, constant);
  yield* validateRelease({ now, was, what: "clusterIP" }, service.spec);
}

/** Headless services may change their families at will. */
export function* validateFamilyChange(service: WithSpec, old: WithSpec): Iterable<FieldError> {
  if (isHeadless(service) || isHeadless(old)) return;
  const { clusterIPs = [], ipFamilies: now = [] } = service.spec;
  const { ipFamilies: was = [] } = old.spec;
  // exact: upstream looks at the addresses here, and shows them, and names the first family always.
  const path = "spec.ipFamilies[0]";
  if (was.length > now.length && clusterIPs.length === 0) {
    yield invalid(path, now, "primary ipFamily can not be unset");
  }
  const shown = was.length === now.length ? now : clusterIPs;
  for (const _ of changed(now, was)) yield invalid(path, shown, constant);
  yield* validateRelease({ now, was, what: "ipFamily" }, service.spec);
}

/** Of lists that have grown or shrunk only the first entry is compared. */
function changed(now: readonly string[], was: readonly string[]): readonly number[] {
  const compared = now.length === was.length ? was : was.slice(0, Math.min(1, now.length));
  return [...compared.keys()].filter((i) => now[i] !== was[i]);
}

interface Release {
  readonly now: readonly string[];
  readonly was: readonly string[];
  readonly what: string;
}

function* validateRelease({ now, was, what }: Release, spec: ServiceSpec): Iterable<FieldError> {
  if (was.length <= 1 || now.length !== 1 || spec.ipFamilyPolicy === "SingleStack") return;
  const problem = `must be set to 'SingleStack' when releasing the secondary ${what}`;
  yield invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy ?? null, problem);
}
