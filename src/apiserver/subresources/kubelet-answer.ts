/**
 * What a kubelet refused, in the form of the API.
 * upstream: staging/src/k8s.io/apiserver/pkg/registry/generic/rest/response_checker.go
 */
import { ApiError, badRequest } from "#api/errors.ts";
import type { HttpAnswer } from "#base/http.ts";
import type { RequestInfo } from "../context.ts";

/** More of an error's text than anybody reads. */
const textBytesMax = 4_000;

export async function refusalOf(
  { status, body }: HttpAnswer,
  { resource, subresource, name, verb }: RequestInfo,
): Promise<ApiError> {
  const text = (await textOf(body)).trim();
  const what = `${verb} ${resource}/${subresource} ${name}`;
  // exact: apiserver
  switch (status) {
    case 400:
      return badRequest(text);
    case 401:
      return new ApiError("InternalError", `the kubelet does not know this server: ${text}`);
    case 403:
      return new ApiError("Forbidden", text, { details: { name, kind: resource } });
    case 404:
      return new ApiError(
        "NotFound",
        `the server could not find the requested resource (${what})`,
        {
          details: { name, kind: resource },
        },
      );
    case 500:
      return new ApiError("InternalError", `Internal error occurred: ${text}`);
    case 503:
      return new ApiError(
        "ServiceUnavailable",
        "the server is currently unable to handle the request",
      );
    default:
      return new ApiError(
        "InternalError",
        `the server responded with the status code ${status} but did not return more information (${what})`,
        { code: status },
      );
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > textBytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, textBytesMax).toString();
}

/** The node cannot be reached. */
export function unreachable(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  const why = cause instanceof Error ? cause.message : "unknown";
  return new ApiError("InternalError", `Internal error occurred: error dialing backend: ${why}`, {
    cause,
  });
}
