/**
 * Makes the claims of pods' ephemeral volumes; they go with their pod.
 * upstream: pkg/controller/volume/ephemeral/controller.go
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { messageOf } from "#base/failure.ts";
import { defineController, eventsRule, type View } from "./runtime/controller.ts";
import { create, type Effect, settle, warn } from "./runtime/effects.ts";
import { type Measure, measure } from "./runtime/measures.ts";
import { controllerOf, controllerReference } from "./runtime/ownership.ts";
import { failureIn, fail } from "./runtime/effects.ts";

/** upstream: pkg/controller/volume/ephemeral/metrics/metrics.go; exact: kube-controller-manager, names */
const counter = (name: string, help: string): Measure => ({
  is: "counter",
  name: `ephemeral_volume_controller_${name}`,
  help,
  labels: [],
});
const created = counter("create_total", "Claims that were to be made for pods' volumes");
const failed = counter("create_failures_total", "Claims for pods' volumes that could not be made");

export const ephemeralVolumeController = defineController({
  name: "ephemeral-volume-controller",
  eventSource: "ephemeral_volume",
  queue: "ephemeral_volume",
  meter: { measures: [created, failed] },
  for: Pod,
  owns: [PersistentVolumeClaim],
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["update"], apiGroups: [""], resources: ["pods/finalizers"] },
    {
      verbs: ["get", "list", "watch", "create"],
      apiGroups: [""],
      resources: ["persistentvolumeclaims"],
    },
    eventsRule,
  ],
  leavesAlone: ({ metadata, spec }) =>
    metadata.deletionTimestamp !== undefined ||
    !spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined),

  reconcile: (pod, view) =>
    (pod.spec.volumes ?? []).flatMap(({ name, ephemeral }) => {
      const template = ephemeral?.volumeClaimTemplate;
      return template
        ? claimFor(pod, { name: `${pod.metadata.name}-${name}`, template }, view)
        : [];
    }),
});

type Template = NonNullable<
  NonNullable<NonNullable<Pod["spec"]["volumes"]>[number]["ephemeral"]>["volumeClaimTemplate"]
>;

interface Wanted {
  readonly name: string;
  readonly template: Template;
}

function claimFor(pod: Pod, { name, template }: Wanted, view: View): readonly Effect[] {
  const { namespace, uid } = pod.metadata;
  const found = view.get(PersistentVolumeClaim, namespace, name);
  if (found && controllerOf(found)?.uid === uid) return [];
  if (found) {
    // exact: kube-controller-manager
    const text = `ephemeral volume ${name}: PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
    return [warn(pod, "FailedBinding", text)];
  }
  const { labels, annotations } = template.metadata ?? {};
  const claim = {
    metadata: {
      name,
      namespace,
      labels,
      annotations,
      ownerReferences: [controllerReference(Pod, pod)],
    },
    spec: template.spec,
  };
  return [
    settle([create(PersistentVolumeClaim, claim)], (outcomes) => {
      const cause = failureIn(outcomes);
      if (cause === undefined) return [measure(created)];
      // exact: kube-controller-manager
      return [
        measure(created),
        measure(failed),
        warn(pod, "FailedBinding", `ephemeral volume: create PVC ${name}: ${messageOf(cause)}`),
        fail(cause),
      ];
    }),
  ];
}
