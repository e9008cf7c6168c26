/** Controllers that need nothing but the API. Written by `npm run tidy -- --fix`. */
export { deploymentController } from "./deployment.ts";
export { endpointsController } from "./endpoints.ts";
export { endpointsliceController } from "./endpointslice.ts";
export { nodeLifecycleController } from "./node-lifecycle.ts";
export { podGcController } from "./pod-gc.ts";
export { replicasetController } from "./replicaset.ts";
export { replicationcontrollerController } from "./replicationcontroller.ts";
export { serviceaccountController } from "./serviceaccount.ts";
export { taintEvictionController } from "./taint-eviction.ts";
