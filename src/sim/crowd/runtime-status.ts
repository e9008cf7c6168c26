/**
 * What the runtime of a node in the crowd says of itself: the same objects each time, so that the
 * agent sees at a glance that there is no news.
 */
import type { RuntimeStatus } from "#kubelet/runtime.ts";

const met = (type: string) => ({ type, status: true, reason: "", message: "" });
const capabilities = { handlers: [], supplementalGroupsPolicy: true };
export const withNetwork: RuntimeStatus = {
  ...capabilities,
  conditions: [met("RuntimeReady"), met("NetworkReady")],
};
export const withoutNetwork: RuntimeStatus = {
  ...capabilities,
  conditions: [
    met("RuntimeReady"),
    {
      type: "NetworkReady",
      status: false,
      reason: "NetworkPluginNotReady",
      message: "no pod CIDR",
    },
  ],
};
