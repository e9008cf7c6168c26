/** The arguments of a command that takes so many and no others. exact: kubectl, the message */
export function theArguments(args: readonly string[], count: 1): readonly [string];
export function theArguments(args: readonly string[], count: 2): readonly [string, string];
export function theArguments(args: readonly string[], count: number): readonly string[] {
  if (args.length !== count) throw new Error(`Unexpected args: [${args.join(" ")}]`);
  return args;
}
