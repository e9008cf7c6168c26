/** A certificate is renewed when less than this is left. */
export const renewBeforeMs = 90 * 86_400_000;
