import { list, text } from "../reading/reader.ts";
import { defineBehaviour } from "./definition.ts";

/** Lines that it writes at its start. */
export const logs = defineBehaviour({ name: "logs", field: "logs", reads: list(text) });
