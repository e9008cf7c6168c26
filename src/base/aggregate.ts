/** Several errors in one line, as Go prints them; what is said twice is told once. */
export function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? distinct.join("") : `[${distinct.join(", ")}]`;
}
