/**
 * Holds pods and claims to the limits of their namespace, and gives containers that do not say the
 * defaults. upstream: plugin/pkg/admission/limitranger/admission.go
 */
import type { Container } from "#api/core/container.ts";
import { LimitRange, type LimitRangeItem } from "#api/core/limitrange.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { amountsOf, podLimits, podRequests } from "#api/core/resources.ts";
import type { ApiObject } from "#api/kind.ts";
import type { Draft } from "#schema/struct.ts";
import { type AdmissionRequest, defineAdmission, refused } from "./admission.ts";
import { claimProblems, limitProblems } from "./limit-problems.ts";

const annotation = "kubernetes.io/limit-ranger";

export const limitRanger = defineAdmission<Pod>({
  name: "LimitRanger",
  on: [Pod],
  when: ["CREATE", "UPDATE"],
  subresources: ["resize"],

  mutate(pod, request) {
    if (request.operation !== "CREATE") return;
    for (const { limits } of rangesOf(request)) setDefaults(pod, limits);
  },

  validate(pod, request) {
    // Only a resize changes what an existing pod uses.
    if (request.operation === "UPDATE" && request.subresource === "") return;
    for (const { limits } of rangesOf(request))
      refuse(
        request,
        limits.flatMap((item) => podProblems(pod, item)),
      );
  },
});

export const claimLimitRanger = defineAdmission<PersistentVolumeClaim>({
  name: "LimitRanger",
  on: [PersistentVolumeClaim],
  when: ["CREATE", "UPDATE"],

  validate({ spec }, request) {
    const requests = amountsOf(spec.resources.requests);
    for (const { limits } of rangesOf(request)) {
      const items = limits.filter(({ type }) => type === "PersistentVolumeClaim");
      refuse(
        request,
        items.flatMap((item) => [...claimProblems(item, requests)]),
      );
    }
  },
});

const rangesOf = <T extends ApiObject>({ reader, namespace }: AdmissionRequest<T>) =>
  reader.list(LimitRange, namespace).map(({ object }) => object.spec);

/** Several problems are told as Go prints a list of errors. */
function refuse<T extends ApiObject>(
  request: AdmissionRequest<T>,
  problems: readonly string[],
): void {
  const [first, ...others] = [...new Set(problems)];
  if (first === undefined) return;
  throw refused(request, others.length === 0 ? first : `[${[first, ...others].join(", ")}]`);
}

/** Says in an annotation what it did, so that people wonder less. */
function setDefaults({ metadata, spec }: Draft<Pod>, limits: readonly LimitRangeItem[]): void {
  const items = limits.filter(({ type }) => type === "Container");
  const defaults = {
    requests: Object.assign({}, ...items.map((item) => item.defaultRequest ?? {})),
    limits: Object.assign({}, ...items.map((item) => item.default ?? {})),
  };
  const done = [
    ...spec.containers.flatMap((one) => fill(one, defaults, "container")),
    ...(spec.initContainers ?? []).flatMap((one) => fill(one, defaults, "init container")),
  ];
  if (done.length === 0) return;
  const text = `LimitRanger plugin set: ${done.join("; ")}`;
  metadata.annotations = { ...metadata.annotations, [annotation]: text };
}

type Amounts = Record<string, string>;

function fill(
  { name, resources }: Draft<Container>,
  defaults: { readonly requests: Amounts; readonly limits: Amounts },
  what: string,
): readonly string[] {
  return (["requests", "limits"] as const).flatMap((side) => {
    const missing = Object.keys(defaults[side]).filter((key) => !(key in (resources[side] ?? {})));
    if (missing.length === 0) return [];
    const added = Object.fromEntries(missing.map((key) => [key, defaults[side][key] ?? "0"]));
    resources[side] = { ...resources[side], ...added };
    return `${missing.sort().join(", ")} ${side.slice(0, -1)} for ${what} ${name}`;
  });
}

function podProblems(pod: Pod, item: LimitRangeItem): readonly string[] {
  switch (item.type) {
    case "Container":
      return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].flatMap(
        ({ resources }) => [
          ...limitProblems(item, amountsOf(resources.requests), amountsOf(resources.limits)),
        ],
      );
    case "Pod":
      return [...limitProblems(item, podRequests(pod), podLimits(pod))];
    default:
      return [];
  }
}
