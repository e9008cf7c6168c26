// One line per subresource, written by tools/tidy.ts.
export { certificateApproval } from "./certificate-approval.ts";
export { namespaceFinalize } from "./namespace-finalize.ts";
export { nodeProxy } from "./proxies.ts";
export { podAttach } from "./pod-exec.ts";
export { podBinding } from "./pod-binding.ts";
export { podEphemeralContainers } from "./pod-ephemeral-containers.ts";
export { podEviction } from "./pod-eviction.ts";
export { podExec } from "./pod-exec.ts";
export { podLog } from "./pod-log.ts";
export { podPortForward } from "./pod-port-forward.ts";
export { podProxy } from "./proxies.ts";
export { podResize } from "./pod-resize.ts";
export { podWhy } from "./pod-why.ts";
export { serviceAccountToken } from "./service-account-token.ts";
export { serviceProxy } from "./proxies.ts";
