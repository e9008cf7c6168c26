/**
 * How names, label keys and label values must look, and what to say when they do not.
 * A rule takes the text and returns what is wrong with it, in upstream's words; nothing wrong is an
 * empty list. upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
 */
import { type FieldError, forbidden, invalid, required, tooLong } from "#schema/field-error.ts";
import type { AnyKind, ApiObject } from "./kind.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "./meta/object-meta.ts";

/** What is wrong with a text. */
export type Problems = readonly string[];
export type NameRule = (value: string) => Problems;
/** As `Kind.nameRule`: a prefix is the `generateName` that a random suffix will follow. */
export type ObjectNameRule = (name: string, isPrefix: boolean) => Problems;

const fine: Problems = Object.freeze([]);

// exact: apimachinery, all messages below
const longest = (bytes: number): string => `must be no more than ${bytes} bytes`;
const empty = "must be non-empty";

export const inclusiveRange = (low: number, high: number): string =>
  `must be between ${low} and ${high}, inclusive`;

/** As Go's `len`: bytes in UTF-8. */
export const byteLength = (text: string): number => Buffer.byteLength(text);

export function regexProblem(
  message: string,
  format: string,
  examples: readonly string[] = [],
): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${format}')`;
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${shown}regex used for validation is '${format}')`;
}

const wrong = (...problems: (string | false)[]): Problems =>
  problems.filter((problem) => problem !== false);

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const labelRegex = new RegExp(`^${label}$`);
const labelProblem = regexProblem(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  label,
  ["my-name", "123-abc"],
);

export const dnsLabel: NameRule = (value) => {
  const fits = value.length <= 63 || byteLength(value) <= 63;
  if (fits && labelRegex.test(value)) return fine;
  return wrong(
    !fits && longest(63),
    !labelRegex.test(value) &&
      (subdomainRegex.test(value) ? "must not contain dots" : labelProblem),
  );
};

const subdomain = `${label}(\\.${label})*`;
const subdomainRegex = new RegExp(`^${subdomain}$`);
const subdomainProblem = regexProblem(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain,
  ["example.com"],
);

/** A rule made of a longest length and one expression. */
const matching =
  (regex: RegExp, maxBytes: number, problem: string): NameRule =>
  (value) => {
    const fits = value.length <= maxBytes || byteLength(value) <= maxBytes;
    const matches = regex.test(value);
    return fits && matches ? fine : wrong(!fits && longest(maxBytes), !matches && problem);
  };

export const dnsSubdomain: NameRule = matching(subdomainRegex, 253, subdomainProblem);

const underscored = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const underscoredSubdomain = `${underscored}(\\.${underscored})*`;

/** Search domains may have underscores: `_sip._tcp.example.com`. */
export const dnsSubdomainWithUnderscore: NameRule = matching(
  new RegExp(`^${underscoredSubdomain}$`),
  253,
  regexProblem(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
    underscoredSubdomain,
    ["example.com"],
  ),
);

const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";

export const dns1035Label: NameRule = matching(
  new RegExp(`^${label1035}$`),
  63,
  regexProblem(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    label1035,
    ["my-name", "abc-123"],
  ),
);

const wildcard = `\\*\\.${subdomain}`;

export const wildcardDnsSubdomain: NameRule = matching(
  new RegExp(`^${wildcard}$`),
  253,
  regexProblem(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    wildcard,
    ["*.example.com"],
  ),
);

const keyName = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const keyNameRegex = new RegExp(`^${keyName}$`);
const keyNameProblem = regexProblem(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  keyName,
  ["MyName", "my.name", "123-abc"],
);

/** `app`, `app.kubernetes.io/name`: label keys, annotation keys, finalizers, condition types. */
export const labelKey: NameRule = (value) => {
  const slash = value.indexOf("/");
  if (slash < 0) return keyNameProblems(value);
  const name = value.slice(slash + 1);
  if (name.includes("/")) {
    return [
      `a valid label key ${keyNameProblem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems = [...prefixProblems(value.slice(0, slash)), ...keyNameProblems(name)];
  return problems.length === 0 ? fine : problems;
};

export const qualifiedName: NameRule = labelKey;

const prefixProblems = (prefix: string): Problems =>
  prefix === ""
    ? [`prefix part ${empty}`]
    : dnsSubdomain(prefix).map((problem) => `prefix part ${problem}`);

