import { growingAmount } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** What it writes beside its volumes. */
export const disk = defineBehaviour({ name: "disk", field: "disk", reads: growingAmount });
