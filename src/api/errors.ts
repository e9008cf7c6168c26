/**
 * Every failure the API can report. `reason` is the contract: clients branch on it,
 * so adding one is an API change. The HTTP code follows from the reason, never the reverse.
 * upstream: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go
 */
import { aggregateText, type FieldError } from "#schema/field-error.ts";
import { type AnyKind, groupResource } from "./kind.ts";
import type { ListMeta } from "./meta/list-meta.ts";
import type { Status, StatusCause, StatusDetails } from "./meta/status.ts";

const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type Reason = keyof typeof codes;

interface ApiErrorOptions extends ErrorOptions {
  readonly details?: StatusDetails;
  /** Where the reason alone does not settle it. */
  readonly code?: number;
  /** How to go on with a list whose continue token expired. */
  readonly listMeta?: ListMeta;
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly reason: Reason;
  readonly code: number;
  readonly details: StatusDetails | undefined;
  readonly listMeta: ListMeta | undefined;

  constructor(reason: Reason, message: string, options: ApiErrorOptions = {}) {
    super(message, options);
    this.reason = reason;
    this.code = options.code ?? codes[reason];
    this.details = options.details;
    this.listMeta = options.listMeta;
  }
}

export const isReason = (error: unknown, reason: Reason): error is ApiError =>
  error instanceof ApiError && error.reason === reason;

/** The Status object that goes to the client. */
export const statusOf = ({ reason, message, code, details, listMeta }: ApiError): Status => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: listMeta ?? {},
  status: "Failure",
  message,
  // Webhooks may refuse without one.
  ...(reason ? { reason } : {}),
  ...(details ? { details } : {}),
  code,
});

/** The error that a Status describes; reasons unknown to us become InternalError. */
export function errorOf(status: Partial<Status>): ApiError {
  const reason = (status.reason ?? "") in codes ? (status.reason as Reason) : "InternalError";
  return new ApiError(reason, status.message ?? "unknown error", {
    ...(status.code ? { code: status.code } : {}),
    ...(status.details ? { details: status.details } : {}),
    ...(status.metadata?.continue ? { listMeta: status.metadata } : {}),
  });
}

const detailsOf = (kind: AnyKind, name: string): StatusDetails => ({
  name,
  ...(kind.group === "" ? {} : { group: kind.group }),
  kind: kind.plural,
});

export const notFound = (kind: AnyKind, name: string): ApiError =>
  new ApiError("NotFound", `${groupResource(kind)} ${JSON.stringify(name)} not found`, {
    details: detailsOf(kind, name),
  });

export const alreadyExists = (kind: AnyKind, name: string): ApiError =>
  new ApiError("AlreadyExists", `${groupResource(kind)} ${JSON.stringify(name)} already exists`, {
    details: detailsOf(kind, name),
  });

export const conflict = (kind: AnyKind, name: string, why: string = modified): ApiError =>
  new ApiError(
    "Conflict",
    `Operation cannot be fulfilled on ${groupResource(kind)} ${JSON.stringify(name)}: ${why}`,
    { details: detailsOf(kind, name) },
  );

// exact: apiserver
const modified =
  "the object has been modified; please apply your changes to the latest version and try again";

/** Validation failed: every cause is listed. upstream: errors.go#NewInvalid */
export function invalidObject(
  kind: AnyKind,
  name: string,
  errors: readonly FieldError[],
): ApiError {
  const list = aggregateText(errors);
  const causes: StatusCause[] = errors.map(({ path, reason, message }) => ({
    reason,
    message,
    field: path,
  }));
  const subject = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  return new ApiError("Invalid", `${subject} ${JSON.stringify(name)} is invalid: ${list}`, {
    details: {
      name,
      ...(kind.group === "" ? {} : { group: kind.group }),
      kind: kind.kind,
      causes,
    },
  });
}

export const badRequest = (message: string): ApiError => new ApiError("BadRequest", message);
