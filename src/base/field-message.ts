/**
 * What is wrong with one field, in the words that Kubernetes' users know, without the field's path.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go
 */

/** How Go's field errors print a value: strings quoted, the rest as JSON. */
const show = (value: unknown): string => JSON.stringify(value) ?? "null";

const withDetail = (text: string, detail: string): string =>
  detail === "" ? text : `${text}: ${detail}`;

export const requiredMessage = (detail: string): string => withDetail("Required value", detail);

export const duplicateMessage = (value: unknown): string => `Duplicate value: ${show(value)}`;

export const notFoundMessage = (value: unknown): string => `Not found: ${show(value)}`;

export const invalidMessage = (value: unknown, detail: string): string =>
  withDetail(`Invalid value: ${show(value)}`, detail);

/** `valid` is listed as it is given. */
export const unsupportedMessage = (value: unknown, valid: readonly string[]): string =>
  withDetail(
    `Unsupported value: ${show(value)}`,
    valid.length === 0 ? "" : `supported values: ${valid.map(show).join(", ")}`,
  );

export const forbiddenMessage = (detail: string): string => withDetail("Forbidden", detail);