function keyNameProblems(name: string): Problems {
  const fits = name.length <= 63 || byteLength(name) <= 63;
  if (fits && keyNameRegex.test(name)) return fine;
  return wrong(
    name === "" && `name part ${empty}`,
    !fits && `name part ${longest(63)}`,
    !keyNameRegex.test(name) && `name part ${keyNameProblem}`,
  );
}

const valueFormat = `(${keyName})?`;

export const labelValue: NameRule = matching(
  new RegExp(`^${valueFormat}$`),
  63,
  regexProblem(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    valueFormat,
    ["MyValue", "my_value", "12345"],
  ),
);

export const cIdentifier: NameRule = matching(
  /^[A-Za-z_][A-Za-z0-9_]*$/,
  Number.MAX_SAFE_INTEGER,
  regexProblem(
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
    "[A-Za-z_][A-Za-z0-9_]*",
    ["my_name", "MY_NAME", "MyName"],
  ),
);

export const portNumber = (port: number): Problems =>
  port >= 1 && port <= 65535 ? fine : [inclusiveRange(1, 65535)];

/** IANA service names, in lower case. */
export const portName: NameRule = (value) => {
  if (/^(?!.*--)(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(value)) return fine;
  return wrong(
    byteLength(value) > 15 && longest(15),
    !/^[-a-z0-9]+$/.test(value) &&
      "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    !/[a-z]/.test(value) && "must contain at least one letter (a-z)",
    value.includes("--") && "must not contain consecutive hyphens",
    (value.startsWith("-") || value.endsWith("-")) && "must not begin or end with a hyphen",
  );
};

export const percent: NameRule = matching(
  /^[0-9]+%$/,
  Number.MAX_SAFE_INTEGER,
  regexProblem(
    "a valid percent string must be a numeric string followed by an ending '%'",
    "[0-9]+%",
    ["1%", "93%"],
  ),
);

export const httpHeaderName: NameRule = matching(
  /^[-A-Za-z0-9]+$/,
  Number.MAX_SAFE_INTEGER,
  regexProblem(
    "a valid HTTP header must consist of alphanumeric characters or '-'",
    "[-A-Za-z0-9]+",
    ["X-Header-Name"],
  ),
);

/** Anything printable in ASCII but `=` (relaxed since 1.34). */
export const envVarName: NameRule = (value) => {
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(value)) return fine;
  if (value === "") return [`environment variable name ${empty}`];
  return [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ];
};

const configKey = "[-._a-zA-Z0-9]+";
const configKeyRegex = new RegExp(`^${configKey}$`);
const configKeyProblem = regexProblem(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  configKey,
  ["key.name", "KEY_NAME", "key-name"],
);

/** A key of a ConfigMap or Secret: it must do as a file name. */
export const configMapKey: NameRule = (value) => {
  const fits = value.length <= 253 || byteLength(value) <= 253;
  if (fits && configKeyRegex.test(value) && !value.startsWith(".")) return fine;
  return wrong(
    !fits && longest(253),
    !configKeyRegex.test(value) && configKeyProblem,
    leavesFolder(value),
  );
};

function leavesFolder(value: string): string | false {
  if (value === ".") return "must not be '.'";
  if (value === "..") return "must not be '..'";
  return value.startsWith("..") && "must not start with '..'";
}

export const userId = (id: number): Problems =>
  id >= 0 && id <= 0xffffffff ? fine : [inclusiveRange(0, 0xffffffff)];
export const groupId = userId;

/** Names that go into URLs and store keys as they are (roles, bindings). */
export const pathSegmentName: ObjectNameRule = (name, isPrefix) => {
  if (!isPrefix && (name === "." || name === "..")) return [`may not be '${name}'`];
  const problems = wrong(
    name.includes("/") && "may not contain '/'",
    name.includes("%") && "may not contain '%'",
  );
  return problems.length === 0 ? fine : problems;
};

/** A rule for object names; the dash that ends a prefix is not held against it. */
const forObjects =
  (rule: NameRule): ObjectNameRule =>
  (name, isPrefix) =>
    rule(isPrefix && name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name);

export const nameIsDnsSubdomain: ObjectNameRule = forObjects(dnsSubdomain);
export const nameIsDnsLabel: ObjectNameRule = forObjects(dnsLabel);
export const namespaceName: ObjectNameRule = nameIsDnsLabel;
export const serviceAccountName: ObjectNameRule = nameIsDnsSubdomain;

