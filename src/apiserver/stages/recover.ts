/** Every failure becomes an answer: what the caller did wrong as it is, a bug of ours as a 500. */
import { ApiError } from "#api/errors.ts";
import type { ApiResponse } from "#api/request.ts";
import { messageOf } from "#base/failure.ts";
import type { Log } from "#base/log.ts";
import { finish } from "#base/soon.ts";
import type { Stage } from "../context.ts";
import { failure } from "../responses.ts";

export const recover =
  (log: Log): Stage =>
  (context, next) =>
    finish(
      () => next(context),
      answered,
      (cause) => answerFailure(log, cause, context.info.path),
    );

const answered = (response: ApiResponse): ApiResponse => response;

export function answerFailure(log: Log, cause: unknown, path: string): ApiResponse {
  if (cause instanceof ApiError) return failure(cause);
  log.error("a request failed for no reason of its own", { path, cause });
  const message = messageOf(cause);
  // exact: apiserver
  return failure(new ApiError("InternalError", `Internal error occurred: ${message}`, { cause }));
}
