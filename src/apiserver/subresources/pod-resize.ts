/** Resources of running containers. upstream: pkg/registry/core/pod/strategy.go#podResizeStrategy */
import type { Container } from "#api/core/container.ts";
import { validateResize } from "#api/core/pod-resize-validation.ts";
import { Pod } from "#api/core/pod.ts";
import { equal } from "#schema/copy.ts";
import { forbidden } from "#schema/field-error.ts";
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
    for (const list of ["containers", "initContainers"] as const) {
      const names = (spec: Pod["spec"] | Draft<Pod>["spec"]) => spec[list]?.map(({ name }) => name);
      if (!equal(names(wanted.spec), names(current.spec)))
        refuse(Pod, current, [
          forbidden(`spec.${list}`, "pod resize may not add or remove containers"),
        ]);
    }
    const draft = basedOn(wanted, current);
    resizeEach(draft.spec.containers, wanted.spec.containers);
    resizeEach(draft.spec.initContainers, wanted.spec.initContainers);
    if (wanted.spec.resources) draft.spec.resources = wanted.spec.resources;
    countGeneration(draft, current);
    refuse(Pod, current, podErrors(draft, validateResize(draft, current)));
    return draft;
  }) satisfies Revise<Pod>,
});

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
