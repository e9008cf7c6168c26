/**
 * What is wrong with one field, in the words and reasons that Kubernetes clients expect.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go
 */
import {
  duplicateMessage,
  forbiddenMessage,
  invalidMessage,
  notFoundMessage,
  requiredMessage,
  unsupportedMessage,
} from "#base/field-message.ts";

export type FieldErrorReason =
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueNotFound"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "InternalError";

export interface FieldError {
  /** As in `spec.containers[0].image`. */
  readonly path: string;
  readonly reason: FieldErrorReason;
  /** Without the path: `Invalid value: 0: must be greater than zero`. */
  readonly message: string;
}

export const required = (path: string, detail = ""): FieldError => ({
  path,
  reason: "FieldValueRequired",
  message: requiredMessage(detail),
});

export const duplicate = (path: string, value: unknown): FieldError => ({
  path,
  reason: "FieldValueDuplicate",
  message: duplicateMessage(value),
});

export const invalid = (path: string, value: unknown, detail: string): FieldError => ({
  path,
  reason: "FieldValueInvalid",
  message: invalidMessage(value, detail),
});

/** As `invalid`, where no single value is to blame. */
export const invalidTogether = (path: string, detail: string): FieldError => ({
  path,
  reason: "FieldValueInvalid",
  message: `Invalid value: ${detail}`,
});

export const typeInvalid = (path: string, value: unknown, detail: string): FieldError => ({
  path,
  reason: "FieldValueTypeInvalid",
  message: invalidMessage(value, detail),
});

/** The value is not one of `valid`, which are listed in sorted order. */
export const notSupported = (path: string, value: unknown, valid: readonly string[]): FieldError =>
  notListed(path, value, valid.toSorted());

/** As `notSupported`, where upstream lists what is valid in an order of its own. */
export const notListed = (path: string, value: unknown, valid: readonly string[]): FieldError => ({
  path,
  reason: "FieldValueNotSupported",
  message: unsupportedMessage(value, valid),
});

export const forbidden = (path: string, detail: string): FieldError => ({
  path,
  reason: "FieldValueForbidden",
  message: forbiddenMessage(detail),
});

export const notFound = (path: string, value: unknown): FieldError => ({
  path,
  reason: "FieldValueNotFound",
  message: notFoundMessage(value),
});

export const tooLong = (path: string, maxLength: number): FieldError => ({
  path,
  reason: "FieldValueTooLong",
  message: `Too long: may not be more than ${maxLength} bytes`,
});

export const tooMany = (path: string, count: number, maxCount: number): FieldError => ({
  path,
  reason: "FieldValueTooMany",
  message: `Too many: ${count}: must have at most ${maxCount} items`,
});

export const internal = (path: string, detail: string): FieldError => ({
  path,
  reason: "InternalError",
  message: `Internal error: ${detail}`,
});

/** `path` and `name` joined as in `spec.replicas`; an empty path is the object itself. */
export const child = (path: string, name: string): string =>
  path === "" ? name : `${path}.${name}`;

export const index = (path: string, at: number): string => `${path}[${at}]`;

export const key = (path: string, name: string): string => `${path}[${name}]`;

/** Several as one text; what is said twice stands there once. exact: apimachinery */
export function aggregateText(errors: readonly FieldError[]): string {
  const all = errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  const lines = [...new Set(all)];
  return lines.length === 1 ? (lines[0] ?? "") : `[${lines.join(", ")}]`;
}

/** How upstream prints the path of the object itself. exact: apimachinery */
export const wholeObject = "[]";
