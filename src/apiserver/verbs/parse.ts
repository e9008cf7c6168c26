/** The text of a body as plain data. What is too much for one turn of the event loop is refused. */
import { YamlError, parseYaml } from "#base/yaml.ts";
import { DecodeError } from "#schema/json.ts";
import { type ParsedJson, parseJson } from "#schema/json-text.ts";
import { yamlLengthMax } from "../limits.ts";
import { tooLarge } from "../refusals.ts";

/** What the parsers throw at text that they cannot read. */
export const isSyntax = (cause: unknown): cause is Error =>
  cause instanceof SyntaxError || cause instanceof YamlError || cause instanceof DecodeError;

/** JSON is YAML that is far faster to read. Throws RequestEntityTooLarge, too. */
export function parseAnyYaml(text: string): ParsedJson {
  if (/^\s*\{/.test(text)) {
    try {
      return parseJson(text);
    } catch (cause) {
      // It may be YAML in flow style; that parser's message is the better one.
      if (!(cause instanceof SyntaxError) || text.length > yamlLengthMax) throw cause;
    }
  }
  if (text.length > yamlLengthMax) {
    // differs: upstream takes YAML up to the limit of all bodies.
    throw tooLarge(`YAML may have ${yamlLengthMax} characters; send more than that as JSON`);
  }
  const found: string[] = [];
  const parsed = parseYaml(text, { onDuplicateKey: (problem) => found.push(`\n  ${problem}`) });
  // Halves of characters: JSON knows what to do with them.
  const value = text.includes("\\u") ? parseJson(JSON.stringify(parsed)).value : parsed;
  // exact: go-yaml
  const duplicates = found.length > 0 ? [`yaml: unmarshal errors:${found.join("")}`] : [];
  return { value, duplicates };
}
