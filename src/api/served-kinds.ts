import * as catalog from "./catalog.ts";
import { defaultGates } from "./feature-gates.ts";
import type { AnyKind } from "./kind.ts";

/** The built-in kinds that a cluster serves, its feature gates being as they are. */
export const servedKinds = (gates = defaultGates): readonly AnyKind[] =>
  Object.values(catalog as Record<string, AnyKind>).filter(
    ({ gate }) => gate === undefined || gates.isEnabled(gate),
  );
