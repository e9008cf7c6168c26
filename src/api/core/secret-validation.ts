/** Rules for Secrets. upstream: pkg/apis/core/validation/validation.go#ValidateSecret */
import { configMapKey, immutableField, invalidEach } from "#api/names.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { type FieldError, invalid, required, tooLong } from "#schema/field-error.ts";
import { dataBytesMax, validateConfigMapUpdate } from "./configmap-validation.ts";
import { base64Length, textOfData } from "./secret-data.ts";
import { tokenAccountName } from "./token-secret.ts";

type Data = { readonly [key: string]: string };

interface SecretParts {
  readonly metadata: ObjectMeta;
  readonly type?: string | undefined;
  readonly data?: Data | undefined;
  readonly immutable?: boolean | undefined;
}

export function* validateSecret(secret: SecretParts): Iterable<FieldError> {
  const { data = {}, type = "" } = secret;
  let size = 0;
  for (const key in data) {
    const problems = configMapKey(key);
    if (problems.length > 0) yield* invalidEach(`data[${key}]`, key, problems);
    size += base64Length(data[key] ?? "");
  }
  if (size > dataBytesMax) yield tooLong("data", dataBytesMax);
  yield* typeRules[type]?.(data, secret.metadata) ?? [];
}

type Rule = (data: Data, metadata: ObjectMeta) => Iterable<FieldError>;

/** What a type of Secret must have. */
const typeRules: { readonly [type: string]: Rule } = {
  *"kubernetes.io/service-account-token"(_data, { annotations }) {
    if (!annotations?.[tokenAccountName])
      yield required(`metadata.annotations[${tokenAccountName}]`);
  },
  "kubernetes.io/dockercfg": (data) => validateJson(data, ".dockercfg"),
  "kubernetes.io/dockerconfigjson": (data) => validateJson(data, ".dockerconfigjson"),
  *"kubernetes.io/basic-auth"(data) {
    if (data["username"] !== undefined || data["password"] !== undefined) return;
    yield required("data[username]");
    yield required("data[password]");
  },
  *"kubernetes.io/ssh-auth"(data) {
    if (!data["ssh-privatekey"]) yield required("data[ssh-privatekey]");
  },
  *"kubernetes.io/tls"(data) {
    for (const key of ["tls.crt", "tls.key"]) {
      if (data[key] === undefined) yield required(`data[${key}]`);
    }
  },
};

/** differs: the parser's words are those of JavaScript. */
function* validateJson(data: Data, key: string): Iterable<FieldError> {
  const content = data[key];
  if (content === undefined) {
    yield required(`data[${key}]`);
    return;
  }
  const problem = jsonProblem(textOfData(content));
  if (problem) yield invalid(`data[${key}]`, "<secret contents redacted>", problem);
}

function jsonProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && !Array.isArray(value);
    return isObject
      ? undefined
      : "json: cannot unmarshal into Go value of type map[string]interface {}";
  } catch {
    // What the parser says could repeat a part of the secret.
    return text === "" ? "unexpected end of JSON input" : "invalid character in JSON input";
  }
}

export function* validateSecretUpdate(secret: SecretParts, old: SecretParts): Iterable<FieldError> {
  if (secret.type !== old.type) yield invalid("type", secret.type ?? "", immutableField);
  yield* validateConfigMapUpdate(secret, old);
}
