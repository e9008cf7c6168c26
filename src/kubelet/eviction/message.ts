/**
 * Why a pod had to go, in upstream's words: they end up in its status, and people search for them.
 * upstream: pkg/kubelet/eviction/helpers.go#evictionMessage
 */
import type { Container } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import { type Quantity, quantityOf, quantityOfUnits, zeroQuantity } from "#base/quantity.ts";
import type { ContainerUsage } from "./pod-usage.ts";
import type { Candidate } from "./ranking.ts";
import { type Observations, signalOf, type Starved } from "./signals.ts";
import { quantityAt, type Threshold } from "./thresholds.ts";

export interface Cause {
  readonly starved: Starved;
  /** All that are passed; those for what ran short first. */
  readonly due: readonly Threshold[];
  readonly observed: Observations;
}

/** exact: kubelet */
export function evictionMessage({ pod, usage }: Candidate, cause: Cause): string {
  const { starved } = cause;
  const blamed = usage ? [...podPart(pod, usage.memoryBytes, starved)] : [];
  for (const own of usage?.containers ?? []) blamed.push(...containerPart(pod, own, starved));
  return [`The node was low on resource: ${starved}. `, ...thresholdPart(cause), ...blamed].join(
    "",
  );
}

function* thresholdPart({ starved, due, observed }: Cause): Iterable<string> {
  const threshold = due.find(({ signal }) => signalOf(signal).starved === starved);
  const seen = threshold && observed.get(threshold.signal);
  if (!seen) return;
  const quantity = quantityAt(threshold.amount, seen);
  yield `Threshold quantity: ${quantity.format()}, available: ${seen.available.format()}. `;
}

function* podPart(pod: Pod, memoryBytes: number, starved: Starved): Iterable<string> {
  const request = starved === "memory" ? pod.spec.resources?.requests?.["memory"] : undefined;
  if (request === undefined) return;
  const used = quantityOfUnits(memoryBytes, "binary").format();
  yield `Pod ${pod.metadata.name} was using ${used}, request is ${quantityOf(request).format()}, has larger consumption of ${starved}. `;
}

function* containerPart(pod: Pod, own: ContainerUsage, starved: Starved): Iterable<string> {
  const container = declared(pod).find(({ name }) => name === own.name);
  const used = usedBy(own, starved);
  if (!container || !used) return;
  const asked = container.resources.requests?.[starved];
  const request: Quantity = asked === undefined ? zeroQuantity : quantityOf(asked);
  if (used.compare(request) > 0)
    yield `Container ${own.name} was using ${used.format()}, request is ${request.format()}, has larger consumption of ${starved}. `;
}

/** Ephemeral ones can ask for nothing: they would be blamed always. */
const declared = ({ spec }: Pod): readonly Container[] => [
  ...spec.containers,
  ...(spec.initContainers ?? []),
];

function usedBy({ memoryBytes, root, logs }: ContainerUsage, starved: Starved) {
  if (starved === "memory") return quantityOfUnits(memoryBytes, "binary");
  if (starved === "ephemeral-storage") return quantityOfUnits(root.bytes + logs.bytes, "binary");
  return undefined;
}
