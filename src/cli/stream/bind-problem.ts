/** In Go's words, which people search for. */
const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "bind: address already in use",
  EACCES: "bind: permission denied",
  EADDRNOTAVAIL: "bind: cannot assign requested address",
};

/** Why nothing can listen there. */
export function bindProblem(cause: unknown): string {
  const { code = "", message } = cause as { readonly code?: string; readonly message: string };
  return reasons[code] ?? message;
}
