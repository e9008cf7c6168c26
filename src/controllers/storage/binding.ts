/**
 * Binding a claim and a volume is four writes, each of which says by itself how far it got: the
 * volume's reference, its phase, the claim's volume name, its phase. Whoever is killed in between,
 * the next look goes on.
 * upstream: pkg/controller/volume/persistentvolume/pv_controller.go#bind
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { bindingAnnotations } from "#api/storage/volume-binding.ts";
import { formatTime } from "#base/clock.ts";
import type { View } from "../runtime/controller.ts";
import { andThen, type Effect, setStatus, update } from "../runtime/effects.ts";

const { completed, byController } = bindingAnnotations;

/** A pair that is to be one. */
export interface Pair {
  readonly claim: PersistentVolumeClaim;
  readonly volume: PersistentVolume;
}

export function bind({ claim, volume }: Pair, view: View): readonly Effect[] {
  const reserved = reservedFor(volume, claim);
  const goOn = (written: PersistentVolume): readonly Effect[] => [
    ...volumePhase(written, { phase: "Bound" }, view),
    ...bindClaim({ claim, volume: written }),
  ];
  if (reserved === volume) return goOn(volume);
  return [andThen(update(PersistentVolume, reserved), (found) => goOn(found as PersistentVolume))];
}

/** The volume itself when it is already. */
function reservedFor(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { claimRef } = volume.spec;
  if (claimRef?.uid === claim.metadata.uid) return volume;
  const { apiVersion, kind, metadata } = claim;
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    ...(claimRef ? volume : annotated(volume, { [byController]: "yes" })),
    spec: { ...volume.spec, claimRef: { apiVersion, kind, namespace, name, uid, resourceVersion } },
  };
}

function bindClaim({ claim, volume }: Pair): readonly Effect[] {
  const volumeName = volume.metadata.name ?? "";
  const isNamed = claim.spec.volumeName === volumeName;
  const isCompleted = claim.metadata.annotations?.[completed] !== undefined;
  if (isNamed && isCompleted) return claimIsBound({ claim, volume });
  const better = {
    ...annotated(claim, { [completed]: "yes", ...(isNamed ? {} : { [byController]: "yes" }) }),
    spec: { ...claim.spec, volumeName },
  };
  return [
    andThen(update(PersistentVolumeClaim, better), (found) =>
      claimIsBound({ claim: found as PersistentVolumeClaim, volume }),
    ),
  ];
}

const claimIsBound = ({ claim, volume }: Pair): readonly Effect[] => {
  const { accessModes, capacity } = volume.spec;
  const isFirst = claim.status.phase !== "Bound";
  return [
    setStatus(PersistentVolumeClaim, claim, {
      ...claim.status,
      phase: "Bound",
      ...(accessModes ? { accessModes } : {}),
      // Once bound, its size is a matter of those who resize it.
      ...(capacity && isFirst ? { capacity } : {}),
    }),
  ];
};

/** The volume is anyone's again. */
export function unbind(volume: PersistentVolume): Effect {
  const { claimRef, ...spec } = volume.spec;
  const isOurs = volume.metadata.annotations?.[byController] !== undefined;
  if (isOurs)
    return update(PersistentVolume, { ...annotated(volume, { [byController]: undefined }), spec });
  const { uid: _uid, ...kept } = claimRef ?? {};
  return update(PersistentVolume, {
    ...volume,
    spec: { ...spec, claimRef: kept },
  });
}

type Phase = PersistentVolume["status"]["phase"];

interface Standing {
  readonly phase: NonNullable<Phase>;
  readonly message?: string;
}

export function volumePhase(
  volume: PersistentVolume,
  standing: Standing,
  { now }: Pick<View, "now">,
): readonly Effect[] {
  if (volume.status.phase === standing.phase) return [];
  const lastPhaseTransitionTime = formatTime(now);
  return [setStatus(PersistentVolume, volume, { ...standing, lastPhaseTransitionTime })];
}

/** With annotations added, or, where undefined, taken away. */
export function annotated<T extends PersistentVolume | PersistentVolumeClaim>(
  object: T,
  changes: Readonly<Record<string, string | undefined>>,
): T {
  const all = Object.entries({ ...object.metadata.annotations, ...changes });
  const annotations = Object.fromEntries(all.filter(([, value]) => value !== undefined));
  return { ...object, metadata: { ...object.metadata, annotations } };
}
