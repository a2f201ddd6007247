/** Places in a log: what is searched for, and lines that tell of errors. */

export type Place = readonly [start: number, end: number];

const MOST = 1_000;
const WORDS = ['error', 'exception', 'traceback', 'fatal', 'failed', 'segmentation fault', 'killed', 'out of memory'];
const SPELLINGS = WORDS.flatMap((word) => [word, word[0]!.toUpperCase() + word.slice(1), word.toUpperCase()]);
/** Also names of exceptions, such as ValueError; but not every word that ends like that. */
const ERRORS = new RegExp(`^.*(?:\\b(?:${SPELLINGS.join('|')})\\b|[A-Za-z](?:Error|Exception)\\b).*$`, 'gm');

/** Return where `words` stands in the text, in upper or lower case. */
export function occurrences(text: string, words: string): Place[] {
  if (!words) return [];
  return places(text, new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi'));
}

/** Return the lines that tell of errors. */
export function errorLines(text: string): Place[] {
  return places(text, ERRORS);
}

function places(text: string, pattern: RegExp): Place[] {
  const found: Place[] = [];
  for (const match of text.matchAll(pattern)) {
    found.push([match.index, match.index + match[0].length]);
    if (found.length === MOST) break;
  }
  return found;
}
