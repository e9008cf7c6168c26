/** Makes the volume of a claim whose pod has a node: the folder first, then the object. */
import { Node } from "#api/core/node.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { Pod } from "#api/core/pod.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { bindingAnnotations, classNameOf } from "#api/storage/volume-binding.ts";
import { bytesOf } from "#base/quantity.ts";
import { seconds } from "#base/clock.ts";
import type { View } from "../runtime/controller.ts";
import {
  andThen,
  create,
  type Effect,
  note,
  remove,
  update,
  wakeIn,
  warn,
} from "../runtime/effects.ts";
import { annotated } from "../storage/binding.ts";
import { findHelper, helperLimitMs, progressOf, sendHelper } from "./errand.ts";
import { provisionerName, readSettings } from "./settings.ts";

const { provisioner, provisionedBy, selectedNode } = bindingAnnotations;

export const volumeNameOf = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`;

export const isOurs = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  metadata.annotations?.[provisioner] === provisionerName && !spec.volumeName;

export function provision(claim: PersistentVolumeClaim, view: View): readonly Effect[] {
  const name = volumeNameOf(claim);
  const helper = findHelper("setup", name, view);
  if (view.get(PersistentVolume, undefined, name)) return [];
  const plan = planFor(claim, view);
  if (typeof plan === "string") return refuse(claim, plan);
  if (!helper) return claim.metadata.deletionTimestamp ? [] : begin(claim, plan);
  const progress = progressOf(helper, view.now);
  if (progress === "running") return [wakeIn(helperLimitMs)];
  if (progress === "failed") return giveUp(claim, helper);
  // Killed in between, it begins again: making a folder twice does no harm, a helper left behind would.
  return [
    andThen(remove(Pod, helper, now), () => [
      create(PersistentVolume, manifestOf(claim, plan)),
      note(claim, "ProvisioningSucceeded", `Successfully provisioned volume ${name}`),
    ]),
  ];
}

const now = { gracePeriodSeconds: 0 };

/** The claim went while its volume was being made: then that is one without a claim, to be removed. */
export function abandon(claim: PersistentVolumeClaim, view: View): readonly Effect[] {
  const helper = findHelper("setup", volumeNameOf(claim), view);
  const plan = helper && planFor(claim, view);
  if (!helper || !plan || typeof plan === "string") return [];
  return [
    andThen(remove(Pod, helper, now), () => [create(PersistentVolume, manifestOf(claim, plan))]),
  ];
}

interface Plan {
  readonly storageClass: StorageClass;
  readonly nodeName: string;
  readonly hostname: string;
  readonly folder: string;
  readonly settings: Exclude<ReturnType<typeof readSettings>, string>;
}

/** Or why there is none. */
function planFor(claim: PersistentVolumeClaim, view: View): Plan | string {
  const { namespace, name, annotations } = claim.metadata;
  const className = classNameOf(claim) ?? "";
  const storageClass = view.get(StorageClass, undefined, className);
  if (!storageClass) return `storageclass.storage.k8s.io "${className}" not found`;
  const problem = unsupported(claim);
  if (problem !== undefined) return problem;
  const nodeName = annotations?.[selectedNode];
  if (nodeName === undefined) return "configuration error, no node was specified";
  const node = view.get(Node, undefined, nodeName);
  if (!node) return `node "${nodeName}" not found`;
  const settings = readSettings(view);
  if (typeof settings === "string") return settings;
  const parent = settings.folderOn(nodeName);
  if (parent === undefined) return `config doesn't contain path on node ${nodeName}`;
  const folder = `${parent}/${volumeNameOf(claim)}_${namespace}_${name}`;
  const hostname = node.metadata.labels?.["kubernetes.io/hostname"] ?? nodeName;
  return { storageClass, nodeName, hostname, folder, settings };
}

const modes: ReadonlySet<string> = new Set(["ReadWriteOnce", "ReadWriteOncePod"]);

function unsupported({ spec }: PersistentVolumeClaim): string | undefined {
  if (spec.volumeMode === "Block") return "block volumes are not supported, only Filesystem";
  if (spec.dataSource ?? spec.dataSourceRef)
    return "filling volumes from a dataSource is not supported";
  if (spec.selector) return "claim.Spec.Selector is not supported";
  const other = spec.accessModes?.find((mode) => !modes.has(mode));
  return other && `access mode ${other} is not supported, only ${[...modes].join(" and ")}`;
}

const retryMs = seconds(15);

// exact: external provisioners, the reason and the beginning of the message
const refuse = (claim: PersistentVolumeClaim, why: string): readonly Effect[] => [
  warn(
    claim,
    "ProvisioningFailed",
    `failed to provision volume with StorageClass "${classNameOf(claim) ?? ""}": ${why}`,
  ),
  wakeIn(retryMs),
];

function begin(claim: PersistentVolumeClaim, plan: Plan): readonly Effect[] {
  const { namespace, name } = claim.metadata;
  const text = `External provisioner is provisioning volume for claim "${namespace}/${name}"`;
  const { spec } = manifestOf(claim, plan);
  return [
    note(claim, "Provisioning", text),
    sendHelper(plan.settings.helper, {
      task: "setup",
      volume: volumeNameOf(claim),
      nodeName: plan.nodeName,
      folder: plan.folder,
      mode: spec.volumeMode,
      size: `${bytesOf(spec.capacity.storage)}`,
    }),
    wakeIn(helperLimitMs),
  ];
}

/** The pod may go elsewhere: the scheduler chooses again. */
function giveUp(claim: PersistentVolumeClaim, helper: Pod): readonly Effect[] {
  const why = `helper pod ${helper.metadata.name} did not succeed: ${reasonOf(helper)}`;
  return [
    ...refuse(claim, why),
    andThen(remove(Pod, helper, now), () => [
      update(PersistentVolumeClaim, annotated(claim, { [selectedNode]: undefined })),
    ]),
  ];
}

function reasonOf({ status }: Pod): string {
  const [state] = (status.containerStatuses ?? []).map((container) => container.state);
  const { terminated, waiting } = state ?? {};
  if (terminated) return terminated.message ?? `exit code ${terminated.exitCode}`;
  return waiting?.message ?? waiting?.reason ?? status.message ?? `it is ${status.phase}`;
}

function manifestOf(
  { apiVersion, kind, metadata, spec }: PersistentVolumeClaim,
  { storageClass, hostname, folder }: Plan,
) {
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    metadata: { name: `pvc-${uid}`, annotations: { [provisionedBy]: provisionerName } },
    spec: {
      capacity: { storage: spec.resources.requests?.["storage"] ?? "0" },
      accessModes: spec.accessModes,
      volumeMode: spec.volumeMode ?? ("Filesystem" as const),
      storageClassName: storageClass.metadata.name,
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
      claimRef: { apiVersion, kind, namespace, name, uid, resourceVersion },
      hostPath: { path: folder, type: "DirectoryOrCreate" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: "kubernetes.io/hostname", operator: "In", values: [hostname] },
              ],
            },
          ],
        },
      },
    },
  };
}
