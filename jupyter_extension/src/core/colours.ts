/** What terminals are told of the looks of text ("select graphic rendition"), as styles for light and dark pages. */

import type { CSSProperties } from 'react';

export type Style = CSSProperties;

/** How the text that follows looks; a colour is a CSS value. */
export interface Look {
  readonly colour?: string;
  readonly ground?: string;
  readonly inverse?: boolean;
  readonly style?: Style;
}

const HUES = ['', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan'] as const;
const SET: Readonly<Record<number, Style>> = {
  1: { fontWeight: 600 },
  2: { opacity: 0.75 },
  3: { fontStyle: 'italic' },
  4: { textDecoration: 'underline' },
  9: { textDecoration: 'line-through' },
};
const ENDED: Readonly<Record<number, ReadonlyArray<keyof Style>>> = {
  22: ['fontWeight', 'opacity'],
  23: ['fontStyle'],
  24: ['textDecoration'],
  29: ['textDecoration'],
};

/** Return the style of a look; null for plain text. */
export function styleOf({ colour, ground, inverse, style }: Look): Style | null {
  if (inverse) return { ...style, color: 'var(--torc-ground)', backgroundColor: colour ?? 'var(--torc-text)' };
  if (!colour && !ground && !Object.keys(style ?? {}).length) return null;
  return {
    ...style,
    ...(colour ? { color: colour } : {}),
    // Faint, so that every colour of text can be read on it.
    ...(ground ? { backgroundColor: `color-mix(in srgb, ${ground} 22%, transparent)` } : {}),
  };
}

/** Return the look after the numbers of one sequence, which stand between semicolons. */
export function changed(look: Look, sequence: string): Look {
  const codes = sequence.split(/[;:]/).map(Number);
  let now = look;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(at + 1));
      if (colour) now = code === 38 ? { ...now, colour } : { ...now, ground: colour };
      at += used;
    } else now = after(now, code);
  }
  return now;
}

function after(look: Look, code: number): Look {
  if (code === 0) return {};
  if (code === 7 || code === 27) return { ...look, inverse: code === 7 };
  if (SET[code]) return { ...look, style: { ...look.style, ...SET[code] } };
  if (ENDED[code]) return { ...look, style: without(look.style ?? {}, ENDED[code]) };
  if (code === 39) return without(look, ['colour']);
  if (code === 49) return without(look, ['ground']);
  const [decade, number] = [Math.floor(code / 10), code % 10];
  if (number > 7) return look;
  if (decade === 3 || decade === 9) return { ...look, colour: named(number, decade === 9) };
  if (decade === 4 || decade === 10) return { ...look, ground: named(number, decade === 10) };
  return look;
}

function without<Whole extends object>(whole: Whole, keys: ReadonlyArray<keyof Whole>): Whole {
  return Object.fromEntries(Object.entries(whole).filter(([key]) => !keys.includes(key as keyof Whole))) as Whole;
}

/** Return a colour of a larger palette, `5;n` or `2;r;g;b`, and how many numbers tell it. */
function extended(codes: readonly number[]): [colour: string | null, used: number] {
  const [kind, first = 0, second = 0, third = 0] = codes;
  if (kind === 2) return [readable(first, second, third), 4];
  if (kind !== 5) return [null, 0];
  if (first < 16) return [named(first % 8, first > 7), 2];
  if (first > 231) return [readable(8 + 10 * (first - 232), 8 + 10 * (first - 232), 8 + 10 * (first - 232)), 2];
  const level = (step: number): number => (step ? 55 + 40 * step : 0);
  const place = first - 16;
  return [readable(level(Math.floor(place / 36)), level(Math.floor(place / 6) % 6), level(place % 6)), 2];
}

/** Black and white are the colour of text: which of them can be read is the page's matter. */
function named(number: number, bright: boolean): string {
  return number === 0 && bright ? 'var(--torc-faint)' : `var(--torc-${number % 7 ? `ansi-${HUES[number]}` : 'text'})`;
}

/** Return a colour as dark or as bright as it has to be on the page. */
function readable(red: number, green: number, blue: number): string {
  const from = `from rgb(${red} ${green} ${blue})`;
  return `light-dark(oklch(${from} min(l, 0.5) c h), oklch(${from} max(l, 0.75) c h))`;
}
