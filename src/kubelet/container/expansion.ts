/**
 * `$(NAME)` in commands, arguments, variables and sub-paths.
 * upstream: third_party/forked/golang/expansion/expand.go
 */
const reference = /\$(?:\$|\(([^)]*)\))/g;

/** `$$` is a plain `$`; a name nobody knows stays as it stands. */
export const expand = (text: string, lookUp: (name: string) => string | undefined): string =>
  text.includes("$")
    ? text.replace(reference, (all, name?: string) =>
        name === undefined ? "$" : (lookUp(name) ?? all),
      )
    : text;

/** As `expand`, but undefined when a name is not known. */
export function expandAll(
  text: string,
  lookUp: (name: string) => string | undefined,
): { readonly text: string } | { readonly missing: string } {
  let missing: string | undefined;
  const expanded = expand(text, (name) => {
    const value = lookUp(name);
    if (value === undefined) missing ??= name;
    return value;
  });
  return missing === undefined ? { text: expanded } : { missing };
}
