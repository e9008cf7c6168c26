/** A file that a flag of the API server names, and that is read again whenever it changes. */
import { hostname } from "node:os";
import type { Clock } from "#base/clock.ts";
import { sha256Hex } from "#base/hash.ts";
import type { Metrics } from "#base/metrics.ts";
import { followFile } from "./follow-file.ts";
import type { ServerSettings } from "./server-flags.ts";
import type { World } from "./world.ts";

export interface FollowedSetting {
  readonly name: keyof ServerSettings;
  readonly settings: ServerSettings;
  readonly world: Pick<World, "clock" | "log"> & {
    readonly disk: Pick<World["disk"], "observe" | "read">;
  };
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

/** A file that is wrong, so that `take` throws, changes nothing, and is complained about. */
export function followSetting(
  { name, settings, world: { clock, disk, log: allLog }, metrics, signal }: FollowedSetting,
  take: (text: string) => Promise<void>,
): void {
  const path = settings[name];
  if (typeof path !== "string") return;
  const log = allLog.with({ component: "apiserver" });
  const count = reloadCounter(metrics, { name, clock });
  let before = "";
  const reread = async (): Promise<void> => {
    const text = new TextDecoder().decode(await disk.read(path));
    if (text === before) return;
    before = text;
    await take(text);
    count("success");
    log.info(`--${name} is read again`, { path });
  };
  const complain = (cause: unknown): void => {
    count("failure");
    log.error(`--${name} is wrong; all stays as it was`, { path, cause });
  };
  followFile({ path, disk, signal, reread, complain });
}

/** Which API server it is, for metrics. */
export const serverIdHash = (): string => `sha256:${sha256Hex(`apiserver-${hostname()}`)}`;

/** `authorization-config` is counted as upstream's controller of that name does it. upstream: apiserver/pkg/server/options */
function reloadCounter(
  metrics: Metrics,
  { name, clock }: { readonly name: string; readonly clock: Clock },
): (status: "success" | "failure") => void {
  const prefix = `apiserver_${name.replace("-", "_")}_controller_automatic_reload`;
  const labels = ["apiserver_id_hash", "status"];
  const total = metrics.counter(
    `${prefix}s_total`,
    "Total number of automatic reloads of the configuration split by status and apiserver identity.",
    labels,
  );
  const last = metrics.gauge(
    `${prefix}_last_timestamp_seconds`,
    "Timestamp of the last automatic reload of the configuration split by status and apiserver identity.",
    labels,
  );
  const id = serverIdHash();
  return (status) => {
    total.with(id, status).inc();
    last.with(id, status).set(clock.now() / 1_000);
  };
}
