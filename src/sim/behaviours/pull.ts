import { span } from "../reading/values.ts";
import { defineBehaviour } from "./definition.ts";

/** How long an image takes to come to a node that does not have it. */
export const pull = defineBehaviour({ name: "pull", field: "pullMs", reads: span });
