/** What workloads of replicas have in common as kinds. */
import type { ScaleTrait } from "#api/kind.ts";
import { immutable } from "#api/field-rules.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import type { FieldError } from "#schema/field-error.ts";

interface Selecting {
  readonly selector: LabelSelector | null;
}

interface Scalable {
  readonly spec: Selecting & { readonly replicas?: number | undefined };
  readonly status: { readonly replicas?: number | undefined };
}

export const scaleTrait = <T extends Scalable>(): ScaleTrait<T> => ({
  replicas: ({ spec }) => spec.replicas ?? 0,
  withReplicas(draft, replicas) {
    (draft as { spec: { replicas?: number } }).spec.replicas = replicas;
  },
  statusReplicas: ({ status }) => status.replicas ?? 0,
  selector: ({ spec }) => labelSelectorOf(spec.selector ?? undefined).toString(),
});

/** Pods that were selected before would otherwise be left behind. */
export const keepSelector = ({ selector }: Selecting, old: Selecting): Iterable<FieldError> =>
  immutable("spec.selector", selector, old.selector);
