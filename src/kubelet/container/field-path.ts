/**
 * What `fieldRef` and `resourceFieldRef` mean: the downward API.
 * upstream: pkg/fieldpath/fieldpath.go, pkg/api/v1/resource/helpers.go
 */
import type { Container } from "#api/core/container.ts";
import type { ResourceFieldSelector } from "#api/core/environment.ts";
import type { Pod } from "#api/core/pod.ts";
import { parseQuantity, type Quantity, zeroQuantity } from "#base/quantity.ts";

export interface Addresses {
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
}

const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/;

/** The field of the pod as text; undefined for a path that means nothing. */
export function fieldText(pod: Pod, path: string, addresses: Addresses): string | undefined {
  const [, map, key = ""] = subscript.exec(path) ?? [];
  if (map === "labels" || map === "annotations") return pod.metadata[map]?.[key] ?? "";
  return fields.get(path)?.(pod, addresses);
}

const fields: ReadonlyMap<string, (pod: Pod, addresses: Addresses) => string> = new Map([
  ["metadata.name", ({ metadata }) => metadata.name ?? ""],
  ["metadata.namespace", ({ metadata }) => metadata.namespace ?? ""],
  ["metadata.uid", ({ metadata }) => metadata.uid ?? ""],
  ["metadata.labels", ({ metadata }) => mapText(metadata.labels)],
  ["metadata.annotations", ({ metadata }) => mapText(metadata.annotations)],
  ["spec.nodeName", ({ spec }) => spec.nodeName ?? ""],
  ["spec.serviceAccountName", ({ spec }) => spec.serviceAccountName ?? ""],
  ["status.hostIP", (_pod, { hostIps }) => hostIps[0] ?? ""],
  ["status.hostIPs", (_pod, { hostIps }) => hostIps.join(",")],
  ["status.podIP", (_pod, { podIps }) => podIps[0] ?? ""],
  ["status.podIPs", (_pod, { podIps }) => podIps.join(",")],
]);

/** One `key="value"` a line, sorted. */
const mapText = (map: { readonly [key: string]: string } = {}): string =>
  Object.keys(map)
    .sort()
    .map((key) => `${key}=${quote(map[key] ?? "")}`)
    .join("\n");

const escapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** As Go's %q prints a string. */
const quote = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- Control characters are what has to be escaped.
  `"${text.replace(/[\x00-\x1f\x7f\\"]/g, (c) => escapes[c] ?? `\\x${hex(c)}`)}"`;

const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(2, "0");

type Amounts = { readonly [name: string]: string };

/** In units of the divisor, rounded up. What is not limited is limited by the node. */
export function resourceText(
  { resource, divisor }: ResourceFieldSelector,
  container: Container,
  allocatable: Amounts,
): string | undefined {
  const [, side, name = ""] = /^(limits|requests)\.(.+)$/.exec(resource) ?? [];
  if (side !== "limits" && side !== "requests") return undefined;
  const own = amountOf(container.resources[side], name);
  const amount = side === "limits" && own.isZero() ? amountOf(allocatable, name) : own;
  const by = parseQuantity(divisor) ?? zeroQuantity;
  if (name === "cpu")
    return String(Math.ceil(amount.milliValue() / (by.isZero() ? 1_000 : by.milliValue())));
  return String(Math.ceil(amount.value() / (by.isZero() ? 1 : by.value())));
}

const amountOf = (amounts: Amounts | undefined, name: string): Quantity =>
  parseQuantity(amounts?.[name] ?? "0") ?? zeroQuantity;
