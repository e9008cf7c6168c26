/**
 * The annotation in which client-side apply remembers what it was given.
 * upstream: staging/src/k8s.io/kubectl/pkg/util/apply.go
 */
import { compactJson } from "#base/go-json.ts";
import type { Manifest } from "../resources/manifest.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** The object with the annotation that describes it. */
export function withLastApplied(object: Manifest): Manifest {
  const bare = withoutLastApplied(object);
  const annotations = { ...bare.metadata.annotations, [lastApplied]: `${compactJson(bare)}\n` };
  return { ...bare, metadata: { ...bare.metadata, annotations } };
}

export function lastAppliedOf({ metadata }: Manifest): Manifest | undefined {
  const text = metadata.annotations?.[lastApplied];
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}

/** An object with no annotations keeps an empty map, as kubectl's does. */
export function withoutLastApplied(object: Manifest): Manifest {
  const { [lastApplied]: _old, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}
