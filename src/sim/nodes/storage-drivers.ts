/**
 * Storage drivers as simulated nodes have them: every driver that the cluster knows (CSIDriver) is
 * there, does at once what it is asked for, and keeps nothing.
 */
import { CSIDriver } from "#api/storage/csidriver.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { isReason } from "#api/errors.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import type { OpenChannel } from "#kubelet/ports.ts";
import { RuntimeError } from "#kubelet/runtime.ts";

const folder = "/csi/";

export const driverEndpoint = (driver: string): string => `${folder}${driver}`;

/** No program runs here that could serve any other socket. */
export const driverChannel: OpenChannel = ({ socket }) => {
  if (!socket.startsWith(folder))
    throw new RuntimeError("Unavailable", `nobody listens at ${socket}`);
  return {
    call: async ({ path }) => (path.endsWith("Capabilities") ? { capabilities: [] } : {}) as never,
    stream: () => {
      throw new RuntimeError("Unimplemented", "drivers do not stream");
    },
    [Symbol.dispose]: () => undefined,
  };
};

interface Attaching {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly isOurs: (nodeName: string) => boolean;
}

/** Volumes are attached to simulated nodes as soon as somebody asks for it. */
export async function attachVolumes(
  { client, clock, random, log, isOurs }: Attaching,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const informers = new InformerSet({ client, clock, random, log }, signal);
  informers.of(VolumeAttachment).onChange(({ object, isGone }) => {
    const { metadata, spec, status } = object;
    if (isGone || status.attached || metadata.deletionTimestamp || !isOurs(spec.nodeName)) return;
    void attach(object);
  });
  const attach = async ({ metadata: { name = "" }, spec }: VolumeAttachment): Promise<void> => {
    while (!signal.aborted) {
      try {
        await client.get(CSIDriver, { name: spec.attacher });
        const change = { status: { attached: true } };
        await client.patch(
          VolumeAttachment,
          { name, subresource: "status" },
          { is: "merge", change },
        );
        return;
      } catch (cause) {
        // Nobody knows the driver, or nobody asks any more.
        if (isReason(cause, "NotFound")) return;
        log.debug("volume is not attached", { name, cause: String(cause) });
      }
      await sleep(clock, seconds(1), signal);
    }
  };
  return informers;
}
