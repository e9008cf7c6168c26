/** A pod that makes or removes a folder on a node: how a controller reaches a disk through the API. */
import { Pod } from "#api/core/pod.ts";
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import { seconds } from "#base/clock.ts";
import type { Effect } from "../runtime/effects.ts";
import { create } from "../runtime/effects.ts";
import type { View } from "../runtime/controller.ts";
import { configName, type HelperTemplate, systemNamespace } from "./settings.ts";

export type Task = "setup" | "teardown";

/** Tells helper pods from all others, and which volume each is about. */
export const helperLabels = {
  app: "local-path-helper",
  volume: "local-path.k8ts.io/volume",
} as const;

export interface Errand {
  readonly task: Task;
  readonly volume: string;
  readonly nodeName: string;
  /** On the node. */
  readonly folder: string;
  readonly mode: NonNullable<PersistentVolume["spec"]["volumeMode"]>;
  readonly size: string;
}

const verbs = { setup: "create", teardown: "delete" } as const;

export const helperName = (task: Task, volume: string): string =>
  `helper-pod-${verbs[task]}-${volume}`;

export const findHelper = (task: Task, volume: string, view: View): Pod | undefined =>
  view.get(Pod, systemNamespace, helperName(task, volume));

/** How far it is. One that does not get anywhere has failed as well. */
export function progressOf(pod: Pod, now: number): "running" | "done" | "failed" {
  if (pod.status.phase === "Succeeded") return "done";
  if (pod.status.phase === "Failed") return "failed";
  const createdMs = Date.parse(pod.metadata.creationTimestamp ?? "");
  return now - createdMs > helperLimitMs ? "failed" : "running";
}

export const helperLimitMs = seconds(120);

/** The task's script is the ConfigMap's entry of that name; the pod learns what to do from its variables. */
export function sendHelper(template: HelperTemplate, errand: Errand): Effect {
  const { task, volume, nodeName, folder, mode, size } = errand;
  const parent = folder.slice(0, folder.lastIndexOf("/")) || "/";
  const [container, ...more] = template.spec.containers;
  const env = { VOL_DIR: folder, VOL_MODE: mode, VOL_SIZE_BYTES: size };
  return create(Pod, {
    metadata: {
      ...template.metadata,
      name: helperName(task, volume),
      namespace: systemNamespace,
      labels: {
        ...template.metadata?.labels,
        app: helperLabels.app,
        [helperLabels.volume]: volume,
      },
    },
    spec: {
      tolerations: [{ operator: "Exists" }],
      priorityClassName: "system-node-critical",
      ...template.spec,
      restartPolicy: "Never",
      nodeName,
      containers: [
        {
          args: [`/script/${task}`],
          ...container,
          env: Object.entries(env).map(([name, value]) => ({ name, value })),
          volumeMounts: [
            { name: "data", mountPath: parent },
            { name: "script", mountPath: "/script" },
          ],
        },
        ...more,
      ],
      volumes: [
        { name: "data", hostPath: { path: parent, type: "DirectoryOrCreate" } },
        { name: "script", configMap: { name: configName } },
      ],
    },
  });
}
