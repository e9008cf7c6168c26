/** All benchmarks, in the order of the table. One more is a file in `cases/` and a line here. */
import type { Bench } from "./case.ts";
import { apiserver } from "./cases/apiserver.ts";
import { manyPods } from "./cases/many-pods.ts";
import { watchers } from "./cases/watchers.ts";
import { wholeCluster } from "./cases/cluster.ts";
import { scale } from "./cases/scale.ts";
import { scheduler } from "./cases/scheduler.ts";
import { simulation } from "./cases/simulation.ts";

export const cases: readonly Bench[] = [
  apiserver,
  watchers,
  manyPods,
  wholeCluster,
  scheduler,
  simulation,
  scale,
];
