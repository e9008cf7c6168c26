/** The name that somebody probably meant. */

/** Undefined when none of them is near. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  const far = Math.max(2, Math.floor(word.length / 3));
  let [found, least]: [string | undefined, number] = [undefined, far + 1];
  for (const name of names) {
    const letters = distance(name.toLowerCase(), word.toLowerCase());
    if (letters < least) [found, least] = [name, letters];
  }
  return found;
}

/** `; did you mean "cpu"?`, or nothing when no name is near, or nothing was said. */
export function didYouMean(word: string | undefined, names: Iterable<string>): string {
  const near = word ? nearest(word, names) : undefined;
  return near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
}

/** Levenshtein: how many letters must change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
