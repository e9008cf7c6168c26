/** What a definition as a whole must be like, and what may change. */
import { certificatesProblem } from "#api/certificates/certificates.ts";
import { immutable } from "#api/field-rules.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { type FieldError, index, invalid, key, required } from "#schema/field-error.ts";
import type {
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionStatus,
  CustomResourceDefinitionVersion,
} from "./customresourcedefinition.ts";

interface Definition {
  readonly metadata: ObjectMeta;
  readonly spec: CustomResourceDefinitionSpec;
  readonly status: CustomResourceDefinitionStatus;
}

export function* validDefinition({ metadata, spec, status }: Definition): Iterable<FieldError> {
  const { name = "" } = metadata;
  if (name !== `${spec.names.plural}.${spec.group}`) {
    yield invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group');
  }
  yield* validStoredVersions(status.storedVersions ?? [], spec.versions ?? []);
}

function* validStoredVersions(
  stored: readonly string[],
  versions: readonly CustomResourceDefinitionVersion[],
): Iterable<FieldError> {
  const path = "status.storedVersions";
  if (stored.length === 0) {
    yield invalid(path, stored, "must have at least one stored version");
    return;
  }
  for (const { name, storage } of versions) {
    if (storage && !stored.includes(name)) {
      yield invalid(path, stored, `must have the storage version ${name}`);
    }
  }
  const names = new Set(versions.map(({ name }) => name));
  for (const [i, version] of stored.entries()) {
    if (names.has(version)) continue;
    const why = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    yield invalid(index(path, i), version, why);
  }
}

/** The versions that objects may be stored in, once this one may be written. */
export function storedVersions(
  stored: readonly string[] | null | undefined,
  versions: readonly CustomResourceDefinitionVersion[] | null,
): string[] {
  const storage = versions?.find((version) => version.storage)?.name;
  const known = stored ?? [];
  return storage === undefined || known.includes(storage) ? [...known] : [...known, storage];
}

const isEstablished = ({ conditions }: CustomResourceDefinitionStatus): boolean =>
  (conditions ?? []).some(({ type, status }) => type === "Established" && status === "True");

export function* validDefinitionUpdate(now: Definition, old: Definition): Iterable<FieldError> {
  const { spec } = now;
  if (isEstablished(old.status)) {
    yield* immutable("spec.scope", spec.scope, old.spec.scope);
    yield* immutable("spec.names.kind", spec.names.kind, old.spec.names.kind);
    yield* validAuthorities(spec, old.spec);
  }
  yield* immutable("spec.group", spec.group, old.spec.group);
  yield* immutable("spec.names.plural", spec.names.plural, old.spec.names.plural);
  if (!old.spec.preserveUnknownFields) yield* prunesFields(spec);
  if (approvalOf(now.metadata).state !== approvalOf(old.metadata).state) yield* isApproved(now);
}

/** Bad authorities may be left as they are. */
function* validAuthorities(
  spec: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec,
): Iterable<FieldError> {
  const caBundle = caBundleOf(spec);
  const problem = bundleProblem(caBundle);
  if (problem === undefined || bundleProblem(caBundleOf(old)) !== undefined) return;
  const path = "spec.conversion.webhookClientConfig.caBundle";
  yield invalid(path, caBundle, `unable to load root certificates: ${problem}`);
}

const caBundleOf = ({ conversion }: CustomResourceDefinitionSpec): string =>
  conversion?.webhook?.clientConfig?.caBundle ?? "";

const bundleProblem = (caBundle: string): string | undefined =>
  caBundle === "" ? undefined : certificatesProblem(caBundle);

export function* prunesFields(spec: CustomResourceDefinitionSpec): Iterable<FieldError> {
  if (!spec.preserveUnknownFields) return;
  const why =
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
  yield invalid("spec.preserveUnknownFields", true, why);
}

const annotation = "api-approved.kubernetes.io";
const seeAlso = "see https://github.com/kubernetes/enhancements/pull/1111";

export const isProtected = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

/** Groups of the Kubernetes project are not for everybody to define. */
export function* isApproved({ metadata, spec }: Definition): Iterable<FieldError> {
  if (!isProtected(spec.group)) return;
  const { state, text } = approvalOf(metadata);
  const path = key("metadata.annotations", annotation);
  if (state === "missing") {
    const why = `protected groups must have approval annotation "${annotation}", ${seeAlso}`;
    yield required(path, why);
  }
  if (state === "invalid") {
    const why = `protected groups must have approval annotation "${annotation}" with either a URL or a reason starting with "unapproved", ${seeAlso}`;
    yield invalid(path, text, why);
  }
}

/** The condition KubernetesAPIApprovalPolicyConformant. exact: apiextensions-apiserver */
export function approvalCondition(metadata: ObjectMeta) {
  const { text, state } = approvalOf(metadata);
  const isBypassed = text.startsWith("unapproved");
  const type = "KubernetesAPIApprovalPolicyConformant";
  if (state === "fine" && !isBypassed) {
    return { type, status: "True", reason: "ApprovedAnnotation", message: `approved in ${text}` };
  }
  if (isBypassed) {
    const message = `not approved: ${JSON.stringify(text)}`;
    return { type, status: "False", reason: "UnapprovedAnnotation", message };
  }
  const start = `protected groups must have approval annotation "${annotation}"`;
  return state === "missing"
    ? { type, status: "False", reason: "MissingAnnotation", message: `${start}, ${seeAlso}` }
    : {
        type,
        status: "False",
        reason: "InvalidAnnotation",
        message: `${start} with either a URL or a reason starting with "unapproved", ${seeAlso}`,
      };
}

function approvalOf({ annotations }: ObjectMeta) {
  const text = annotations?.[annotation] ?? "";
  const isFine = text.startsWith("unapproved") || /^[A-Za-z][-A-Za-z0-9+.]*:\/\/[^/]/.test(text);
  return { text, state: text === "" ? "missing" : isFine ? "fine" : "invalid" };
}
