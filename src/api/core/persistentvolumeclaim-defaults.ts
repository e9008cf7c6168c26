/** The two fields for one thing. upstream: pkg/api/persistentvolumeclaim/util.go */
import type { Draft } from "#schema/struct.ts";
import { isEnabled } from "#api/feature-gates.ts";
import type { TypedLocalObjectReference } from "./references.ts";
import type { PersistentVolumeClaimSpec } from "./persistentvolumeclaim.ts";

const dataSources: ReadonlySet<string> = new Set([
  "/PersistentVolumeClaim",
  "snapshot.storage.k8s.io/VolumeSnapshot",
]);

/**
 * `dataSource` knows two kinds and is silent about others; `dataSourceRef` knows all. Where one of
 * them is said, the other says the same.
 */
export function prepareClaim(
  spec: Draft<PersistentVolumeClaimSpec>,
  old?: PersistentVolumeClaimSpec,
): void {
  dropUnusable(spec, old);
  const { dataSource: source, dataSourceRef: reference } = spec;
  if (source && !reference) spec.dataSourceRef = { ...source };
  else if (reference && !source && !reference.namespace) {
    const { apiGroup, kind, name } = reference;
    spec.dataSource = { apiGroup, kind, name };
  }
}

/** But for what is in use already. */
function dropUnusable(
  spec: Draft<PersistentVolumeClaimSpec>,
  old: PersistentVolumeClaimSpec | undefined,
): void {
  const mayCross = isEnabled("CrossNamespaceVolumeDataSource") || old?.dataSourceRef;
  if (spec.dataSourceRef?.namespace && !mayCross) delete spec.dataSourceRef;
  const { dataSource: source, dataSourceRef: reference } = spec;
  const isUsed = [old?.dataSource, old?.dataSourceRef].some((used) => used !== undefined);
  if (source && !reference && !isUsed && !isKnown(source)) delete spec.dataSource;
}

const isKnown = ({ apiGroup, kind }: TypedLocalObjectReference): boolean =>
  dataSources.has(`${apiGroup ?? ""}/${kind}`);
