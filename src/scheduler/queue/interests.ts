/** Which plugins care for which event: made once of all plugins of all profiles. */
import type { ClusterEvent, EventName } from "../cluster-event.ts";
import type { Plugin } from "../plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

type Hint = (pod: PodInfo, event: ClusterEvent) => boolean;

export interface Interested {
  readonly plugin: string;
  /** A hint that breaks must not lock a pod away: it counts as "yes". */
  readonly hint: Hint;
}

export class Interests {
  readonly #byEvent = new Map<EventName, Interested[]>();

  constructor(plugins: Iterable<Plugin>, onBrokenHint: (plugin: string, cause: unknown) => void) {
    for (const { name, events = [] } of plugins) {
      for (const { on, hint } of events) {
        const safe: Hint = (pod, event) => {
          try {
            return hint?.(pod, event) ?? true;
          } catch (cause) {
            onBrokenHint(name, cause);
            return true;
          }
        };
        for (const event of on) this.#add(event, { plugin: name, hint: safe });
      }
    }
  }

  in(event: EventName): readonly Interested[] {
    return this.#byEvent.get(event) ?? [];
  }

  #add(event: EventName, interested: Interested): void {
    const others = this.#byEvent.get(event);
    if (others) others.push(interested);
    else this.#byEvent.set(event, [interested]);
  }
}
