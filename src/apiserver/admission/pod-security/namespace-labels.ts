/** What a namespace's labels ask of its pods. upstream: pod-security-admission/api/helpers.go */
import { type FieldError, invalid } from "#schema/field-error.ts";
import { isLevel, type Standard } from "./standards.ts";

export type Mode = "enforce" | "warn";
type Labels = { readonly [key: string]: string };

const prefix = "pod-security.kubernetes.io/";
const versionForm = /^(latest|v1\.(0|[1-9]\d*))$/;

/** A label that cannot be understood is taken for the strictest. */
export function standardOf(labels: Labels | undefined, mode: Mode): Standard {
  const level = labels?.[prefix + mode] ?? "privileged";
  const version = labels?.[`${prefix}${mode}-version`] ?? "latest";
  return {
    level: isLevel(level) ? level : "restricted",
    version: versionForm.test(version) ? version : "latest",
  };
}

/** exact: apiserver */
export function* labelProblems(labels: Labels = {}): Iterable<FieldError> {
  for (const mode of ["enforce", "audit", "warn"]) {
    const level = labels[prefix + mode];
    if (level !== undefined && !isLevel(level))
      yield problem(prefix + mode, level, "must be one of privileged, baseline, restricted");
    const version = labels[`${prefix}${mode}-version`];
    if (version !== undefined && !versionForm.test(version))
      yield problem(`${prefix}${mode}-version`, version, 'must be "latest" or "v1.x"');
  }
}

const problem = (key: string, value: string, why: string): FieldError =>
  invalid(`metadata.labels[${key}]`, value, why);
