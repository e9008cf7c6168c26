import { byteLength, dnsLabel, dnsSubdomain, type NameRule } from "#api/names.ts";
import { type FieldError, invalid, required, tooLong } from "#schema/field-error.ts";

const domainMax = 253;
/** A domain, and the name of a namespaced object after it. */
const signerNameMax = domainMax + 1 + 63 + 1 + 253;

/** `example.com/signer-name`. upstream: pkg/apis/core/validation/validation.go#ValidateSignerName */
export function* validSignerName(path: string, name: string): Iterable<FieldError> {
  if (name === "") {
    yield required(path);
    return;
  }
  const [domain = "", rest = "", ...more] = name.split("/");
  if (!name.includes("/") || more.length > 0) {
    yield invalid(
      path,
      name,
      "must be a fully qualified domain and path of the form 'example.com/signer-name'",
    );
    return;
  }
  if (byteLength(domain) > domainMax) yield tooLong(path, domainMax);
  yield* firstBadLabel(path, domain, dnsLabel);
  if (!domain.includes(".")) {
    yield invalid(path, domain, "should be a domain with at least two segments separated by dots");
  }
  yield* firstBadLabel(path, rest, dnsSubdomain);
  if (byteLength(name) > signerNameMax) yield tooLong(path, signerNameMax);
}

function* firstBadLabel(path: string, text: string, rule: NameRule): Iterable<FieldError> {
  const bad = text.split(".").find((label) => rule(label).length > 0);
  if (bad === undefined) return;
  for (const problem of rule(bad)) {
    yield invalid(path, text, `validating label ${JSON.stringify(bad)}: ${problem}`);
  }
}
