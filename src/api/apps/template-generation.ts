/**
 * How often the template of a daemon set was changed: a field once, an annotation since.
 * upstream: pkg/registry/apps/daemonset/strategy.go, pkg/apis/apps/v1/conversion.go
 */
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import type { Draft } from "#schema/struct.ts";

export const templateGenerationAnnotation = "deprecated.daemonset.template.generation";

interface Templated {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly template: object };
}

const set = (metadata: Draft<ObjectMeta>, generation: number): void => {
  metadata.annotations = {
    ...metadata.annotations,
    [templateGenerationAnnotation]: String(generation),
  };
};

/** The template is the first, unless the daemon set says that others came before. */
export function startCounting(metadata: Draft<ObjectMeta>): void {
  set(metadata, Math.max(1, generationOf(metadata)));
}

export const generationOf = ({ annotations }: ObjectMeta): number =>
  Math.trunc(Number(annotations?.[templateGenerationAnnotation] ?? 0)) || 0;

export function countTemplates(draft: Draft<Templated>, old: Templated): void {
  const isSame = equal(draft.spec.template, old.spec.template);
  set(draft.metadata, generationOf(old.metadata) + (isSame ? 0 : 1));
}
