/**
 * A value told by how it differs from another one, the model. Objects of one origin (pods of one template, leases,
 * nodes) are nearly the same text but for a few names, addresses and times; told so, 3,400 bytes become 200.
 * Any bytes come back as they were; that they are JSON is only what makes it quick to see where two go on alike.
 */

/** Where the model and the steps say the same, and what stands between. */
export interface Difference {
  readonly model: Uint8Array;
  /** Of the value. */
  readonly size: number;
  /** A byte each: it costs less than a buffer, and the collector need not look into it. */
  readonly steps: string;
}

/** Anything larger is seldom like another, and long to look at. */
export const differenceBytesMax = 32 * 1024;

const quote = 0x22;
/** So many bytes alike: the two have met again. */
const meetingBytes = 8;
/** To look for in the model where the two texts are not alike after the next quote. */
const windowBytes = 16;
const searchesMax = 24;

/** Three numbers, each below `differenceBytesMax`. */
const numbersBytesMax = 9;

const steps = Buffer.allocUnsafeSlow(differenceBytesMax);

/** Undefined when the two are not alike enough: it would take steps of more than this share of its size. */
export function differenceFrom(
  model: Buffer,
  value: Buffer,
  shareMax: number,
): Difference | undefined {
  const size = value.length;
  if (size > differenceBytesMax) return undefined;
  const texts = { value, model, valueWords: wordsOf(value), modelWords: wordsOf(model) };
  const stepsMax = Math.floor(size * shareMax);
  let end = 0;
  let at = { value: 0, model: 0 };
  while (at.value < size) {
    const alike = bytesAlike(texts, at, size);
    const apart = { value: at.value + alike, model: at.model + alike };
    const next = meeting(texts, apart);
    const own = next.value - apart.value;
    if (end + own + numbersBytesMax > stepsMax) return undefined;
    end = writeNumber(at.model, writeNumber(alike, end));
    end = writeNumber(own, end);
    end += value.copy(steps, end, apart.value, next.value);
    at = next;
  }
  return { model, size, steps: steps.toString("latin1", 0, end) };
}

/** The two texts, to be read byte by byte and, twice as fast, four bytes at a time where they lie. */
interface Texts {
  readonly value: Buffer;
  readonly model: Buffer;
  readonly valueWords: DataView;
  readonly modelWords: DataView;
}

const wordsOf = ({ buffer, byteOffset, length }: Buffer): DataView =>
  new DataView(buffer, byteOffset, length);

/** Places in the two texts. */
interface Place {
  readonly value: number;
  readonly model: number;
}

/** Not looking further than `limit` bytes. */
function bytesAlike(texts: Texts, from: Place, limit: number): number {
  const { value, model, valueWords, modelWords } = texts;
  const most = Math.min(value.length - from.value, model.length - from.model, limit);
  let alike = 0;
  while (
    alike + 4 <= most &&
    valueWords.getInt32(from.value + alike) === modelWords.getInt32(from.model + alike)
  )
    alike += 4;
  while (alike < most && value[from.value + alike] === model[from.model + alike]) alike++;
  return alike;
}

/** Where they go on alike. */
function meeting(texts: Texts, from: Place): Place {
  const { value, model } = texts;
  let at = afterQuote(value, from.value);
  // Nearly always it was a text that differed, and it ends in both.
  const beside = { value: at, model: afterQuote(model, from.model) };
  if (bytesAlike(texts, beside, meetingBytes) === meetingBytes) return beside;
  for (let search = 0; search < searchesMax && at + windowBytes <= value.length; search++) {
    const found = model.indexOf(value.subarray(at, at + windowBytes), from.model);
    if (found >= 0) return { value: at, model: found };
    at = afterQuote(value, at);
  }
  return { value: value.length, model: model.length };
}

function afterQuote(text: Buffer, from: number): number {
  let at = from;
  while (at < text.length) if (text[at++] === quote) break;
  return at;
}

/** Seven bits a byte, the lowest first; the last byte has no high bit. */
function writeNumber(number: number, at: number): number {
  let rest = number;
  let end = at;
  for (; rest > 0x7f; rest >>>= 7) steps[end++] = (rest & 0x7f) | 0x80;
  steps[end++] = rest;
  return end;
}

/** Writes the value at `at`. */
export function restore({ model, steps: text }: Difference, into: Uint8Array, at: number): void {
  let end = at;
  let read = 0;
  const number = (): number => {
    let found = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = text.charCodeAt(read++);
      found |= (byte & 0x7f) << shift;
      if (byte < 0x80) return found;
    }
  };
  while (read < text.length) {
    const alike = number();
    const from = number();
    into.set(model.subarray(from, from + alike), end);
    end += alike;
    for (let own = number(); own > 0; own--) into[end++] = text.charCodeAt(read++);
  }
}
