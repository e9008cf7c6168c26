/** The containers of a pod, of all sorts. upstream: pkg/apis/core/pods/helpers.go#VisitContainersWithPath */
import type { Container, EphemeralContainer } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";

export interface PlacedContainer {
  readonly container: Container | EphemeralContainer;
  /** As in `spec.initContainers[0]`. */
  readonly path: string;
}

/** In upstream's order; `at` is the path of the spec. */
export const allContainers = (spec: PodSpec, at: string): readonly PlacedContainer[] =>
  (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, i) => ({ container, path: `${at}.${list}[${i}]` })),
  );
