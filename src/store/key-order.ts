/**
 * Keys are ordered by their UTF-8 bytes, as etcd orders them; JavaScript compares UTF-16 units, which differs where
 * surrogates meet the code points above them. Inside, keys are held in a form that compares right.
 */

const needsWork = /[\ud800-\uffff]/;
const unordered = /[\ud800-\uffff]/g;

/** The form in which `<` compares two keys by their bytes. Nearly always the key itself. */
export const orderedKey = (key: string): string =>
  needsWork.test(key) ? key.replace(unordered, moved) : key;

/** Surrogates above everything, and what lay above them into the place they leave. */
function moved(unit: string): string {
  const code = unit.charCodeAt(0);
  return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
}

/** The first ordered key after `key`. */
export const justAfter = (key: string): string => `${key}\0`;

/** The first ordered key after all that start with `prefix`; undefined when there is none. */
export function afterPrefix(prefix: string): string | undefined {
  for (let end = prefix.length; end > 0; end--) {
    const last = prefix.charCodeAt(end - 1);
    if (last < 0xffff) return prefix.slice(0, end - 1) + String.fromCharCode(last + 1);
  }
  return undefined;
}
