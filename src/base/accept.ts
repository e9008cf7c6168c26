/** What forms of an answer a header `Accept` asks for. upstream: goautoneg */

export interface Clause {
  /** `application/json`, `application/*`, `*\/*`. */
  readonly range: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Best first. */
export function parseAccept(header: string): readonly Clause[] {
  const clauses = header.split(",").map((clause, order) => {
    const [range = "", ...rest] = clause.split(";").map((part) => part.trim());
    const parameters = new Map(rest.map((parameter) => splitParameter(parameter)));
    const quality = Number(parameters.get("q") ?? "1");
    return { range: range.toLowerCase(), parameters, quality, order };
  });
  return clauses
    .filter(({ range, quality }) => range !== "" && quality > 0)
    .toSorted((a, b) => b.quality - a.quality || a.order - b.order);
}

function splitParameter(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 0) return [text, ""];
  return [
    text.slice(0, at).trim(),
    text
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, "$1"),
  ];
}
