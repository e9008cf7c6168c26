/** Every page that is written for one kind; other kinds get a general one. */
import type { AnyDescriber } from "./describer.ts";
import { clusterRole } from "./clusterrole.ts";
import { clusterRoleBinding } from "./clusterrolebinding.ts";
import { configMap } from "./configmap.ts";
import { cronJob } from "./cronjob.ts";
import { daemonSet } from "./daemonset.ts";
import { deployment } from "./deployment.ts";
import { endpoints } from "./endpoints.ts";
import { ingress } from "./ingress.ts";
import { job } from "./job.ts";
import { limitRange } from "./limitrange.ts";
import { namespace } from "./namespace.ts";
import { node } from "./node.ts";
import { persistentVolume } from "./persistentvolume.ts";
import { persistentVolumeClaim } from "./persistentvolumeclaim.ts";
import { pod } from "./pod.ts";
import { horizontalPodAutoscaler } from "./horizontalpodautoscaler.ts";
import { podDisruptionBudget } from "./poddisruptionbudget.ts";
import { priorityClass } from "./priorityclass.ts";
import { replicaSet } from "./replicaset.ts";
import { replicationController } from "./replicationcontroller.ts";
import { resourceQuota } from "./resourcequota.ts";
import { role } from "./role.ts";
import { roleBinding } from "./rolebinding.ts";
import { secret } from "./secret.ts";
import { service } from "./service.ts";
import { serviceAccount } from "./serviceaccount.ts";
import { statefulSet } from "./statefulset.ts";
import { storageClass } from "./storageclass.ts";

export const describers: readonly AnyDescriber[] = [
  clusterRole,
  clusterRoleBinding,
  configMap,
  cronJob,
  daemonSet,
  deployment,
  endpoints,
  ingress,
  job,
  limitRange,
  namespace,
  node,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  horizontalPodAutoscaler,
  podDisruptionBudget,
  priorityClass,
  replicaSet,
  replicationController,
  resourceQuota,
  role,
  roleBinding,
  secret,
  service,
  serviceAccount,
  statefulSet,
  storageClass,
];
