/**
 * What a runtime class says about its pods: the overhead that is charged, the nodes that have the
 * runtime. upstream: plugin/pkg/admission/runtimeclass/admission.go
 */
import { Pod } from "#api/core/pod.ts";
import { RuntimeClass } from "#api/node/runtimeclass.ts";
import { equal } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";
import { type AdmissionRequest, defineAdmission, refused } from "./admission.ts";

type Spec = Draft<Pod>["spec"];

export const runtimeClass = defineAdmission<Pod>({
  name: "RuntimeClass",
  on: [Pod],
  when: ["CREATE"],

  mutate({ spec }, request) {
    const found = classOf(spec, request);
    if (found?.overhead?.podFixed) spec.overhead ??= { ...found.overhead.podFixed };
    if (found?.scheduling) schedule(spec, found.scheduling, request);
  },

  validate({ spec }, request) {
    const fixed = classOf(spec, request)?.overhead?.podFixed;
    // exact: apiserver
    if (!fixed && spec.overhead)
      throw refused(
        request,
        "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
      );
    if (fixed && !equal(fixed, spec.overhead))
      throw refused(
        request,
        "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
      );
  },
});

function classOf(
  { runtimeClassName }: { readonly runtimeClassName?: string | undefined },
  request: AdmissionRequest<Pod>,
): RuntimeClass | undefined {
  if (runtimeClassName === undefined) return undefined;
  const found = request.reader.get(RuntimeClass, "", runtimeClassName)?.object;
  if (found) return found;
  const name = JSON.stringify(runtimeClassName);
  throw refused(request, `pod rejected: RuntimeClass ${name} not found`);
}

function schedule(
  spec: Spec,
  { nodeSelector = {}, tolerations = [] }: NonNullable<RuntimeClass["scheduling"]>,
  request: AdmissionRequest,
): void {
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value)
      throw refused(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
  }
  if (Object.keys(nodeSelector).length > 0)
    spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
  const own = spec.tolerations ?? [];
  const added = tolerations.filter((one) => !own.some((other) => equal(other, one)));
  if (added.length > 0) spec.tolerations = [...own, ...added.map((one) => ({ ...one }))];
}
