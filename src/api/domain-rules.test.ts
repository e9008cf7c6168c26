import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { FieldError } from "#schema/field-error.ts";
import { fullyQualifiedDomainName, fullyQualifiedName } from "./domain-rules.ts";

const messages = (errors: Iterable<FieldError>) => [...errors].map(({ message }) => message);

test("a fully qualified domain name has two parts at least", () => {
  deepEqual(messages(fullyQualifiedDomainName("a", "example.com.")), []);
  deepEqual(messages(fullyQualifiedDomainName("a", "")), ["Required value"]);
  deepEqual(messages(fullyQualifiedDomainName("a", "example")), [
    'Invalid value: "example": should be a domain with at least two segments separated by dots',
  ]);
  deepEqual(messages(fullyQualifiedDomainName("a", `${"x".repeat(64)}.com`)), [
    `Invalid value: "${"x".repeat(64)}": must be no more than 63 bytes`,
  ]);
});

test("a fully qualified name has three parts at least", () => {
  deepEqual(messages(fullyQualifiedName("a", "pods.example.com")), []);
  deepEqual(messages(fullyQualifiedName("a", "")), ["Required value"]);
  deepEqual(messages(fullyQualifiedName("a", "example.com")), [
    'Invalid value: "example.com": should be a domain with at least three segments separated by dots',
  ]);
});
