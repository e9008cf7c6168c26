/** How drivers, pools, devices and their attributes are named. */
import { validateCsiDriverName } from "#api/core/volume-source-rules.ts";
import { notLonger } from "#api/field-rules.ts";
import { dnsLabel, dnsSubdomain, invalidEach, regexProblem } from "#api/names.ts";
import { type FieldError, invalid, required } from "#schema/field-error.ts";

/** Drivers of devices are named like those of storage. */
export const validDriverName = (name: string, at: string): Iterable<FieldError> =>
  validateCsiDriverName(name, at);

export const validLabel = (name: string, at: string): Iterable<FieldError> =>
  invalidEach(at, name, dnsLabel(name));

const poolNameMax = 253;

/** Subdomains, separated by slashes. */
export function* validPoolName(name: string, at: string): Iterable<FieldError> {
  if (name === "") {
    yield required(at);
    return;
  }
  yield* notLonger(at, name, poolNameMax);
  for (const part of name.split("/")) yield* invalidEach(at, part, dnsSubdomain(part));
}

export function* validClassName(name: string, at: string): Iterable<FieldError> {
  if (name === "") yield required(at);
  else yield* invalidEach(at, name, dnsSubdomain(name));
}

const hexadecimal = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function* validUid(uid: string, at: string): Iterable<FieldError> {
  if (uid.length !== 36) {
    yield invalid(at, uid, `error validating uid: invalid UUID length: ${uid.length}`);
  } else if (!hexadecimal.test(uid)) {
    yield invalid(at, uid, "error validating uid: invalid UUID format");
  } else if (uid !== uid.toLowerCase()) {
    yield invalid(
      at,
      uid,
      "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters",
    );
  }
}

/** `model`, or `example.com/model`. */
export function* validQualifiedName(name: string, at: string): Iterable<FieldError> {
  const parts = name.split("/");
  const [first = "", second = ""] = parts;
  // exact: upstream looks at no name of more parts.
  if (parts.length === 1) yield* validIdentifier(first, at);
  if (parts.length !== 2) return;
  if (first === "") yield invalid(at, "", "the domain must not be empty");
  else yield* validDriverName(first, at);
  if (second === "") yield invalid(at, "", "the name must not be empty");
  else yield* validIdentifier(second, at);
}

export function* validFullyQualifiedName(name: string, at: string): Iterable<FieldError> {
  yield* validQualifiedName(name, at);
  if (name.includes("/")) return;
  yield invalid(
    at,
    name,
    "a fully qualified name must be a domain and a name separated by a slash",
  );
}

const identifierMax = 32;
const identifierFormat = "[A-Za-z_][A-Za-z0-9_]*";
const identifier = new RegExp(`^${identifierFormat}$`);
const identifierProblem = regexProblem(
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  identifierFormat,
  ["my_name", "MY_NAME", "MyName"],
);

function* validIdentifier(name: string, at: string): Iterable<FieldError> {
  yield* notLonger(at, name, identifierMax);
  if (!identifier.test(name)) yield invalid(at, name, identifierProblem);
}
