import { growingAmount } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** How many processes and threads it has while it runs. */
export const processes = defineBehaviour({
  name: "processes",
  field: "processes",
  reads: growingAmount,
});
