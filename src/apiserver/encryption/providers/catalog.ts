// One line per provider, written by tools/tidy.ts.
export { aescbc } from "./aescbc.ts";
export { aesgcm } from "./aesgcm.ts";
export { secretbox } from "./secretbox.ts";
