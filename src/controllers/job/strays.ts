/**
 * Pods that are still held for a job that will never count them: it is gone, finished or not theirs
 * any more. They are let go.
 * upstream: pkg/controller/job/job_controller.go#syncOrphanPod
 */
import { Job } from "#api/batch/job.ts";
import { Pod } from "#api/core/pod.ts";
import type { Index } from "#client/cache.ts";
import type { Key, View } from "../runtime/controller.ts";
import { type Effect, patch } from "../runtime/effects.ts";
import { controllerOf } from "../runtime/ownership.ts";
import { isTracked, trackingFinalizer } from "./pods.ts";

/**
 * Which job looks after a held pod: its owner, or the one that its label names, or one that there
 * never was.
 */
export const heldFor: Index<Pod> = (pod) => {
  if (!isTracked(pod)) return [];
  const { namespace, name, labels } = pod.metadata;
  const owner = controllerOf(pod);
  // Other owners may use the finalizer as they like.
  if (owner && (owner.kind !== Job.kind || owner.apiVersion !== Job.apiVersion)) return [];
  return [`${namespace}/${owner?.name ?? labels?.["batch.kubernetes.io/job-name"] ?? name}`];
};

/** `job` is the one under this key that may still count its pods. */
export const strayPods = (key: Key, view: View, job: Job | undefined): readonly Pod[] =>
  view.by(Pod, heldFor, key).filter((pod) => !job || controllerOf(pod)?.uid !== job.metadata.uid);

export const letGo = (pod: Pod): Effect =>
  patch(Pod, pod, {
    is: "strategic",
    change: {
      metadata: {
        uid: pod.metadata.uid,
        "$deleteFromPrimitiveList/finalizers": [trackingFinalizer],
      },
    },
  });
