// One line per invariant, written by tools/tidy.ts.
export { acknowledgedWrites } from "./acknowledged-writes.ts";
export { everythingSettles } from "./everything-settles.ts";
export { evictionsKeepBudgets } from "./evictions-keep-budgets.ts";
export { noOrphans } from "./no-orphans.ts";
export { podOnOneNode } from "./pod-on-one-node.ts";
export { quotaHolds } from "./quota-holds.ts";
export { replicasetsConverge } from "./replicasets-converge.ts";
export { revisionsGrow } from "./revisions-grow.ts";
export { watchesTellAll } from "./watches-tell-all.ts";
