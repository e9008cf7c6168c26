import { text } from "../reading/reader.ts";
import { defineBehaviour } from "./definition.ts";

/** It cannot be started; the runtime says this. */
export const startError = defineBehaviour({ name: "startError", field: "startError", reads: text });
