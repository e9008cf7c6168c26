/** A file of the API server's that is read again whenever it changes. */
import type { ServerSettings } from "./server-flags.ts";
import type { World } from "./world.ts";

export interface Followed {
  readonly name: keyof ServerSettings;
  readonly settings: ServerSettings;
  readonly world: Pick<World, "disk" | "log">;
  readonly signal: AbortSignal;
}

/** A file that is wrong, so that `take` throws, changes nothing, and is complained about. */
export function followFile(
  { name, settings, world, signal }: Followed,
  take: (text: string) => Promise<void>,
): void {
  const path = settings[name];
  if (typeof path !== "string") return;
  const log = world.log.with({ component: "apiserver" });
  let before = "";
  const reread = async (): Promise<void> => {
    const text = new TextDecoder().decode(await world.disk.read(path));
    if (text === before) return;
    before = text;
    await take(text);
    log.info(`--${name} is read again`, { path });
  };
  const watch = world.disk.observe(path, () => {
    reread().catch((cause: unknown) => {
      log.error(`--${name} is wrong; all stays as it was`, { path, cause });
    });
  });
  signal.addEventListener("abort", () => watch[Symbol.dispose](), { once: true });
}
