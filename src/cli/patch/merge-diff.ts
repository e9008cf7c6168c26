/**
 * The JSON merge patch (RFC 7386) that leads from one state of an object to another, for kinds
 * whose lists we know nothing about.
 * upstream: staging/src/k8s.io/apimachinery/pkg/util/jsonmergepatch/patch.go
 */
import { equal } from "#schema/copy.ts";
import { isKeyed, type Keyed } from "./keyed.ts";

/** Changes are measured from `current`, deletions from `original`. `{}` when there is nothing to do. */
export function mergeDiff(states: {
  readonly original: Keyed;
  readonly current: Keyed;
  readonly modified: Keyed;
}): Keyed {
  const { original, current, modified } = states;
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(modified)) {
    const live = current[key];
    const before = original[key];
    if (isKeyed(value) && isKeyed(live)) {
      const inner = { original: isKeyed(before) ? before : {}, current: live, modified: value };
      const change = mergeDiff(inner);
      if (Object.keys(change).length > 0) patch[key] = change;
    } else if (!equal(value, live)) patch[key] = value;
  }
  for (const key of Object.keys(original)) if (!(key in modified)) patch[key] = null;
  return patch;
}
