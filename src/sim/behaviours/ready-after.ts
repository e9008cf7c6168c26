import { span } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** Its probes fail for so long after its start. */
export const readyAfter = defineBehaviour({
  name: "readyAfter",
  field: "readyAfterMs",
  reads: span,
});
