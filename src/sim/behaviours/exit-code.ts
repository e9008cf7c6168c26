import { integer, oneOrMore } from "../reading/reader.ts";
import { defineBehaviour } from "./definition.ts";

/** With which it ends by itself; a list has one for each restart, the last one from then on. */
export const exitCode = defineBehaviour({
  name: "exitCode",
  field: "exitCode",
  reads: oneOrMore(integer(0)),
});
