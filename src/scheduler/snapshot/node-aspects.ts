/** What a node's update changed, as far as scheduling goes. A heartbeat changes nothing. */
import type { Node } from "#api/core/node.ts";

export type NodeAspect =
  | "allocatable"
  | "labels"
  | "taints"
  | "conditions"
  | "annotations"
  | "declaredFeatures"
  | "images";

type Reader = (node: Node) => unknown;

/** upstream: pkg/scheduler/framework/events.go#NodeSchedulingPropertiesChange */
const readers: { readonly [Aspect in NodeAspect]: Reader } = {
  allocatable: ({ status }) => status.allocatable,
  labels: ({ metadata }) => metadata.labels,
  taints: ({ spec }) => [spec.unschedulable ?? false, spec.taints],
  conditions: ({ status }) => status.conditions?.map(({ type, status: is }) => [type, is]),
  annotations: ({ metadata }) => metadata.annotations,
  declaredFeatures: ({ status }) => status.declaredFeatures,
  images: ({ status }) => status.images,
};

const aspects = Object.keys(readers) as readonly NodeAspect[];

export const changedAspects = (before: Node, after: Node): readonly NodeAspect[] =>
  aspects.filter((aspect) => differ(readers[aspect](before), readers[aspect](after)));

const differ = (a: unknown, b: unknown): boolean =>
  a !== b && JSON.stringify(a) !== JSON.stringify(b);
