import { span } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** From the creation of a container until it runs. */
export const start = defineBehaviour({ name: "start", field: "startMs", reads: span });
