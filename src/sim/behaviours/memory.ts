import { growingAmount } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** What it uses of the memory while it runs. */
export const memory = defineBehaviour({ name: "memory", field: "memory", reads: growingAmount });
