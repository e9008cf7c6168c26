import { text } from "../reading/reader.ts";
import { defineBehaviour } from "./definition.ts";

/** The image cannot be pulled; the registry says this. */
export const pullError = defineBehaviour({ name: "pullError", field: "pullError", reads: text });
