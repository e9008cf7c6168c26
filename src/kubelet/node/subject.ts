import type { Subject } from "#client/events.ts";

/** Events about a node name it by its name twice, so that they outlive its object. */
export const nodeSubject = (nodeName: string): Subject => ({
  apiVersion: "v1",
  kind: "Node",
  name: nodeName,
  uid: nodeName,
});
