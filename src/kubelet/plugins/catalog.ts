// One line per type of plugin, sorted. `npm run tidy -- --fix` keeps it complete.
export { csiPlugin } from "./csi-plugin.ts";
export { draPlugin } from "./dra-plugin.ts";
