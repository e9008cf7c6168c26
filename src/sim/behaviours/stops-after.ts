import { span } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** After a request to stop; `never`: it has to be killed. */
export const stopsAfter = defineBehaviour({
  name: "stopsAfter",
  field: "stopsAfterMs",
  reads: span,
});
