/** How tests of the simulator look at a cluster. */
import { Event } from "#api/core/event.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import type { Cluster } from "./cluster.ts";

export const list = async <T extends ApiObject>({ client }: Cluster, kind: Kind<T>) =>
  (await client.list(kind, { namespace: "default" })).items;

export const at = (name: string) => ({ namespace: "default", name });

export const readyOn = async (cluster: Cluster): Promise<readonly string[]> =>
  (await list(cluster, Pod)).filter(isPodReady).map(({ spec }) => spec.nodeName ?? "");

export const eventsOf = async (cluster: Cluster, name: string): Promise<readonly string[]> =>
  (await list(cluster, Event))
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason }) => reason ?? "");
