/**
 * Makes volumes out of folders on the nodes, for claims of the class `local-path`: what k8ts gives
 * to those who bring no storage of their own.
 */
import { ConfigMap } from "#api/core/configmap.ts";
import { Node } from "#api/core/node.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { Pod } from "#api/core/pod.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { helperLabels } from "./local-path/errand.ts";
import { abandon, isOurs, provision, volumeNameOf } from "./local-path/provisioning.ts";
import { isLeftBehind, removeVolume } from "./local-path/removal.ts";
import { configName, systemNamespace } from "./local-path/settings.ts";
import {
  type AnyController,
  defineController,
  eventsRule,
  nobody,
  type View,
  watching,
} from "./runtime/controller.ts";
import { fullKeyOf } from "./runtime/run.ts";

export const localPathProvisioner: AnyController = defineController({
  name: "local-path-provisioner",
  queue: "local_path",
  for: [PersistentVolumeClaim, PersistentVolume],
  watches: [watching(Pod, concerned), watching(ConfigMap, waiting)],
  reads: [Node, StorageClass],
  rules: [
    {
      verbs: ["get", "list", "watch", "update"],
      apiGroups: [""],
      resources: ["persistentvolumeclaims"],
    },
    {
      verbs: ["get", "list", "watch", "create", "delete"],
      apiGroups: [""],
      resources: ["persistentvolumes"],
    },
    { verbs: ["get", "list", "watch", "create", "delete"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["nodes", "configmaps"] },
    {
      verbs: ["get", "list", "watch"],
      apiGroups: ["storage.k8s.io"],
      resources: ["storageclasses"],
    },
    eventsRule,
  ],
  leavesAlone: (object) =>
    object.kind === PersistentVolume.kind
      ? !isLeftBehind(object as PersistentVolume)
      : !isOurs(object as PersistentVolumeClaim),

  reconcile: (object, view) =>
    object.kind === PersistentVolume.kind
      ? removeVolume(object as PersistentVolume, view)
      : provision(object as PersistentVolumeClaim, view),

  gone: (_key, view, last) =>
    last?.kind === PersistentVolumeClaim.kind && isOurs(last as PersistentVolumeClaim)
      ? abandon(last as PersistentVolumeClaim, view)
      : [],
});

/** A helper is done: the volume is there, or the claim still waits for it. */
function* concerned(pod: Pod, _old: Pod | undefined, view: View): Iterable<string> {
  const { namespace, labels = {} } = pod.metadata;
  const name = labels[helperLabels.volume];
  if (namespace !== systemNamespace || labels["app"] !== helperLabels.app || !name) return;
  const volume = view.get(PersistentVolume, undefined, name);
  if (volume) yield fullKeyOf(volume);
  for (const claim of view.by(PersistentVolumeClaim, byVolumeName, name)) yield fullKeyOf(claim);
}

const byVolumeName = (claim: PersistentVolumeClaim): readonly string[] =>
  isOurs(claim) ? [volumeNameOf(claim)] : [];

/** The settings were mended. */
function waiting(
  { metadata }: ConfigMap,
  _old: ConfigMap | undefined,
  view: View,
): readonly string[] {
  if (metadata.namespace !== systemNamespace || metadata.name !== configName) return nobody;
  return [
    ...view.list(PersistentVolumeClaim).filter(isOurs).map(fullKeyOf),
    ...view.list(PersistentVolume).filter(isLeftBehind).map(fullKeyOf),
  ];
}
