// One line per volume type, sorted. `npm run tidy -- --fix` keeps it complete.
export { configMap } from "./config-map.ts";
export { csi } from "./csi.ts";
export { downwardApi } from "./downward-api.ts";
export { emptyDir } from "./empty-dir.ts";
export { ephemeral } from "./ephemeral.ts";
export { hostPath } from "./host-path.ts";
export { image } from "./image.ts";
export { persistentVolumeClaim } from "./persistent-volume-claim.ts";
export { projected } from "./projected.ts";
export { secret } from "./secret.ts";
