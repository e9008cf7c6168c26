/** The commands that start, stop and examine a cluster. Written by `npm run tidy -- --fix`. */
export { doctor } from "./doctor.ts";
export { down } from "./down.ts";
export { imageBuild } from "./image.ts";
export { imageList } from "./image.ts";
export { imageLoad } from "./image.ts";
export { prepare } from "./prepare.ts";
export { reset } from "./reset.ts";
export { serve } from "./serve.ts";
export { simulate } from "./simulate.ts";
export { status } from "./status.ts";
export { up } from "./up.ts";
