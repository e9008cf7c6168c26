/**
 * Rules for amounts of resources: known names, no negative or split things, requests within limits.
 * upstream: pkg/apis/core/validation/validation.go#validateResourceRequirements
 */
import { type Quantity, quantityOf } from "#base/quantity.ts";
import { dnsLabel, invalidEach, labelKey, notNegative, type Problems } from "#api/names.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type { ResourceClaim, ResourceRequirements } from "./container.ts";
import {
  isExtendedResource,
  isHugePages,
  isIntegerResource,
  isNativeResource,
  isOvercommitAllowed,
  isPodLevelResource,
  isStandardContainerResource,
  isStandardQuotaResource,
  isStandardResource,
} from "./resource-names.ts";
import type { ResourceList } from "./resource-amounts.ts";

/** How Go prints a quantity in an error: bare. */
export const invalidQuantity = (path: string, quantity: Quantity, detail: string): FieldError => ({
  path,
  reason: "FieldValueInvalid",
  message: `Invalid value: ${quantity.format()}: ${detail}`,
});

type NameRule = (name: string) => Problems;

const fine: Problems = [];

export const resourceName: NameRule = (name) => {
  const problems = labelKey(name);
  if (problems.length > 0 || name.includes("/") || isStandardResource(name)) return problems;
  return ["must be a standard resource type or fully qualified"];
};

export const containerResourceName: NameRule = (name) => {
  if (isStandardContainerResource(name)) return fine;
  const problems = resourceName(name);
  if (!name.includes("/")) return [...problems, "must be a standard resource for containers"];
  if (isNativeResource(name) || isExtendedResourceName(name)) return problems;
  return [...problems, "doesn't follow extended resource name standard"];
};

/** As quota for it must have a name too, `requests.` in front must still fit. */
export const isExtendedResourceName = (name: string): boolean =>
  isExtendedResource(name) && labelKey(`requests.${name}`).length === 0;

export const quotaResourceName: NameRule = (name) => {
  const problems = resourceName(name);
  if (name.includes("/") || isStandardQuotaResource(name)) return problems;
  return [...problems, "must be a standard resource for quota"];
};

/** Every name keeps the rule, every amount suits its name. */
export function* validateResourceList(
  list: ResourceList | undefined,
  at: string,
  rule: NameRule,
): Iterable<FieldError> {
  for (const name in list) {
    const path = `${at}[${name}]`;
    yield* invalidEach(path, name, rule(name));
    yield* validateAmount(name, list[name] ?? "0", path);
  }
}

export function* validateAmount(name: string, text: string, path: string): Iterable<FieldError> {
  const quantity = quantityOf(text);
  if (quantity.sign() < 0) yield invalid(path, text, notNegative);
  if (isIntegerResource(name) && quantity.milliValue() % 1_000 !== 0) {
    yield invalidQuantity(path, quantity, "must be an integer");
  }
}

export function* validateBasicAmount(text: string, path: string): Iterable<FieldError> {
  const value = quantityOf(text).value();
  if (value < 0) yield invalid(path, value, "must be a valid resource quantity");
}

export function* validatePositiveAmount(text: string, path: string): Iterable<FieldError> {
  if (quantityOf(text).sign() <= 0) yield invalid(path, text, "must be greater than zero");
}

export const validateContainerResources = (
  resources: Pick<ResourceRequirements, "limits" | "requests">,
  at: string,
): Iterable<FieldError> => validateRequirements(resources, at, containerResourceName);

export function* validatePodLevelResources(
  resources: ResourceRequirements,
  at: string,
): Iterable<FieldError> {
  if (resources.claims) {
    yield forbidden(`${at}.claims`, "claims may not be set for Resources at pod-level");
  }
  for (const side of ["limits", "requests"] as const) {
    for (const name in resources[side]) {
      if (isPodLevelResource(name) || resourceName(name).length > 0) continue;
      yield notSupported(`${at}.${side}[${name}]`, name, ["cpu", "memory", "hugepages-"]);
    }
  }
  yield* validateRequirements(resources, at, resourceName);
}

function* validateRequirements(
  { limits, requests }: Pick<ResourceRequirements, "limits" | "requests">,
  at: string,
  rule: NameRule,
): Iterable<FieldError> {
  yield* validateResourceList(limits, `${at}.limits`, rule);
  yield* validateResourceList(requests, `${at}.requests`, rule);
  for (const name in requests) {
    const request = quantityOf(requests[name] ?? "0");
    yield* validateAgainstLimit({ name, request, limit: limits?.[name] }, at);
  }
  const names = [...Object.keys(limits ?? {}), ...Object.keys(requests ?? {})];
  yield* validateHugePages(limits, `${at}.limits`);
  yield* validateHugePages(requests, `${at}.requests`);
  if (names.some(isHugePages) && !names.includes("cpu") && !names.includes("memory")) {
    yield forbidden(at, "HugePages require cpu or memory");
  }
}

interface Asked {
  readonly name: string;
  readonly request: Quantity;
  readonly limit: string | undefined;
}

function* validateAgainstLimit({ name, request, limit }: Asked, at: string): Iterable<FieldError> {
  const mayDiffer = isOvercommitAllowed(name);
  if (limit === undefined) {
    if (!mayDiffer) {
      yield required(`${at}.limits`, "Limit must be set for non overcommitable resources");
    }
    return;
  }
  const order = request.compare(quantityOf(limit));
  if (order === 0 || (order < 0 && mayDiffer)) return;
  const must = mayDiffer ? "less than or equal" : "equal";
  yield invalid(`${at}.requests`, request.format(), `must be ${must} to ${name} limit of ${limit}`);
}

/** Whole pages only. */
function* validateHugePages(list: ResourceList | undefined, at: string): Iterable<FieldError> {
  for (const name in list) {
    if (!isHugePages(name)) continue;
    const text = list[name] ?? "0";
    if (isWholePages(name, quantityOf(text))) continue;
    const problem = `${text} is not positive integer multiple of ${name}`;
    yield invalid(`${at}[${name}]`, text, problem);
  }
}

function isWholePages(name: string, amount: Quantity): boolean {
  const size = /^hugepages-(.+)$/.exec(name)?.[1];
  if (size === undefined || !/^[0-9]+([kMGTPE]|[KMGTPE]i)?$/.test(size)) return false;
  const pageBytes = quantityOf(size).value();
  return pageBytes > 0 && amount.value() % pageBytes === 0;
}

/** What containers name must be among the claims of the pod. */
export function* validateClaims(
  claims: readonly ResourceClaim[],
  at: string,
  podClaims: readonly string[],
): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [i, { name, request }] of claims.entries()) {
    const path = `${at}[${i}]`;
    if (name === "") {
      yield required(path);
      continue;
    }
    if (request) yield* invalidEach(`${path}.request`, request, dnsLabel(request));
    const key = request ? `${name}/${request}` : name;
    const isWhole = !request && [...seen].some((other) => other.startsWith(`${name}/`));
    if (seen.has(name)) yield duplicate(path, name);
    else if (seen.has(key) || isWhole) yield duplicate(path, key);
    seen.add(key);
    if (!podClaims.includes(name)) yield claimNotFound(path, name, podClaims);
  }
}

function claimNotFound(path: string, name: string, podClaims: readonly string[]): FieldError {
  const { message, ...rest } = notFound(path, name);
  const among = podClaims.length === 0 ? " which is empty" : `: ${podClaims.toSorted().join(", ")}`;
  const detail = `must be one of the names in pod.spec.resourceClaims${among}`;
  return { ...rest, message: `${message}: ${detail}` };
}