const noErrors: readonly FieldError[] = [];

/** One by one: a hundred thousand would not go into one call. */
function add(errors: FieldError[], more: Iterable<FieldError>): void {
  for (const error of more) errors.push(error);
}

/** One `Invalid value` per problem that a rule found. */
export const invalidEach = (
  path: string,
  value: unknown,
  problems: Problems,
): readonly FieldError[] =>
  problems.length === 0 ? noErrors : problems.map((problem) => invalid(path, value, problem));

/**
 * metadata of a new object. What every write goes through is no generator: those cost a hundred times what they yield.
 * upstream: apimachinery/pkg/api/validation/objectmeta.go
 */
export function validateObjectMeta(kind: AnyKind, object: ApiObject): readonly FieldError[] {
  const { metadata } = object;
  const errors: FieldError[] = [];
  const rule = kind.nameRule ?? nameIsDnsSubdomain;
  const { name = "", generateName = "" } = metadata;
  if (generateName !== "") {
    add(errors, invalidEach("metadata.generateName", generateName, rule(generateName, true)));
  }
  if (name === "") errors.push(required("metadata.name", "name or generateName is required"));
  else add(errors, invalidEach("metadata.name", name, rule(name, false)));
  add(errors, validateNamespaceField(kind, metadata.namespace ?? ""));
  if ((metadata.generation ?? 0) < 0) {
    errors.push(invalid("metadata.generation", metadata.generation, notNegative));
  }
  add(errors, validateSharedMeta(metadata));
  const { finalizers = [] } = metadata;
  if (finalizers.length === 0) return errors;
  add(errors, validateFinalizers(finalizers, "metadata.finalizers"));
  if (!isStoredByGroup(kind)) add(errors, validateStandardFinalizers(finalizers));
  return errors;
}

/** So are custom kinds and those of the aggregator, which anybody may hold back by any name. */
const isStoredByGroup = ({ group, storage }: AnyKind): boolean =>
  group !== "" && (storage?.prefix ?? "").startsWith(`/registry/${group}/`);

const standardFinalizers: ReadonlySet<string> = new Set([
  "kubernetes",
  "orphan",
  "foregroundDeletion",
]);

function* validateStandardFinalizers(finalizers: readonly string[]): Iterable<FieldError> {
  for (const [at, finalizer] of finalizers.entries()) {
    if (finalizer.includes("/") || standardFinalizers.has(finalizer)) continue;
    const why = "name is neither a standard finalizer name nor is it fully qualified";
    yield invalid(`metadata.finalizers[${at}]`, finalizer, why);
  }
}

export const notNegative = "must be greater than or equal to 0";

function validateNamespaceField(kind: AnyKind, namespace: string): readonly FieldError[] {
  const path = "metadata.namespace";
  if (kind.scope === "Cluster")
    return namespace === "" ? noErrors : [forbidden(path, "not allowed on this type")];
  if (namespace === "") return [required(path)];
  return invalidEach(path, namespace, namespaceName(namespace, false));
}

/** What is checked on every write. */
function validateSharedMeta(metadata: ObjectMeta): readonly FieldError[] {
  const { labels, annotations, ownerReferences, managedFields } = metadata;
  const errors: FieldError[] = [];
  if (labels) add(errors, validateLabels(labels, "metadata.labels"));
  if (annotations) add(errors, validateAnnotations(annotations, "metadata.annotations"));
  if (ownerReferences)
    add(errors, validateOwnerReferences(ownerReferences, "metadata.ownerReferences"));
  if (managedFields) add(errors, validateManagedFields(managedFields, "metadata.managedFields"));
  return errors;
}

export const immutableField = "field is immutable";

const immutableMeta = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/**
 * metadata of a changed object. The registry has filled in what clients may leave out (uid,
 * times, and the resourceVersion of kinds that do not demand one).
 */
export function validateObjectMetaUpdate(object: ApiObject, old: ApiObject): readonly FieldError[] {
  const { metadata } = object;
  const before = old.metadata;
  const errors: FieldError[] = [];
  if (before.deletionTimestamp) {
    add(errors, validateNoNewFinalizers(metadata.finalizers, before.finalizers));
  }
  if (!metadata.resourceVersion) {
    // exact: Go prints the unset number in hexadecimal.
    const message = "Invalid value: 0x0: must be specified for an update";
    errors.push({ path: "metadata.resourceVersion", reason: "FieldValueInvalid", message });
  }
  const { generation = 0 } = metadata;
  if (generation < (before.generation ?? 0)) {
    errors.push(invalid("metadata.generation", generation, "must not be decremented"));
  }
  for (const name of immutableMeta) {
    if (metadata[name] !== before[name]) {
      errors.push(invalid(`metadata.${name}`, metadata[name] ?? "", immutableField));
    }
  }
  add(errors, validateSharedMeta(metadata));
  return errors;
}

