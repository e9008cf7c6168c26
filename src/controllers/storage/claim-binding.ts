/**
 * What a claim needs next: a volume that fits, one that somebody makes, its pod's node, or nothing.
 * upstream: pkg/controller/volume/persistentvolume/pv_controller.go#syncClaim
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { Pod } from "#api/core/pod.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { newestMarked } from "#api/default-class.ts";
import { defaultClassAnnotations, StorageClass } from "#api/storage/storageclass.ts";
import {
  bindingAnnotations,
  classNameOf,
  findVolumeFor,
  isMeantFor,
  misfit,
  noProvisioner,
  waitsForConsumer,
} from "#api/storage/volume-binding.ts";
import { keyOf, type View } from "../runtime/controller.ts";
import { type Effect, note, setStatus, update, warn } from "../runtime/effects.ts";
import { annotated, bind } from "./binding.ts";
import { byClaim } from "./claim-users.ts";

const { completed, selectedNode, provisioner, betaProvisioner, byController } = bindingAnnotations;

export function syncClaim(claim: PersistentVolumeClaim, view: View): readonly Effect[] {
  if (claim.metadata.annotations?.[completed] !== undefined) return keepBound(claim, view);
  return claim.spec.volumeName ? bindToNamed(claim, view) : findOne(claim, view);
}

/** exact: kube-controller-manager, the reasons and messages of all of these */
function keepBound(claim: PersistentVolumeClaim, view: View): readonly Effect[] {
  const { volumeName } = claim.spec;
  if (!volumeName) {
    const message =
      "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!";
    return lose(claim, "ClaimLost", message);
  }
  const volume = view.get(PersistentVolume, undefined, volumeName);
  if (!volume)
    return lose(
      claim,
      "ClaimLost",
      "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
    );
  const { claimRef } = volume.spec;
  if (!claimRef || claimRef.uid === claim.metadata.uid) return bind({ claim, volume }, view);
  return lose(
    claim,
    "ClaimMisbound",
    "Two claims are bound to the same volume, this one is bound incorrectly",
  );
}

function lose(claim: PersistentVolumeClaim, reason: string, message: string): readonly Effect[] {
  if (claim.status.phase === "Lost") return [];
  const { capacity: _capacity, accessModes: _modes, ...status } = claim.status;
  return [
    setStatus(PersistentVolumeClaim, claim, { ...status, phase: "Lost" }),
    warn(claim, reason, message),
  ];
}

/** A user chose the volume. */
function bindToNamed(claim: PersistentVolumeClaim, view: View): readonly Effect[] {
  const volume = view.get(PersistentVolume, undefined, claim.spec.volumeName ?? "");
  if (!volume) return pending(claim);
  if (!volume.spec.claimRef) {
    const problem = misfit(volume, claim);
    if (problem === undefined) return bind({ claim, volume }, view);
    const text = `Cannot bind to requested volume ${JSON.stringify(volume.metadata.name)}: ${problem}`;
    return [...pending(claim), warn(claim, "VolumeMismatch", text)];
  }
  if (isMeantFor(volume, claim)) return bind({ claim, volume }, view);
  if (claim.metadata.annotations?.[byController] === undefined) {
    const text = `volume ${JSON.stringify(volume.metadata.name)} already bound to a different claim.`;
    return [...pending(claim), warn(claim, "FailedBinding", text)];
  }
  return pending(claim);
}

function findOne(claim: PersistentVolumeClaim, view: View): readonly Effect[] {
  const className = classNameOf(claim);
  if (className === undefined) {
    const found = newestMarked(view.list(StorageClass), defaultClassAnnotations);
    if (found) {
      const storageClassName = found.metadata.name ?? "";
      return [
        update(PersistentVolumeClaim, { ...claim, spec: { ...claim.spec, storageClassName } }),
      ];
    }
  }
  const storageClass = className ? view.get(StorageClass, undefined, className) : undefined;
  const hasNode = claim.metadata.annotations?.[selectedNode] !== undefined;
  const waits = !hasNode && waitsForConsumer(claim, storageClass);
  const volumes = view.list(PersistentVolume);
  const volume = findVolumeFor(claim, volumes, { isReservedOnly: waits });
  if (volume) return bind({ claim, volume }, view);
  return [
    ...pending(claim),
    ...(waits ? [whatItWaitsFor(claim, view)] : provision(claim, { className, storageClass })),
  ];
}

/** exact: kube-controller-manager, reasons and messages */
function whatItWaitsFor(claim: PersistentVolumeClaim, view: View): Effect {
  const pods = view
    .by(Pod, byClaim, keyOf(claim))
    .filter((pod) => !isPodTerminal(pod) && !pod.spec.nodeName)
    .map(({ metadata }) => metadata.name);
  if (pods.length === 0) {
    const message = "waiting for first consumer to be created before binding";
    return note(claim, "WaitForFirstConsumer", message);
  }
  const what = pods.length === 1 ? "pod" : "pods";
  return note(
    claim,
    "WaitForPodScheduled",
    `waiting for ${what} ${pods.join(",")} to be scheduled`,
  );
}

interface Wanted {
  readonly className: string | undefined;
  readonly storageClass: StorageClass | undefined;
}

/** Asks for a volume to be made; those who make them watch for the annotation. */
function provision(
  claim: PersistentVolumeClaim,
  { className, storageClass }: Wanted,
): readonly Effect[] {
  if (!className)
    return [
      note(
        claim,
        "FailedBinding",
        "no persistent volumes available for this claim and no storage class is set",
      ),
    ];
  if (!storageClass)
    return [
      warn(claim, "ProvisioningFailed", `storageclass.storage.k8s.io "${className}" not found`),
    ];
  const name = storageClass.provisioner;
  if (name === noProvisioner)
    return [warn(claim, "ProvisioningFailed", `no volume plugin matched name: ${noProvisioner}`)];
  const waiting = `Waiting for a volume to be created either by the external provisioner '${name}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  const isAsked = claim.metadata.annotations?.[provisioner] === name;
  return [
    ...(isAsked
      ? []
      : [
          update(
            PersistentVolumeClaim,
            annotated(claim, { [provisioner]: name, [betaProvisioner]: name }),
          ),
        ]),
    note(claim, "ExternalProvisioning", waiting),
  ];
}

const pending = (claim: PersistentVolumeClaim): readonly Effect[] =>
  claim.status.phase === "Pending"
    ? []
    : [setStatus(PersistentVolumeClaim, claim, { ...claim.status, phase: "Pending" })];
