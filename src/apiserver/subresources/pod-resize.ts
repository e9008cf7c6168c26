/** Resources of running containers. upstream: pkg/registry/core/pod/strategy.go#podResizeStrategy */
import type { Container } from "#api/core/container.ts";
import { refusesResize, validateResize } from "#api/core/pod-resize-validation.ts";
import { Pod } from "#api/core/pod.ts";
import { equal } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import { basedOn, partVerbs, refuse } from "./part.ts";
import { countGeneration, podErrors } from "./pod-part.ts";
import { defineSubresource, type Revise } from "./subresource.ts";

export const podResize = defineSubresource({
  of: Pod,
  name: "resize",
  ...partVerbs,
  kind: "Pod",
  edit: ((wanted, current) => {
    refuse(Pod, current, refusesResize(current));
    const draft = basedOn(wanted, current);
    for (const list of ["containers", "initContainers"] as const) {
      // What is not the same containers any more is refused as it was sent.
      if (!equal(namesOf(wanted.spec[list]), namesOf(current.spec[list]))) {
        draft.spec[list] = wanted.spec[list] ?? [];
      } else resizeEach(draft.spec[list], wanted.spec[list]);
    }
    if (wanted.spec.resources) draft.spec.resources = wanted.spec.resources;
    else delete draft.spec.resources;
    countGeneration(draft, current);
    refuse(Pod, current, validateResize(draft, current, podErrors(draft)));
    return draft;
  }) satisfies Revise<Pod>,
});

const namesOf = (containers: readonly { readonly name: string }[] = []): readonly string[] =>
  containers.map(({ name }) => name);

function resizeEach(
  containers: readonly Draft<Container>[] = [],
  wanted: readonly Draft<Container>[] = [],
): void {
  for (const [at, container] of containers.entries()) {
    const { resources, resizePolicy } = wanted[at] ?? container;
    container.resources = resources;
    if (resizePolicy) container.resizePolicy = resizePolicy;
  }
}
