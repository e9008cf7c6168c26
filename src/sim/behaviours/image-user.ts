import { integer } from "../reading/reader.ts";
import { defineBehaviour } from "./definition.ts";

/** Whom the image says to run as: 0 is root, whom `runAsNonRoot` does not let in. */
export const imageUser = defineBehaviour({
  name: "imageUser",
  field: "imageUser",
  reads: integer(0),
});
