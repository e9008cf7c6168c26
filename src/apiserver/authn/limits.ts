/** What authentication may remember. */

/** Verified tokens; at 2 KiB each some 8 MiB. Beyond it the older half is verified anew. */
export const rememberedMax = 4_096;
