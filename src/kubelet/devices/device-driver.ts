/** A driver of devices, as the kubelet uses it. */
import { seconds } from "#base/clock.ts";
import { draPluginType, draServiceOf } from "../plugins/dra-plugin.ts";
import type { Plugins } from "../plugins/plugins.ts";
import type { OpenChannel } from "../ports.ts";
import { draProtocol, type PreparedDevice } from "./dra-proto.ts";

export interface ClaimName {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface DeviceDriver {
  /** Makes the claim's devices usable on this node. Safe to repeat. */
  readonly prepare: (claim: ClaimName) => Promise<readonly PreparedDevice[]>;
  /** Safe to repeat, also for a claim that the driver never saw. */
  readonly unprepare: (claim: ClaimName) => Promise<void>;
}

/** Undefined when there is no such driver on this node at the moment. */
export type FindDriver = (name: string) => DeviceDriver | undefined;

/** exact: kubelet, what a call may take */
const callTimeoutMs = seconds(45);

interface Sockets {
  readonly plugins: Pick<Plugins, "find">;
  readonly openChannel: OpenChannel;
}

/** Drivers that registered as plugins, behind their sockets. */
export const pluginDrivers =
  ({ plugins, openChannel }: Sockets): FindDriver =>
  (name) => {
    const info = plugins.find(draPluginType, name);
    const service = info && draServiceOf(info.supportedVersions);
    if (!service) return undefined;
    const { proto, ...methods } = draProtocol(service);
    const open = () => openChannel({ socket: info.endpoint, proto });
    const options = { timeoutMs: callTimeoutMs };
    return {
      async prepare(claim) {
        using channel = open();
        const { claims } = await channel.call(methods.prepare, { claims: [claim] }, options);
        return answerFor(claims, claim, "NodePrepareResources").devices;
      },
      async unprepare(claim) {
        using channel = open();
        const { claims } = await channel.call(methods.unprepare, { claims: [claim] }, options);
        answerFor(claims, claim, "NodeUnprepareResources");
      },
    };
  };

/** exact: kubelet */
function answerFor<T extends { readonly error: string }>(
  claims: { readonly [uid: string]: T },
  { uid, name }: ClaimName,
  call: string,
): T {
  const unknown = Object.keys(claims).find((other) => other !== uid);
  if (unknown !== undefined)
    throw new Error(`${call} returned result for unknown claim UID ${unknown}`);
  const answer = claims[uid];
  if (!answer) throw new Error(`${call} skipped 1 ResourceClaims`);
  if (answer.error) throw new Error(`${call} failed for ResourceClaim ${name}: ${answer.error}`);
  return answer;
}
