/**
 * What becomes of a request when a webhook refuses it, or fails.
 * upstream: apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go
 */
import { ApiError, type Reason } from "#api/errors.ts";
import type { Status } from "#api/meta/status.ts";
import type { Clock } from "#base/clock.ts";
import type { Hook } from "./hooks.ts";
import type { HookType, WebhookMetrics } from "./metrics.ts";
import type { Subject } from "../matching/subject.ts";

/** The webhook could not be asked, or answered what cannot be believed. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
  readonly code: number;

  // exact: apiserver
  constructor(hook: Hook, why: string, options: ErrorOptions & { readonly code?: number } = {}) {
    super(`failed calling webhook ${JSON.stringify(hook.name)}: ${why}`, options);
    this.code = options.code ?? 503;
  }
}

/** The webhook says no. */
export class Denied extends Error {
  override readonly name = "Denied";
  readonly refusal: ApiError;

  constructor(hook: Hook, status: Partial<Status> | undefined) {
    const refusal = refusalOf(hook, status ?? {});
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** exact: apiserver */
function refusalOf(hook: Hook, status: Partial<Status>): ApiError {
  const { code = 0, message = "", reason = "", details, metadata } = status;
  const denied = `admission webhook ${JSON.stringify(hook.name)} denied the request`;
  const why = message || reason;
  const text = why === "" ? `${denied} without explanation` : `${denied}: ${why}`;
  // The webhook's own reasons are passed on as they are.
  return new ApiError(reason as Reason, text, {
    code: Math.max(code, 400),
    ...(details ? { details } : {}),
    ...(metadata?.continue ? { listMeta: metadata } : {}),
  });
}

/** exact: apiserver */
export const internalError = (cause: Error): ApiError =>
  new ApiError("InternalError", `Internal error occurred: ${cause.message}`, {
    cause,
    details: { causes: [{ message: cause.message }] },
  });

const tooLate = (): ApiError =>
  // exact: apiserver
  new ApiError("Timeout", "Timeout: request did not complete within requested timeout");

export interface Asking {
  readonly hook: Hook;
  readonly subject: Subject;
  readonly type: HookType;
  readonly clock: Clock;
  readonly metrics: WebhookMetrics;
  /** Called when a failure is ignored. */
  readonly onFailOpen: () => void;
}

/** Undefined when the webhook failed and its failure policy ignores that. Throws ApiError. */
export async function underPolicy<T>(
  asking: Asking,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const { hook, subject, type, clock, metrics } = asking;
  const call = { name: hook.name, type, operation: subject.request.operation };
  const started = clock.monotonic();
  const called = (isRejected: boolean, code: number): void => {
    const seconds = (clock.monotonic() - started) / 1_000;
    metrics.called(call, { seconds, isRejected, code });
  };
  try {
    const result = await work();
    called(false, 200);
    return result;
  } catch (cause) {
    if (cause instanceof CallFailed && hook.isLenient) {
      called(false, cause.code);
      return failOpen(asking);
    }
    const { error, why, code } = refusedBecause(cause as Error);
    called(true, code);
    metrics.rejected(call, why, code);
    throw error;
  }
}

function failOpen({ hook, subject, type, metrics, onFailOpen }: Asking): undefined {
  metrics.failedOpen({ name: hook.name, type, operation: subject.request.operation });
  onFailOpen();
  // Nobody waits any more: no need to go on.
  if (subject.request.waiting?.signal.aborted) throw tooLate();
  return undefined;
}

function refusedBecause(cause: Error) {
  if (cause instanceof Denied) {
    return { error: cause.refusal, why: "no_error", code: cause.refusal.code } as const;
  }
  if (cause instanceof CallFailed) {
    const { code } = cause;
    return { error: internalError(cause), why: "calling_webhook_error", code } as const;
  }
  return { error: cause, why: "apiserver_internal_error", code: 0 } as const;
}
