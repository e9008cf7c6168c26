/** How far hostile input may go. */

/**
 * Nesting of JSON and protobuf. Every walker recurses, so this bounds its stack.
 * differs: upstream's JSON parser stops at 10,000, where no honest object is either.
 */
export const depthMax = 1_000;

/** Strict decoding lists no more than this. */
export const problemsMax = 100;

/** Bytes that the `copy` operations of one JSON patch may add. */
export const patchCopyBytesMax = 3 * 1_024 * 1_024;
