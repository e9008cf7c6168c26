/**
 * Rules for the annotations that pods are run by: profiles from before they were fields, mirror
 * pods, the cost of deletion.
 * upstream: pkg/apis/core/validation/validation.go#ValidatePodSpecificAnnotations
 */
import { type FieldError, forbidden, invalid } from "#schema/field-error.ts";
import {
  appArmorPrefix,
  deletionCostAnnotation,
  seccompContainerPrefix,
  seccompPodAnnotation,
} from "./pod-annotations.ts";
import { mirrorAnnotation } from "./pod-conditions.ts";
import { allContainers } from "./pod-containers.ts";
import type { PodSpec } from "./pod-spec.ts";
import { descendingPath } from "./relative-path.ts";
import type { AppArmorProfile, SeccompProfile } from "./security-context.ts";

type Annotations = { readonly [key: string]: string };

export function* validatePodAnnotations(
  annotations: Annotations,
  spec: PodSpec,
  at: string,
): Iterable<FieldError> {
  const mirror = annotations[mirrorAnnotation];
  if (mirror !== undefined && !spec.nodeName) {
    const problem = "must set spec.nodeName if mirror pod annotation is set";
    yield invalid(`${at}[${mirrorAnnotation}]`, mirror, problem);
  }
  const cost = annotations[deletionCostAnnotation];
  if (cost !== undefined && !isDeletionCost(cost)) {
    yield invalid(`${at}[${deletionCostAnnotation}]`, cost, "must be a 32bit integer");
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (key === seccompPodAnnotation || key.startsWith(seccompContainerPrefix)) {
      yield* validateSeccompName(value, `${at}.${key}`);
    } else if (key.startsWith(appArmorPrefix)) {
      yield* validateAppArmorName({ key, value }, spec, `${at}[${key}]`);
    }
  }
}

/** Written as Go would print it: no sign in front, no leading zeros. */
function isDeletionCost(text: string): boolean {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return false;
  const cost = Number(text);
  return cost >= -(2 ** 31) && cost < 2 ** 31;
}

function* validateSeccompName(profile: string, at: string): Iterable<FieldError> {
  if (["runtime/default", "docker/default", "unconfined"].includes(profile)) return;
  const local = /^localhost\/(.*)$/s.exec(profile)?.[1];
  if (local !== undefined) yield* descendingPath(local, at);
  else yield invalid(at, profile, "must be a valid seccomp profile");
}

function* validateAppArmorName(
  { key, value }: { readonly key: string; readonly value: string },
  spec: PodSpec,
  at: string,
): Iterable<FieldError> {
  const name = key.slice(appArmorPrefix.length);
  if (!allContainers(spec, "").some(({ container }) => container.name === name)) {
    yield invalid(at, name, "container not found");
  }
  const isKnown = ["", "runtime/default", "unconfined"].includes(value);
  if (!isKnown && !value.startsWith("localhost/")) {
    yield invalid(at, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`);
  }
}

/** Where a profile stands both in an annotation and in a field, they must say the same. */
export function* validateAgreement(
  annotations: Annotations,
  spec: PodSpec,
  at: string,
): Iterable<FieldError> {
  const { seccompProfile, appArmorProfile } = spec.securityContext ?? {};
  yield* agree(annotations[seccompPodAnnotation], seccompProfile, {
    what: "seccomp",
    path: `${at}.securityContext.seccompProfile`,
  });
  for (const { container, path } of allContainers(spec, at)) {
    const { name, securityContext } = container;
    yield* agree(annotations[seccompContainerPrefix + name], securityContext?.seccompProfile, {
      what: "seccomp",
      path: `${path}.securityContext.seccompProfile`,
    });
    if (spec.os?.name === "windows") continue;
    const profile = securityContext?.appArmorProfile ?? appArmorProfile;
    yield* agree(annotations[appArmorPrefix + name], profile, {
      what: "apparmor",
      path: `${path}.securityContext.appArmorProfile`,
    });
  }
}

interface Place {
  readonly what: "seccomp" | "apparmor";
  readonly path: string;
}

function* agree(
  annotation: string | undefined,
  profile: SeccompProfile | AppArmorProfile | undefined,
  { what, path }: Place,
): Iterable<FieldError> {
  if (annotation === undefined || !profile) return;
  const { type, localhostProfile } = profile;
  if (!namesOf(type, what).some((name) => annotation.startsWith(name))) {
    yield forbidden(`${path}.type`, `${what} type in annotation and field must match`);
  } else if (type === "Localhost" && annotation !== `localhost/${localhostProfile}`) {
    const problem = `${what} profile in annotation and field must match`;
    yield forbidden(`${path}.localhostProfile`, problem);
  }
}

/** How annotations call a type of profile. */
function namesOf(type: SeccompProfile["type"], what: Place["what"]): readonly string[] {
  if (type === "Unconfined") return ["unconfined"];
  if (type === "Localhost") return ["localhost/"];
  return what === "seccomp" ? ["runtime/default", "docker/default"] : ["runtime/default"];
}
