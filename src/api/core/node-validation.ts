/** Rules for nodes. upstream: pkg/apis/core/validation/validation.go#ValidateNode */
import { isDualStack, validCIDR } from "#api/ip-rules.ts";
import {
  configMapKey,
  dnsSubdomain,
  invalidEach,
  labelKey,
  labelValue,
  namespaceName,
} from "#api/names.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notListed,
  required,
} from "#schema/field-error.ts";
import type { NodeConfigSource, NodeSpec, NodeStatus, Taint } from "./node.ts";
import { validateAmount } from "./resource-validation.ts";

interface NodeParts {
  readonly spec: NodeSpec;
  readonly status: NodeStatus;
}

export function* validateNode({ spec, status }: NodeParts): Iterable<FieldError> {
  yield* validateTaints(spec.taints);
  yield* validateAmounts(status);
  const swap = status.nodeInfo.swap?.capacity;
  if (swap !== undefined && swap <= 0) {
    // exact: upstream gives this path.
    yield invalid("metadata.nodeSwapStatus.capacity", swap, "must be greater than zero");
  }
  yield* validateFeatures(status);
  if (spec.podCIDRs) yield* validateNetworks(spec.podCIDRs);
}

function* validateAmounts(status: NodeStatus): Iterable<FieldError> {
  for (const list of ["capacity", "allocatable"] as const) {
    for (const [name, amount] of Object.entries(status[list] ?? {})) {
      yield* validateAmount(name, amount, `status.${list}.${name}`);
    }
  }
}

const featureLengthMax = 253;
const featureName = /^[A-Z][a-zA-Z0-9]*(?:\/[a-zA-Z][a-zA-Z0-9]*)*$/;

function* validateFeatures({ declaredFeatures = [] }: NodeStatus): Iterable<FieldError> {
  for (const [i, feature] of declaredFeatures.entries()) {
    const path = `status.declaredFeatures[${i}]`;
    const before = declaredFeatures[i - 1];
    if (feature === before) yield duplicate(path, feature);
    else if (before !== undefined && before > feature) {
      yield invalid(path, feature, "list must be sorted alphabetically");
    }
    const problem = featureProblem(feature);
    if (problem) {
      yield invalid(path, feature, `invalid feature name ${JSON.stringify(feature)}: ${problem}`);
    }
  }
}

function featureProblem(feature: string): string | undefined {
  if (feature.length > featureLengthMax) {
    return `must be no more than ${featureLengthMax} characters`;
  }
  if (featureName.test(feature)) return undefined;
  return "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";
}

const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** exact: upstream gives the path of taints below metadata. */
function* validateTaints(taints: readonly Taint[] = []): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [i, taint] of taints.entries()) {
    const at = `metadata.taints[${i}]`;
    const { key, value = "", effect } = taint;
    yield* invalidEach(`${at}.key`, key, labelKey(key));
    const problems = labelValue(value);
    if (problems.length > 0) yield invalid(`${at}.value`, value, problems.join(";"));
    if (!effect) yield required(`${at}.effect`);
    else if (!taintEffects.includes(effect)) {
      yield notListed(`${at}.effect`, effect, taintEffects);
    }
    if (seen.has(`${key}:${effect}`)) {
      const { message, ...rest } = duplicate(at, taint);
      yield { ...rest, message: `${message}: taints must be unique by key and effect pair` };
    }
    seen.add(`${key}:${effect}`);
  }
}

function* validateNetworks(networks: readonly string[]): Iterable<FieldError> {
  for (const [i, network] of networks.entries()) {
    yield* validCIDR(`spec.podCIDRs[${i}]`, network);
  }
  if (networks.length > 2 || (networks.length === 2 && !isDualStack(networks))) {
    const problem = "may specify no more than one CIDR for each IP family";
    yield invalid("spec.podCIDRs", networks, problem);
  }
}

const once = (what: string): string =>
  `node updates may not change ${what} except from "" to valid`;

/** exact: some of it upstream says again, for those who change the status only. */
export function* validateNodeUpdate(
  { spec, status }: NodeParts,
  old: NodeParts,
): Iterable<FieldError> {
  yield* validateAmounts(status);
  yield* validateFeatures(status);
  yield* validateAddresses(status);
  yield* validateNetworkChange(spec.podCIDRs ?? [], old.spec.podCIDRs ?? []);
  if (old.spec.providerID && old.spec.providerID !== spec.providerID) {
    yield forbidden("spec.providerID", once("providerID"));
  }
  yield* validateConfigSource(spec.configSource, "spec.configSource", false);
  const { assigned, active, lastKnownGood } = status.config ?? {};
  for (const [name, source] of Object.entries({ assigned, active, lastKnownGood })) {
    yield* validateConfigSource(source, `status.config.${name}`, true);
  }
  yield* validateTaints(spec.taints);
  if ((spec.externalID ?? "") !== (old.spec.externalID ?? "")) {
    yield forbidden("spec.externalID", "may not be updated");
  }
}

function* validateNetworkChange(
  now: readonly string[],
  was: readonly string[],
): Iterable<FieldError> {
  if (was.length === 0) return;
  const isLonger = now.length !== was.length;
  const changed = isLonger ? 1 : was.filter((network, i) => network !== now[i]).length;
  for (let i = 0; i < changed; i++) yield forbidden("spec.podCIDRs", once("podCIDR"));
}

function* validateAddresses({ addresses = [] }: NodeStatus): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [i, address] of addresses.entries()) {
    const key = `${address.type}/${address.address}`;
    if (seen.has(key)) yield duplicate(`status.addresses[${i}]`, address);
    seen.add(key);
  }
}

/** Kept for old nodes: nothing acts on it any more. */
function* validateConfigSource(
  source: NodeConfigSource | undefined,
  at: string,
  isReported: boolean,
): Iterable<FieldError> {
  if (!source) return;
  if (!source.configMap) {
    yield invalid(at, source, "exactly one reference subfield must be non-nil");
    return;
  }
  const { name, namespace, kubeletConfigKey: key } = source.configMap;
  for (const field of ["uid", "resourceVersion"] as const) {
    const path = `${at}.configMap.${field}`;
    const isSet = Boolean(source.configMap[field]);
    if (isSet === isReported) continue;
    yield isReported ? required(path) : forbidden(path, `${field} must not be set in spec`);
  }
  const parts = [
    ["namespace", namespace, namespaceName(namespace, false)],
    ["name", name, dnsSubdomain(name)],
    ["kubeletConfigKey", key, configMapKey(key)],
  ] as const;
  for (const [field, value, problems] of parts) {
    const path = `${at}.configMap.${field}`;
    if (value === "") yield required(path);
    else yield* invalidEach(path, value, problems);
  }
}
