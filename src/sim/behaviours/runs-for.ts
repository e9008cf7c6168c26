import { span } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** It ends by itself after so long, as jobs do; with an exit code other than 0 it is a crash loop. */
export const runsFor = defineBehaviour({ name: "runsFor", field: "runsForMs", reads: span });
