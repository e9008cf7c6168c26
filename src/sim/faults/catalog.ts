// One line per fault, written by tools/tidy.ts.
export { clockSkew } from "./clock-skew.ts";
export { conflicts } from "./conflicts.ts";
export { crash } from "./crash.ts";
export { nodeLost } from "./node-lost.ts";
export { partition } from "./partition.ts";
export { repliesLost } from "./replies-lost.ts";
export { requestsLost } from "./requests-lost.ts";
export { requestsSlow } from "./requests-slow.ts";
export { storeCrashed } from "./store-crashed.ts";
export { storeFailing } from "./store-failing.ts";
export { storeSlow } from "./store-slow.ts";
export { watchesDelayed } from "./watches-delayed.ts";
export { watchesDropped } from "./watches-dropped.ts";
export { watchesSplit } from "./watches-split.ts";
export { webhookTimeout } from "./webhook-timeout.ts";
