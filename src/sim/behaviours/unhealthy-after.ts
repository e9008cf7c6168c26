import { span } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** Its probes fail from then on, counted from its start. */
export const unhealthyAfter = defineBehaviour({
  name: "unhealthyAfter",
  field: "unhealthyAfterMs",
  reads: span,
});
