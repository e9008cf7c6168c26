/** The escape sequences of string and bytes literals. */

const simple: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "?": "?",
  '"': '"',
  "'": "'",
  "`": "`",
};

const escape =
  /\\(?:[xX]([\dA-Fa-f]{2})|(?:u(?=[\dA-Fa-f]{4})|U(?=[\dA-Fa-f]{8}))((?<=u)[\dA-Fa-f]{4}|[\dA-Fa-f]{8})|([0-3][0-7]{2})|([abfnrtv\\?"'`]))/y;

/** A string's value, or the bytes of a bytes literal; undefined when an escape is wrong. */
export function readEscapes(body: string, isBytes: boolean): string | Uint8Array | undefined {
  if (!body.includes("\\")) return isBytes ? Buffer.from(body) : body;
  const parts: (string | Uint8Array)[] = [];
  for (let at = 0; at < body.length;) {
    const next = body.indexOf("\\", at);
    if (next < 0) {
      parts.push(body.slice(at));
      break;
    }
    if (next > at) parts.push(body.slice(at, next));
    escape.lastIndex = next;
    const value = valueOf(escape.exec(body), isBytes);
    if (value === undefined) return undefined;
    parts.push(value);
    at = escape.lastIndex;
  }
  return isBytes ? Buffer.concat(parts.map((part) => Buffer.from(part as string))) : parts.join("");
}

function valueOf(found: RegExpExecArray | null, isBytes: boolean): string | Uint8Array | undefined {
  if (!found) return undefined;
  const [, x, unicode, octal, letter] = found;
  if (letter !== undefined) return simple[letter];
  const code = Number.parseInt(x ?? unicode ?? octal ?? "", octal === undefined ? 16 : 8);
  if (isBytes) return unicode === undefined ? Uint8Array.of(code) : undefined;
  const isPoint = code <= 0x10_ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isPoint ? String.fromCodePoint(code) : undefined;
}
