/**
 * Tells the auditor of a request: that it came, that a long answer began, how it ended.
 * upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/audit.go
 */
import { ApiError } from "#api/errors.ts";
import type { ApiRequest, ApiResponse } from "#api/request.ts";
import type { Log } from "#base/log.ts";
import type { Soon } from "#base/soon.ts";
import type { AuditRecord, Auditor } from "../audit/record.ts";
import type { Context, Stage } from "../context.ts";
import { isLongRunning } from "./limit.ts";
import { answerFailure } from "./recover.ts";

export interface Auditing {
  readonly auditor: Auditor;
  readonly log: Log;
}

export const audit =
  ({ auditor, log }: Auditing): Stage =>
  async (context, next) => {
    const record = auditor.begin(context);
    if (!record) return next(context);
    auditor.note(record, "RequestReceived");
    const request = watched(context.request, () => started(auditor, record, upgraded));
    const audited: Context = { ...context, request, audit: record };
    return identified(record, await answerOf({ auditor, log }, record, () => next(audited)));
  };

/** Who could not be told from anybody else is in the log too. */
export const auditRefusals =
  ({ auditor, log }: Auditing, authenticate: Stage): Stage =>
  async (context, next) => {
    let isKnown = false;
    try {
      return await authenticate(context, (known) => {
        isKnown = true;
        return next(known);
      });
    } catch (cause) {
      const record = isKnown ? undefined : auditor.begin(context);
      if (!record) throw cause;
      record.response = answerFailure(log, cause, context.info.path);
      auditor.note(record, "ResponseStarted");
      return identified(record, record.response);
    }
  };

async function answerOf(
  { auditor, log }: Auditing,
  record: AuditRecord,
  work: () => Soon<ApiResponse>,
): Promise<ApiResponse> {
  try {
    const response = await work();
    if (!isLongRunning(record.context)) return completed(auditor, record, response);
    return followed(auditor, record, response);
  } catch (cause) {
    const response = answerFailure(log, cause, record.context.info.path);
    if (cause instanceof ApiError) return completed(auditor, record, response);
    record.panic = cause;
    auditor.note(record, "Panic");
    return response;
  }
}

function completed(auditor: Auditor, record: AuditRecord, response: ApiResponse): ApiResponse {
  record.response = response;
  auditor.note(record, "ResponseComplete");
  return response;
}

const upgraded: ApiResponse = { status: 101, body: { is: "upgraded" } };

function started(auditor: Auditor, record: AuditRecord, response: ApiResponse): void {
  record.response = response;
  auditor.note(record, "ResponseStarted");
}

/** A long answer is complete when its last part was read, or nobody reads on. */
function followed(auditor: Auditor, record: AuditRecord, response: ApiResponse): ApiResponse {
  const { body } = response;
  if (body.is === "upgraded") return completed(auditor, record, response);
  started(auditor, record, response);
  const end = (): void => void completed(auditor, record, response);
  if (body.is === "watch")
    return { ...response, body: { ...body, events: ending(body.events, end) } };
  if (body.is === "stream")
    return { ...response, body: { ...body, chunks: ending(body.chunks, end) } };
  end();
  return response;
}

function ending<T>(source: AsyncIterable<T>, ended: () => void): AsyncIterable<T> {
  const parts = source[Symbol.asyncIterator]();
  let isOpen = true;
  const close = (): void => {
    if (isOpen) ended();
    isOpen = false;
  };
  const iterator: AsyncIterator<T, undefined> = {
    async next() {
      try {
        const part = await parts.next();
        if (!part.done) return part;
      } catch (cause) {
        close();
        throw cause;
      }
      close();
      return { done: true, value: undefined };
    },
    async return() {
      close();
      await parts.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** The same request, of which it is told when it leaves HTTP. */
function watched(request: ApiRequest, accepted: () => void): ApiRequest {
  const { upgrade } = request;
  if (!upgrade) return request;
  const { method, path, query, headers, body, caller, signal } = request;
  const accept: typeof upgrade.accept = (answered) => {
    accepted();
    return upgrade.accept(answered);
  };
  return { method, path, query, headers, body, caller, signal, upgrade: { accept } };
}

const identified = ({ id }: AuditRecord, response: ApiResponse): ApiResponse => ({
  ...response,
  headers: { ...response.headers, "audit-id": id },
});
