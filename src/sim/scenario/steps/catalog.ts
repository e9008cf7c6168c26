// One line per step, sorted. `npm run tidy -- --fix` keeps it complete.
export { apply } from "./apply.ts";
export { create } from "./create.ts";
export { failNode } from "./fail-node.ts";
export { remove } from "./remove.ts";
export { scale } from "./scale.ts";
export { setImage } from "./set-image.ts";
export { upgradeNodes } from "./upgrade-nodes.ts";
