/** What is remembered of one request that the policy wants kept, until its events are written. */
import type { ApiResponse } from "#api/request.ts";
import type { Impersonated } from "../authz/impersonation.ts";
import type { Context } from "../context.ts";
import type { AuditStage, Level, Rule } from "./policy.ts";

export interface AuditRecord {
  readonly id: string;
  readonly rule: Rule;
  readonly context: Context;
  readonly receivedMs: number;
  /** Whom the caller acts as. */
  impersonated?: Impersonated;
  response?: ApiResponse;
  /** Why there is no answer: something is broken. */
  panic?: unknown;
}

/** One event that is to be written. What it says is put together later, off the request's path. */
export interface Notice {
  readonly record: AuditRecord;
  readonly stage: AuditStage;
  readonly atMs: number;
}

/** How the request stage and the others tell the auditor. */
export interface Auditor {
  /** Undefined where nothing is to be kept. */
  readonly begin: (context: Context) => AuditRecord | undefined;
  readonly note: (record: AuditRecord, stage: AuditStage) => void;
}

export const isAtLeast = (level: Level, wanted: "Request" | "RequestResponse"): boolean =>
  level === "RequestResponse" || level === wanted;
