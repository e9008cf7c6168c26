/** How much the server takes on. */
import { seconds } from "#base/clock.ts";

/** Of one request. As upstream. */
export const bodyBytesMax = 3 * 1024 * 1024;

/**
 * Of YAML, which is read at one or two megabytes per second while everybody else waits. Programs send
 * JSON; this is more than anybody writes by hand.
 */
export const yamlLengthMax = 256 * 1024;

/** What is not answered in this time is answered with 504; a write may still happen. As upstream's --request-timeout. */
export const requestTimeoutMs = seconds(60);

/** Operations in one JSON patch. As upstream. */
export const patchOperationsMax = 10_000;

/** Objects that one deletecollection deletes at the same time. */
export const deletionsAtOnce = 32;
