/** What the configuration file says about a program that takes part in scheduling from outside. */
import type { HttpCallTls } from "#base/http.ts";

export interface ExtenderSettings {
  /** Where it is, and what it is called in messages. */
  readonly urlPrefix: string;
  /** Paths below it; absent: it has no part in that. */
  readonly filterVerb?: string;
  readonly prioritizeVerb?: string;
  readonly preemptVerb?: string;
  readonly bindVerb?: string;
  /** What its scores count for. */
  readonly weight: number;
  /** It knows the nodes itself: their names will do. */
  readonly isNodeCacheCapable: boolean;
  /** Scheduling goes on without it when it does not answer. */
  readonly isIgnorable: boolean;
  readonly timeoutMs: number;
  /** It is asked about pods only that want one of these; about all when there are none. */
  readonly managedResources: ReadonlySet<string>;
  readonly tls?: HttpCallTls;
}
