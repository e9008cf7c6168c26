/** The pods that a job creates. */
import { Job } from "#api/batch/job.ts";
import type { Container } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import type { PodSpec } from "#api/core/pod-spec.ts";
import { controllerReference } from "../runtime/ownership.ts";
import { isIgnored } from "./failure-policy.ts";
import { indexAnnotation, trackingFinalizer } from "./pods.ts";
import {
  failureCountAnnotation,
  failureCountOf,
  ignoredCountAnnotation,
  ignoredCountOf,
  isLimitedPerIndex,
} from "./tally.ts";

/** Makes one manifest after the other; what they have in common is made once. */
export function podMaker(job: Job): (index: number | undefined, replaced?: Pod) => object {
  const { metadata, spec } = job.spec.template;
  const { name = "", namespace } = job.metadata;
  const finalizers = new Set([...(metadata.finalizers ?? []), trackingFinalizer]);
  const common = {
    namespace,
    labels: metadata.labels,
    annotations: metadata.annotations,
    finalizers: [...finalizers],
    ownerReferences: [controllerReference(Job, job)],
  };
  const indexedSpec = withIndexVariable(spec);
  return (index, replaced) => {
    if (index === undefined) {
      return { metadata: { ...common, generateName: `${name}-` }, spec };
    }
    const annotations = {
      ...metadata.annotations,
      [indexAnnotation]: String(index),
      ...(isLimitedPerIndex(job) ? failureCounts(job, replaced) : {}),
    };
    const labels = { ...metadata.labels, [indexAnnotation]: String(index) };
    const generateName = indexedPrefix(name, index);
    return {
      metadata: { ...common, generateName, labels, annotations },
      spec: { ...indexedSpec, hostname: `${name}-${index}` },
    };
  };
}

/** What the server leaves of a generated name before its suffix. */
const prefixMax = 58;

/** The index survives even when the name is too long. */
function indexedPrefix(name: string, index: number): string {
  const end = `-${index}-`;
  return `${name.slice(0, prefixMax - end.length)}${end}`;
}

const variable = "JOB_COMPLETION_INDEX";

function withIndexVariable(spec: PodSpec): object {
  const { initContainers, containers } = spec;
  return {
    ...spec,
    ...(initContainers ? { initContainers: initContainers.map(withVariable) } : {}),
    containers: containers.map(withVariable),
  };
}

/** Unless the user has it differently. */
function withVariable(container: Container): object {
  const { env = [] } = container;
  if (env.some(({ name }) => name === variable)) return container;
  const fieldRef = { fieldPath: `metadata.labels['${indexAnnotation}']` };
  return { ...container, env: [...env, { name: variable, valueFrom: { fieldRef } }] };
}

/** What its predecessor leaves to it. */
function failureCounts(job: Job, replaced: Pod | undefined): Readonly<Record<string, string>> {
  if (!replaced) return { [failureCountAnnotation]: "0" };
  const isCounted = !isIgnored(replaced, job);
  const failed = failureCountOf(replaced) + Number(isCounted);
  const ignored = ignoredCountOf(replaced) + Number(!isCounted);
  return {
    [failureCountAnnotation]: String(failed),
    ...(ignored > 0 ? { [ignoredCountAnnotation]: String(ignored) } : {}),
  };
}
