/** Takes terminal control out of text, so that a log reads as it was meant; colours stay as runs over the plain text. */

import { changed, styleOf, type Look, type Style } from './colours';

export interface Run {
  readonly start: number;
  readonly end: number;
  readonly style: Style;
}

export interface Coloured {
  readonly text: string;
  readonly runs: readonly Run[];
}

/** Runs beyond these are shown without colours: each is an element of the page. */
const MOST = 5_000;
const LOOK = /\x1b\[([\d;:]*)m/g;
// Operating system commands, control sequences but those of looks, two-character escapes.
const ESCAPES = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|(?:(?!\x1b\[[\d;:]*m)\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b(?!\[)[ -/]*[0-~]?/g;
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]/g;

/** Return the text without escapes, and its colours; of lines that were overwritten (progress bars) the last state stays. */
export function coloured(raw: string): Coloured {
  const clean = raw.replace(ESCAPES, '').split('\n').map(lastState).join('\n').replace(CONTROLS, '');
  let text = '';
  let end = 0;
  let look: Look = {};
  const runs: Run[] = [];
  const take = (piece: string): void => {
    const style = piece && runs.length < MOST ? styleOf(look) : null;
    if (style) runs.push({ start: text.length, end: text.length + piece.length, style });
    text += piece;
  };
  for (const match of clean.matchAll(LOOK)) {
    take(clean.slice(end, match.index));
    look = changed(look, match[1]!);
    end = match.index + match[0].length;
  }
  take(clean.slice(end));
  return { text, runs };
}

/** Return a line as it is after carriage returns; what was overwritten may have set the colour of what came after. */
function lastState(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  const from = line.lastIndexOf('\r', end - 1) + 1;
  const looks = from ? (line.slice(0, from).match(LOOK) ?? []) : [];
  return looks.join('') + line.slice(from, end);
}
