/** What Go would say about a pattern. */
export class RegexError extends Error {
  override readonly name = "RegexError";
}
