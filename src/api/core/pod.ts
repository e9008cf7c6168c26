import { defineKind, type ObjectOf } from "#api/kind.ts";
import { defaultPod, preparePod, preparePodStatus } from "./pod-defaults.ts";
import { podColumns, podRowConditions } from "./pod-columns.ts";
import { podGraceSeconds } from "./pod-grace.ts";
import { validatePodStatus } from "./pod-status-validation.ts";
import { validatePodUpdate } from "./pod-update-validation.ts";
import { validateNewPod, validatePod } from "./pod-validation.ts";
import { podWarnings } from "./pod-warnings.ts";
import type { FieldError } from "#schema/field-error.ts";
import { qosClassOf } from "./resources.ts";
import { PodSpec } from "./pod-spec.ts";
import { PodStatus } from "./pod-status.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const Pod = defineKind({
  group: "",
  version: "v1",
  kind: "Pod",
  doc: "One or more containers that run together on one node, share an address and volumes, and live and die as one.",
  plural: "pods",
  shortNames: ["po"],
  categories: ["all"],
  scope: "Namespaced",
  storage: { prefix: "/registry/pods", hash: "xPOwRZ+Yhw8=" },
  deleteReturnsObject: true,
  schema: s.struct(
    "core/v1.Pod",
    {
      ...typeMeta,
      metadata: s.object(1, ObjectMeta),
      spec: s.object(2, PodSpec),
      status: s.object(3, PodStatus),
    },
    { defaults: (draft): void => defaultPod(draft) },
  ),
  hasGeneration: true,
  columns: podColumns,
  rowConditions: podRowConditions,
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.host": ({ spec }) => spec.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec.hostNetwork ?? false),
    "status.phase": ({ status }) => status.phase ?? "",
    "status.podIP": ({ status }) => status.podIPs?.[0]?.ip ?? "",
    // exact: upstream takes the name, and has no value for it.
    "status.podIPs": () => "",
    "status.nominatedNodeName": ({ status }) => status.nominatedNodeName ?? "",
  },
  prepareForCreate: (draft): void => preparePod(draft),
  completeNew(draft): void {
    draft.status.qosClass = qosClassOf(draft);
  },
  validate: (pod): Iterable<FieldError> => validatePod(pod),
  validateCreate: (pod): Iterable<FieldError> => validateNewPod(pod),
  validateUpdate: (pod, old): Iterable<FieldError> => validatePodUpdate(pod, old),
  status: {
    prepare: (draft, old): void => preparePodStatus(draft, old),
    validate: (pod, old): Iterable<FieldError> => validatePodStatus(pod, old),
  },
  warnings: (pod, old): Iterable<string> => podWarnings(pod, old),
  graceSeconds: (pod, asked): number => podGraceSeconds(pod, asked),
});

export interface Pod extends ObjectOf<typeof Pod> {}
