/** Cells that volumes and claims share. upstream: pkg/printers/internalversion/printers.go */
import type { ObjectMeta } from "#api/meta/object-meta.ts";

const shortModes = [
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
] as const;

export const accessModesText = (modes: readonly string[] = []): string =>
  shortModes
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(",");

/** How classes were named before there was a field. */
export const betaClassAnnotation = "volume.beta.kubernetes.io/storage-class";

export const classText = ({ annotations }: ObjectMeta, name: string | undefined): string =>
  annotations?.[betaClassAnnotation] ?? name ?? "";

interface Phased {
  readonly metadata: ObjectMeta;
  readonly status: { readonly phase?: string | undefined };
}

export const phaseText = ({ metadata, status }: Phased): string =>
  metadata.deletionTimestamp === undefined ? (status.phase ?? "") : "Terminating";
