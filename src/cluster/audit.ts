/** The audit log of a real cluster: on, bounded, in the cluster's folder unless it is to be elsewhere. */
import { type AuditBackend, createAuditor } from "#apiserver/audit/auditor.ts";
import { logBackend } from "#apiserver/audit/backends/log.ts";
import { webhookBackend } from "#apiserver/audit/backends/webhook.ts";
import { defaultPolicy } from "#apiserver/audit/default-policy.ts";
import type { Auditor } from "#apiserver/audit/record.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Places } from "./places.ts";
import type { ServerFiles, ServerSettings } from "./server-flags.ts";
import { webhookPost } from "./webhook-post.ts";
import type { World } from "./world.ts";

export interface AuditLogOptions {
  readonly settings: ServerSettings;
  readonly files: ServerFiles;
  readonly places: Places;
  readonly world: World;
  readonly metrics: Metrics;
}

export async function openAuditLog(options: AuditLogOptions): Promise<Auditor & AsyncDisposable> {
  const { settings, files, places, world, metrics } = options;
  const log = world.log.with({ component: "audit" });
  const ports = { ...world, log, metrics };
  const backends: AuditBackend[] = [
    logBackend({
      ...ports,
      path: settings["audit-log-path"] ?? places.audit,
      sizeMegabytesMax: settings["audit-log-maxsize"] ?? 20,
      ageDaysMax: settings["audit-log-maxage"] ?? 30,
      backupsMax: settings["audit-log-maxbackup"] ?? 4,
    }),
  ];
  const webhook = settings["audit-webhook-config-file"];
  if (webhook !== undefined)
    backends.push(webhookBackend({ ...ports, post: await webhookPost(webhook, world) }));
  return createAuditor({ ...ports, policy: files.auditPolicy ?? defaultPolicy(), backends });
}
