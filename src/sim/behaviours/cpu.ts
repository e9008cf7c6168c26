import { amount } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** What it uses of a processor while it runs. */
export const cpu = defineBehaviour({ name: "cpu", field: "cpu", reads: amount });
