/** A specification that is being written, as plain data; every change gives a new one. */

import { sectionOf, type Field, type Noun } from './fields';

export type Draft = Readonly<Record<string, unknown>>;
export type Entry = Readonly<Record<string, unknown>>;
/** Keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];
/** Where a form is: the workflow itself, or an entry of a list. */
export type Place = null | { readonly noun: Noun; readonly index: number };

export const EMPTY: Draft = { name: '', jobs: [{ name: '', command: '' }] };

export function entries(draft: Draft, noun: Noun): readonly Entry[] {
  const found = draft[noun];
  return Array.isArray(found) ? found.map((entry) => (isMapping(entry) ? entry : {})) : [];
}

export function entryAt(draft: Draft, place: Place): Entry {
  return place ? (entries(draft, place.noun)[place.index] ?? {}) : draft;
}

/** Return the draft with another value at a place; `undefined` takes the key away. */
export function withValue(draft: Draft, place: Place, key: string, value: unknown): Draft {
  if (!place) return keyed(draft, key, value);
  const listed = entries(draft, place.noun).map((entry, index) =>
    index === place.index ? keyed(entry, key, value) : entry,
  );
  return { ...draft, [place.noun]: listed };
}

function keyed(entry: Entry, key: string, value: unknown): Entry {
  if (value !== undefined) return { ...entry, [key]: value };
  const { [key]: _, ...rest } = entry;
  return rest;
}

export function withEntry(draft: Draft, noun: Noun, entry: Entry = blank(noun)): Draft {
  return { ...draft, [noun]: [...entries(draft, noun), entry] };
}

export function withoutEntry(draft: Draft, noun: Noun, index: number): Draft {
  const left = entries(draft, noun).filter((_, number) => number !== index);
  return keyed(draft, noun, left.length ? left : undefined);
}

export function moved(draft: Draft, noun: Noun, from: number, to: number): Draft {
  const listed = [...entries(draft, noun)];
  const [entry] = listed.splice(from, 1);
  if (entry) listed.splice(to, 0, entry);
  return { ...draft, [noun]: listed };
}

/** Return an entry with what it must have, still empty. */
export function blank(noun: Noun): Entry {
  const needed = sectionOf(noun).fields.filter((field) => field.required);
  return Object.fromEntries(needed.map((field) => [field.key, field.choices?.[0] ?? '']));
}

/** Return the names that a field can refer to. */
export function namesOf(draft: Draft, of: Field['of']): string[] {
  if (!of) return [];
  if (of === 'parameters') return isMapping(draft.parameters) ? Object.keys(draft.parameters) : [];
  return entries(draft, of)
    .map((entry) => entry.name)
    .filter((name): name is string => typeof name === 'string' && name !== '');
}

/** Return what somebody wrote as the value of a field; `undefined` is nothing. */
export function valueOf(field: Field, text: string): unknown {
  if (text === '') return field.required ? '' : undefined;
  if (field.kind === 'number') return /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text;
  if (field.kind === 'lines') return text.split('\n');
  if (field.kind !== 'json') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Return the text that stands for the value of a field. */
export function textOf(field: Field, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (field.kind === 'lines' && Array.isArray(value)) return value.map(plain).join('\n');
  if (field.kind === 'json' && typeof value === 'string') return isJson(value) ? JSON.stringify(value) : value;
  return plain(value);
}

/** Return a value on one line: texts as they are, all else as JSON. */
export function plain(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
