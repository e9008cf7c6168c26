/**
 * How fully qualified domain names must look.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go
 */
import { type FieldError, invalid, required } from "#schema/field-error.ts";
import { dnsLabel, dnsSubdomain } from "./names.ts";

/** `example.com`, or `example.com.`: of two parts at least. */
export function* fullyQualifiedDomainName(path: string, text: string): Iterable<FieldError> {
  if (text === "") {
    yield required(path);
    return;
  }
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  const problems = dnsSubdomain(name);
  if (problems.length > 0) {
    yield invalid(path, name, problems.join(","));
    return;
  }
  const labels = name.split(".");
  if (labels.length < 2) {
    yield invalid(path, name, "should be a domain with at least two segments separated by dots");
    return;
  }
  for (const label of labels) {
    const wrong = dnsLabel(label);
    if (wrong.length > 0) yield invalid(path, label, wrong.join(","));
  }
}

/** `pods.policy.example.com`: of three parts at least. */
export function* fullyQualifiedName(path: string, name: string): Iterable<FieldError> {
  if (name === "") {
    yield required(path);
    return;
  }
  const problems = dnsSubdomain(name);
  if (problems.length > 0) yield invalid(path, name, problems.join(","));
  else if (name.split(".").length < 3) {
    yield invalid(path, name, "should be a domain with at least three segments separated by dots");
  }
}
