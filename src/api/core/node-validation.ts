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
import { duplicate, type FieldError, forbidden, invalid, required } from "#schema/field-error.ts";
import type { ConfigMapNodeConfigSource, NodeSpec, NodeStatus, Taint } from "./node.ts";
import { validateAmount } from "./resource-validation.ts";

interface NodeParts {
  readonly spec: NodeSpec;
  readonly status: NodeStatus;
}

export function* validateNode({ spec, status }: NodeParts): Iterable<FieldError> {
  if (spec.taints) yield* validateTaints(spec.taints);
  for (const list of ["capacity", "allocatable"] as const) {
    for (const [name, amount] of Object.entries(status[list] ?? {})) {
      yield* validateAmount(name, amount, `status.${list}.${name}`);
    }
  }
  if (spec.podCIDRs) yield* validateNetworks(spec.podCIDRs);
}

/** exact: upstream gives the path of taints below metadata. */
function* validateTaints(taints: readonly Taint[]): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [i, taint] of taints.entries()) {
    const at = `metadata.taints[${i}]`;
    const { key, value = "", effect } = taint;
    yield* invalidEach(`${at}.key`, key, labelKey(key));
    const problems = labelValue(value);
    if (problems.length > 0) yield invalid(`${at}.value`, value, problems.join(";"));
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
    if (networks.indexOf(network) < i) yield duplicate(`spec.podCIDRs[${i}]`, network);
  }
  if (networks.length > 2 || (networks.length === 2 && !isDualStack(networks))) {
    const problem = "may specify no more than one CIDR for each IP family";
    yield invalid("spec.podCIDRs", networks, problem);
  }
}

const once = (what: string): string =>
  `node updates may not change ${what} except from "" to valid`;

export function* validateNodeUpdate(
  { spec, status }: NodeParts,
  old: NodeParts,
): Iterable<FieldError> {
  yield* validateAddresses(status);
  const before = old.spec.podCIDRs ?? [];
  if (before.length > 0 && before.join() !== (spec.podCIDRs ?? []).join()) {
    yield forbidden("spec.podCIDRs", once("podCIDR"));
  }
  if (old.spec.providerID && old.spec.providerID !== spec.providerID) {
    yield forbidden("spec.providerID", once("providerID"));
  }
  if ((spec.externalID ?? "") !== (old.spec.externalID ?? "")) {
    yield forbidden("spec.externalID", "may not be updated");
  }
  if (spec.configSource) yield* validateConfigSource(spec.configSource.configMap);
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
  source: ConfigMapNodeConfigSource | undefined,
): Iterable<FieldError> {
  const at = "spec.configSource";
  if (!source) {
    yield invalid(at, {}, "exactly one reference subfield must be non-nil");
    return;
  }
  const { name, namespace, kubeletConfigKey: key } = source;
  if (source.uid) yield forbidden(`${at}.configMap.uid`, "uid must not be set in spec");
  if (source.resourceVersion) {
    yield forbidden(`${at}.configMap.resourceVersion`, "resourceVersion must not be set in spec");
  }
  const parts = [
    ["namespace", namespace, namespaceName(namespace, false)],
    ["name", name, dnsSubdomain(name)],
    ["kubeletConfigKey", key, configMapKey(key)],
  ] as const;
  for (const [field, value, problems] of parts) {
    const path = `${at}.configMap.${field}`;
    if (value === "") yield required(path, `${field} must be set`);
    else yield* invalidEach(path, value, problems);
  }
}
