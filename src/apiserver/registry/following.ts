/** The server sees every change of a kind. A watch that fails is told of, and begun again from all that there is. */
import type { AnyKind } from "#api/kind.ts";
import type { WatchBatch } from "#api/request.ts";
import { seconds, sleep } from "#base/clock.ts";
import type { FullRegistry } from "./generic.ts";
import { everything } from "./registry.ts";

export interface FollowingOptions {
  readonly registry: FullRegistry;
  readonly signal: AbortSignal;
  /** What came at once; what is there already comes first. */
  readonly changed: (batch: WatchBatch) => void | Promise<void>;
}

const retryMs = seconds(1);

/** Until the signal aborts. */
export async function follow(kind: AnyKind, options: FollowingOptions): Promise<void> {
  const { registry, signal, changed } = options;
  const { clock, log } = registry.kit;
  while (!signal.aborted) {
    try {
      const news = await registry.watch(kind, { ...everything, signal });
      for await (const batch of news) await changed(batch);
    } catch (cause) {
      if (signal.aborted) return;
      log.error("changes are not followed for a moment", { kind: kind.kind, cause });
      await sleep(clock, retryMs, signal);
    }
  }
}
