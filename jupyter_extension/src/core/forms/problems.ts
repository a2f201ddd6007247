/** Where problems belong: to a section, an entry, a field. */

import type { SpecificationProblem } from '../wire';
import { entryAt, type Draft, type Place } from './draft';
import { NOUNS, type Noun } from './fields';

export type Problem = SpecificationProblem;

export function placeOf(problem: Problem): Place {
  const [noun, index] = problem.path;
  return isNoun(noun) && typeof index === 'number' ? { noun, index } : null;
}

/** Return the key of the field that a problem is about, null when it is about the whole. */
export function keyOf(problem: Problem): string | null {
  const key = problem.path[placeOf(problem) ? 2 : 0];
  return typeof key === 'string' && (placeOf(problem) || !isNoun(key)) ? key : null;
}

export function samePlace(one: Place, other: Place): boolean {
  return one?.noun === other?.noun && one?.index === other?.index;
}

/** Return whether nothing is wrong but that something is still to be filled in. */
export function isMissing(problem: Problem, draft: Draft): boolean {
  const key = keyOf(problem);
  const value = key === null ? null : entryAt(draft, placeOf(problem))[key];
  return value === '' && problem.path.length === (placeOf(problem) ? 3 : 1);
}

/** Return the list that a problem is in, null for the workflow itself. */
export function nounOf(problem: Problem): Noun | null {
  const [noun] = problem.path;
  return isNoun(noun) ? noun : null;
}

/** Return a place as people write it: `jobs[3].command`. */
export function dotted(problem: Problem): string {
  return problem.path.reduce<string>(
    (text, step) => text + (typeof step === 'number' ? `[${step}]` : text ? `.${step}` : step),
    '',
  );
}

function isNoun(value: unknown): value is Noun {
  return NOUNS.some((noun) => noun === value);
}
