import type { FeatureGates } from "#api/feature-gates.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Clock } from "#base/clock.ts";
import type { Lanes } from "#base/lanes.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import type { Store } from "#store/store.ts";
import type { WatchCache } from "../cache/watch-cache.ts";
import type { AdmissionChain } from "./admission-chain.ts";
import type { Reader, WriteContext } from "./registry.ts";

/** What the verbs of the registry work with. */
export interface RegistryKit {
  readonly store: Store;
  readonly cache: WatchCache;
  readonly reader: Reader;
  readonly admission: AdmissionChain;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** As they stand by default unless said. */
  readonly gates?: FeatureGates | undefined;
}

/** One write: by what means, of which kind, and for whom. */
export interface Writing {
  readonly kit: RegistryKit;
  readonly kind: AnyKind;
  readonly how: WriteContext;
}
