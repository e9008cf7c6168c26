/** upstream: pkg/apis/apps/validation/validation.go#ValidateStatefulSetSpec */
import { validateClaimSpec } from "#api/core/persistentvolumeclaim-validation.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { nonNegative, nonNegativeFields } from "#api/field-rules.ts";
import { dnsLabel, invalidEach } from "#api/names.ts";
import { runsForever, selectsTemplate } from "#api/workload-rules.ts";
import { equal } from "#schema/copy.ts";
import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  notListed,
} from "#schema/field-error.ts";
import { validateStruct } from "#schema/validate.ts";
import { amountOf, atMost100Percent, nonNegativeIntOrPercent } from "./int-or-percent.ts";
import { selectsSome } from "./selector-rules.ts";
import type {
  RollingUpdateStatefulSetStrategy,
  StatefulSetPersistentVolumeClaimRetentionPolicy,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
} from "./statefulset.ts";

export function* validStatefulSetSpec(spec: StatefulSetSpec, at: string): Iterable<FieldError> {
  const { selector, template, ordinals } = spec;
  const { podManagementPolicy = "" } = spec;
  if (podManagementPolicy !== "OrderedReady" && podManagementPolicy !== "Parallel") {
    const why = "must be 'OrderedReady' or 'Parallel'";
    yield invalid(child(at, "podManagementPolicy"), podManagementPolicy, why);
  }
  yield* validStrategy(spec.updateStrategy, child(at, "updateStrategy"));
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  if (retention)
    yield* validRetention(retention, child(at, "persistentVolumeClaimRetentionPolicy"));
  yield* nonNegativeFields(at, spec, ["replicas", "minReadySeconds"]);
  if (ordinals) yield* nonNegative(child(at, "ordinals.start"), ordinals.start);
  yield* selectsSome(selector, at, { kind: "statefulset", whenInvalid: "" });
  const templatePath = child(at, "template");
  yield* selectsTemplate(selector, template, templatePath);
  yield* validateStruct(PodTemplateSpec, withClaims(spec), templatePath);
  yield* runsForever(template, templatePath, "StatefulSet");
}

/** The template, as the pods will have it: with the claims among its volumes. */
function withClaims({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const { spec } = template;
  const claimed = volumeClaimTemplates.map(({ metadata: { name = "" } }) => name);
  const others = (spec.volumes ?? []).filter(({ name }) => !claimed.includes(name));
  const claims = claimed.map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...spec, volumes: [...others, ...claims] } };
}

function* validStrategy(strategy: StatefulSetUpdateStrategy, at: string): Iterable<FieldError> {
  const { type = "", rollingUpdate } = strategy;
  const path = child(at, "rollingUpdate");
  if (type !== "OnDelete" && type !== "RollingUpdate") {
    yield invalid(at, strategy, "must be 'RollingUpdate' or 'OnDelete'");
  } else if (!rollingUpdate) return;
  else if (type === "RollingUpdate") yield* validRollingUpdate(rollingUpdate, path);
  else yield invalid(path, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'");
}

function* validRollingUpdate(
  { partition = 0, maxUnavailable }: RollingUpdateStatefulSetStrategy,
  at: string,
): Iterable<FieldError> {
  yield* nonNegative(child(at, "partition"), partition);
  if (maxUnavailable === undefined) return;
  const path = child(at, "maxUnavailable");
  yield* nonNegativeIntOrPercent(path, maxUnavailable);
  if (amountOf(maxUnavailable) === 0) yield invalid(path, maxUnavailable, "cannot be 0");
  yield* atMost100Percent(path, maxUnavailable);
}

const retentions = ["Retain", "Delete"];

function* validRetention(
  policy: StatefulSetPersistentVolumeClaimRetentionPolicy,
  at: string,
): Iterable<FieldError> {
  for (const name of ["whenDeleted", "whenScaled"] as const) {
    const value = policy[name] ?? "";
    if (!retentions.includes(value)) yield notListed(child(at, name), value, retentions);
  }
}

/** What could not be mended later anyway, since it cannot be changed. */
export function* validNewStatefulSet(spec: StatefulSetSpec): Iterable<FieldError> {
  const { serviceName, volumeClaimTemplates = [] } = spec;
  if (serviceName !== "") {
    yield* invalidEach("spec.serviceName", serviceName, dnsLabel(serviceName));
  }
  for (const [i, claim] of volumeClaimTemplates.entries()) {
    const path = index("spec.volumeClaimTemplates", i);
    yield* validateClaimSpec(claim.spec, child(path, "spec"));
  }
}

const changeable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] as const;

export function* validStatefulSetUpdate(
  spec: StatefulSetSpec,
  old: StatefulSetSpec,
): Iterable<FieldError> {
  const same = { ...spec };
  for (const name of changeable) Object.assign(same, { [name]: old[name] });
  if (equal(same, old)) return;
  yield forbidden(
    "spec",
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  );
}