function* validateNoNewFinalizers(
  finalizers: readonly string[] = [],
  before: readonly string[] = [],
): Iterable<FieldError> {
  const added = finalizers.filter((finalizer) => !before.includes(finalizer)).toSorted();
  if (added.length === 0) return;
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(", ");
  yield forbidden(
    "metadata.finalizers",
    `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
  );
}

type StringMap = { readonly [key: string]: string };

export function validateLabels(labels: StringMap, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    add(errors, invalidEach(path, key, labelKey(key)));
    add(errors, invalidEach(path, labels[key], labelValue(labels[key] ?? "")));
  }
  return errors;
}

const annotationBytesMax = 256 * 1024;

export function validateAnnotations(annotations: StringMap, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key in annotations) {
    size += byteLength(key) + byteLength(annotations[key] ?? "");
    add(errors, invalidEach(path, key, labelKey(key.toLowerCase())));
  }
  if (size > annotationBytesMax) errors.push(tooLong(path, annotationBytesMax));
  return errors;
}

function* validateOwnerReferences(
  references: readonly OwnerReference[],
  path: string,
): Iterable<FieldError> {
  let firstController = "";
  for (const reference of references) {
    yield* validateOwnerReference(reference, path);
    if (reference.controller !== true) continue;
    const controller = `${reference.kind}/${reference.name}`;
    if (firstController === "") firstController = controller;
    else {
      yield invalid(
        path,
        references,
        `Only one reference can have Controller set to true. Found "true" in references for ${firstController} and ${controller}`,
      );
    }
  }
}

function* validateOwnerReference(owner: OwnerReference, path: string): Iterable<FieldError> {
  const { apiVersion, kind, name, uid } = owner;
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  if (version === "") {
    yield invalid(`${path}.apiVersion`, apiVersion, "version must not be empty");
  }
  if (kind === "") yield invalid(`${path}.kind`, kind, "must not be empty");
  if (name === "") yield invalid(`${path}.name`, name, "must not be empty");
  if (uid === "") yield invalid(`${path}.uid`, uid, "must not be empty");
  if (`${apiVersion}/${kind}` === "v1/Event") {
    yield invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner");
  }
}

function* validateFinalizers(finalizers: readonly string[], path: string): Iterable<FieldError> {
  for (const finalizer of finalizers) yield* invalidEach(path, finalizer, labelKey(finalizer));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    const conflict = "finalizer orphan and foregroundDeletion cannot be both set";
    yield invalid(path, finalizers, conflict);
  }
}

function validateManagedFields(
  entries: readonly ManagedFieldsEntry[],
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at] as ManagedFieldsEntry;
    const { operation = "", fieldsType = "", manager = "", subresource = "" } = entry;
    if (operation !== "Apply" && operation !== "Update") {
      errors.push(invalid(`${path}[${at}].operation`, operation, "must be `Apply` or `Update`"));
    }
    if (fieldsType !== "" && fieldsType !== "FieldsV1") {
      errors.push(invalid(`${path}[${at}].fieldsType`, fieldsType, "must be `FieldsV1`"));
    }
    if (!isFieldManager(manager))
      add(errors, validateFieldManager(manager, `${path}[${at}].manager`));
    if (byteLength(subresource) > 256) errors.push(tooLong(`${path}[${at}].subresource`, 256));
  }
  return errors;
}

const managerBytesMax = 128;
const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);
const isFieldManager = (manager: string): boolean =>
  manager.length <= managerBytesMax && isAscii(manager);

export function* validateFieldManager(manager: string, path: string): Iterable<FieldError> {
  if (byteLength(manager) > managerBytesMax) yield tooLong(path, managerBytesMax);
  if (isAscii(manager)) return;
  for (const { index, 0: char } of manager.matchAll(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu)) {
    const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    const at = byteLength(manager.slice(0, index));
    yield invalid(path, manager, `invalid character U+${code} (at position ${at})`);
  }
}
