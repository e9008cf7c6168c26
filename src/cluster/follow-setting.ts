/** A file that a flag of the API server names, and that is read again whenever it changes. */
import { followFile } from "./follow-file.ts";
import type { ServerSettings } from "./server-flags.ts";
import type { World } from "./world.ts";

export interface FollowedSetting {
  readonly name: keyof ServerSettings;
  readonly settings: ServerSettings;
  readonly world: Pick<World, "disk" | "log">;
  readonly signal: AbortSignal;
}

/** A file that is wrong, so that `take` throws, changes nothing, and is complained about. */
export function followSetting(
  { name, settings, world: { disk, log: allLog }, signal }: FollowedSetting,
  take: (text: string) => Promise<void>,
): void {
  const path = settings[name];
  if (typeof path !== "string") return;
  const log = allLog.with({ component: "apiserver" });
  let before = "";
  const reread = async (): Promise<void> => {
    const text = new TextDecoder().decode(await disk.read(path));
    if (text === before) return;
    before = text;
    await take(text);
    log.info(`--${name} is read again`, { path });
  };
  const complain = (cause: unknown): void =>
    log.error(`--${name} is wrong; all stays as it was`, { path, cause });
  followFile({ path, disk, signal, reread, complain });
}
