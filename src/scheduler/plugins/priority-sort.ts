import { definePlugin } from "../plugin.ts";

/** The more important pod first; among equals, the one that has waited longer. */
export const prioritySort = definePlugin({
  name: "PrioritySort",
  queueSort: (a, b) => b.pod.priority - a.pod.priority || a.sinceMs - b.sinceMs,
});
