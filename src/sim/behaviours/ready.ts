import { truth } from "../reading/reader.ts";
import { defineBehaviour } from "./definition.ts";

/** Whether its probes succeed at all. */
export const ready = defineBehaviour({ name: "ready", field: "ready", reads: truth });
