/** The two fields for one thing. upstream: pkg/api/persistentvolumeclaim/util.go#NormalizeDataSources */
import type { Draft } from "#schema/struct.ts";
import type { PersistentVolumeClaimSpec } from "./persistentvolumeclaim.ts";

const dataSources: ReadonlySet<string> = new Set([
  "/PersistentVolumeClaim",
  "snapshot.storage.k8s.io/VolumeSnapshot",
]);

/** `dataSource` knows two kinds and is silent about others; `dataSourceRef` knows all. */
export function prepareClaim(spec: Draft<PersistentVolumeClaimSpec>): void {
  const { dataSource: source, dataSourceRef: reference } = spec;
  if (source && !dataSources.has(`${source.apiGroup ?? ""}/${source.kind}`)) {
    delete spec.dataSource;
  }
  if (spec.dataSource && !reference) spec.dataSourceRef = { ...spec.dataSource };
  else if (reference && !source && !reference.namespace) {
    const { apiGroup, kind, name } = reference;
    if (dataSources.has(`${apiGroup ?? ""}/${kind}`)) spec.dataSource = { apiGroup, kind, name };
  }
}
