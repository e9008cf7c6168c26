/** `kubectl debug`. upstream: pkg/registry/core/pod/strategy.go#podEphemeralContainersStrategy */
import { refusesEphemeral, validateEphemeralContainers } from "#api/core/pod-resize-validation.ts";
import { Pod } from "#api/core/pod.ts";
import { basedOn, partVerbs, refuse } from "./part.ts";
import { countGeneration, podErrors } from "./pod-part.ts";
import { defineSubresource, type Revise } from "./subresource.ts";

export const podEphemeralContainers = defineSubresource({
  of: Pod,
  name: "ephemeralcontainers",
  ...partVerbs,
  kind: "Pod",
  edit: ((wanted, current) => {
    refuse(Pod, current, refusesEphemeral(current));
    const draft = basedOn(wanted, current);
    const added = wanted.spec.ephemeralContainers;
    if (added) draft.spec.ephemeralContainers = added;
    else delete draft.spec.ephemeralContainers;
    countGeneration(draft, current);
    refuse(Pod, current, [...podErrors(draft), ...validateEphemeralContainers(draft, current)]);
    return draft;
  }) satisfies Revise<Pod>,
});
