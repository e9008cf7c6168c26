/**
 * What drivers published of this node's devices goes when they do: nobody is to be sent here for
 * devices that nobody can prepare. A driver that is only being replaced has a moment for it.
 *
 * differs: upstream also removes everything when the kubelet starts; here drivers get the same
 * moment to come back.
 * upstream: pkg/kubelet/cm/dra/plugin/dra_plugin_manager.go
 */
import { ResourceSlice } from "#api/resource/resourceslice.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Client } from "#client/client.ts";
import { draPluginType } from "../plugins/dra-plugin.ts";
import type { Plugins } from "../plugins/plugins.ts";

interface Options {
  readonly client: Pick<Client, "list" | "deleteCollection">;
  readonly clock: Clock;
  readonly log: Log;
  readonly nodeName: string;
  readonly plugins: Pick<Plugins, "find" | "changed">;
}

/** exact: kubelet */
const patienceMs = seconds(30);

export async function removeSlicesOfLost(options: Options, signal: AbortSignal): Promise<void> {
  const { plugins, clock, log } = options;
  while (!signal.aborted) {
    const over = new AbortController();
    const changed = plugins.changed(AbortSignal.any([signal, over.signal]));
    const isQuiet = await Promise.race([
      sleep(clock, patienceMs, AbortSignal.any([signal, over.signal])).then(() => true),
      changed.then(() => false),
    ]);
    try {
      if (isQuiet && !signal.aborted) await removeNow(options, signal);
      if (isQuiet) await changed;
    } catch (error) {
      log.warn("what lost drivers published is not removed", { cause: String(error) });
    }
    over.abort();
  }
}

async function removeNow({ client, nodeName, plugins, log }: Options, signal: AbortSignal) {
  const ofNode = `spec.nodeName=${nodeName}`;
  const { items } = await client.list(ResourceSlice, { fieldSelector: ofNode, signal });
  for (const driver of new Set(items.map(({ spec }) => spec.driver))) {
    if (plugins.find(draPluginType, driver)) continue;
    log.info("a driver is gone: its devices are not offered any more", { driver });
    const fieldSelector = `${ofNode},spec.driver=${driver}`;
    await client.deleteCollection(ResourceSlice, { fieldSelector }, { signal });
  }
}
