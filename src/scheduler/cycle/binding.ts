/** The last steps of an attempt: what has to be there first, and telling the API server. */
import { AssertionFailed } from "#base/assert.ts";
import { messageOf } from "#base/failure.ts";
import type { Placement, Ports } from "../plugin.ts";
import type { Framework } from "./framework.ts";
import type { ExtendedDecider } from "../extenders/extended-decider.ts";
import { type Beside, failureText, PluginFailed, type Point } from "./trace.ts";

interface Lane {
  readonly framework: Framework;
  readonly beside: Beside;
  readonly extended?: ExtendedDecider | undefined;
}

export async function preBind(lane: Lane, placement: Placement, ports: Ports): Promise<void> {
  for (const plugin of lane.framework.preBinds)
    await lane.beside("PreBind", plugin.name, () =>
      naming("PreBind", plugin.name, async () => plugin.preBind?.(placement, ports)),
    );
}

/** An extender, or else the first plugin that takes it on, binds the pod. */
export async function bindTo(lane: Lane, placement: Placement, ports: Ports): Promise<void> {
  if (await lane.extended?.bind(placement).catch(failed)) return;
  for (const plugin of lane.framework.binds) {
    const bind = async (): Promise<boolean> => plugin.bind?.(placement, ports) ?? false;
    const named = (): Promise<boolean> => naming("Bind", plugin.name, bind);
    if (await lane.beside("Bind", plugin.name, named)) return;
  }
  throw new PluginFailed("no plugin bound the pod");
}

/** The message names the extender already. */
function failed(cause: unknown): never {
  if (cause instanceof AssertionFailed) throw cause;
  throw new PluginFailed(messageOf(cause), { cause });
}

/** What goes wrong carries the plugin's name. */
export async function naming<T>(point: Point, plugin: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof AssertionFailed) throw cause;
    throw new PluginFailed(failureText(point, plugin, cause), { cause });
  }
}
