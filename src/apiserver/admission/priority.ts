/**
 * Gives a pod the number of its priority class, so that nothing downstream has to look it up; and
 * sees to it that at most one class is the default.
 * upstream: plugin/pkg/admission/priority/admission.go
 */
import { Pod } from "#api/core/pod.ts";
import { PriorityClass } from "#api/scheduling/priorityclass.ts";
import type { Draft } from "#schema/struct.ts";
import type { Reader } from "../registry/registry.ts";
import { type AdmissionRequest, defineAdmission, refused } from "./admission.ts";

export const priority = defineAdmission<Pod>({
  name: "Priority",
  on: [Pod],
  when: ["CREATE", "UPDATE"],

  mutate({ spec }, request) {
    const { old, operation } = request;
    if (operation === "UPDATE") {
      // A client that does not know these fields leaves them out, and means no change.
      if (old?.spec.priority !== undefined) spec.priority ??= old.spec.priority;
      if (old?.spec.preemptionPolicy) spec.preemptionPolicy ??= old.spec.preemptionPolicy;
      return;
    }
    const given = spec.priorityClassName
      ? named(spec.priorityClassName, request)
      : defaultClass(request.reader);
    if (given?.metadata.name) spec.priorityClassName = given.metadata.name;
    setComputed(spec, given, request);
  },
});

function named(name: string, request: AdmissionRequest<Pod>): PriorityClass {
  const found = request.reader.get(PriorityClass, "", name)?.object;
  if (found) return found;
  throw refused(request, `no PriorityClass with name ${name} was found`);
}

/** The lowest, should there be several after all. */
const defaultClass = (reader: Reader): PriorityClass | undefined =>
  reader
    .list(PriorityClass, "")
    .map(({ object }) => object)
    .filter(({ globalDefault }) => globalDefault === true)
    .toSorted((a, b) => a.value - b.value)[0];

function setComputed(
  spec: Draft<Pod>["spec"],
  given: PriorityClass | undefined,
  request: AdmissionRequest<Pod>,
): void {
  const value = given?.value ?? 0;
  const policy = given?.preemptionPolicy ?? "PreemptLowerPriority";
  if (spec.priority !== undefined && spec.priority !== value)
    throw refused(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    throw refused(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  spec.priority = value;
  spec.preemptionPolicy = policy;
}

export const defaultPriorityClass = defineAdmission<PriorityClass>({
  name: "Priority",
  on: [PriorityClass],
  when: ["CREATE", "UPDATE"],

  validate({ metadata, globalDefault }, request) {
    if (globalDefault !== true) return;
    const other = defaultClass(request.reader)?.metadata.name;
    if (other === undefined || other === metadata.name) return;
    throw refused(
      request,
      `PriorityClass ${other} is already marked as default. Only one default can exist`,
    );
  },
});
