/** Answers that several parts of the server give. */
import type { ApiError } from "#api/errors.ts";
import { statusOf } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { Status } from "#api/meta/status.ts";
import type { ApiResponse, Sealed } from "#api/request.ts";
import type { HttpHeaders } from "#base/http.ts";
import type { Served } from "./kinds.ts";
import { ComputedObject } from "./sealed.ts";

/** A Status is no object with a name, but travels like one. */
export const sealStatus = (status: Status): Sealed =>
  new ComputedObject(Status, status as unknown as ApiObject);

export function failure(error: ApiError): ApiResponse {
  const seconds = error.details?.retryAfterSeconds;
  return {
    status: error.code,
    ...(seconds ? { headers: { "retry-after": String(seconds) } } : {}),
    body: { is: "object", kind: undefined, sealed: sealStatus(statusOf(error)) },
  };
}

/** An object of the store; in which version the client sees it is settled later. */
export const objectAnswer = (status: number, { stored }: Served, sealed: Sealed): ApiResponse => ({
  status,
  body: { is: "object", kind: stored, sealed },
});

export function success(kind: AnyKind, { metadata }: ApiObject): ApiResponse {
  const status: Status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      ...(metadata.name ? { name: metadata.name } : {}),
      ...(kind.group === "" ? {} : { group: kind.group }),
      kind: kind.plural,
      ...(metadata.uid ? { uid: metadata.uid } : {}),
    },
  };
  return { status: 200, body: { is: "object", kind: undefined, sealed: sealStatus(status) } };
}

export const jsonAnswer = (value: unknown, headers: HttpHeaders = {}): ApiResponse =>
  bytesAnswer(Buffer.from(`${JSON.stringify(value)}\n`), "application/json", headers);

export const textAnswer = (text: string, status = 200): ApiResponse => ({
  ...bytesAnswer(Buffer.from(text), "text/plain; charset=utf-8"),
  status,
});

/** As Go answers with an error that is no Status. exact: net/http#Error */
export const plainError = (text: string, status: number): ApiResponse => ({
  ...textAnswer(text, status),
  headers: { "x-content-type-options": "nosniff" },
});

export const bytesAnswer = (
  bytes: Uint8Array,
  contentType: string,
  headers: HttpHeaders = {},
): ApiResponse => ({ status: 200, headers, body: { is: "bytes", contentType, bytes } });
