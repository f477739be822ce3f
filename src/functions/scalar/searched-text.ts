/** A text being searched by a regular expression, with the means to cut it by character positions. */
import type { Stepped } from '../../base/steps.ts';
import type { RegexMatch } from '../regex/groups.ts';
import type { Regex, RegexSearch } from '../regex/regex.ts';

/** Matches after which others may have a turn. */
const STEP_MATCHES = 512;
/** Characters that one call puts together. */
const STRETCH = 4096;

/** What a function does with a match; false where it needs no more. */
export type Visit = (match: RegexMatch) => boolean;

export class SearchedText {
  readonly search: RegexSearch;
  readonly #text: string;
  /** Whether characters are units of the string. */
  readonly #isPlain: boolean;

  constructor(regex: Regex, text: string) {
    this.search = regex.search(text);
    this.#text = text;
    this.#isPlain = this.search.subject.length === text.length;
  }

  get length(): number {
    return this.search.subject.length;
  }

  slice(start: number, end: number): string {
    if (this.#isPlain) return this.#text.slice(start, end);
    const { codes } = this.search.subject;
    let text = '';
    for (let at = start; at < end; at += STRETCH) {
      text += String.fromCodePoint(...codes.subarray(at, Math.min(end, at + STRETCH)));
    }
    return text;
  }

  group(match: RegexMatch, index: number): string | null {
    if (index === 0) return this.slice(match.start, match.end);
    const start = match.groupStarts[index] as number;
    return start < 0 ? null : this.slice(start, match.groupEnds[index] as number);
  }

  /** All matches from a character position on; an empty match moves on by one character. */
  visit(from: number, withGroups: boolean, visit: Visit): void {
    for (let at = from; at <= this.length;) {
      const match = this.search.next(at, withGroups);
      if (match === undefined || !visit(match)) return;
      at = behind(match);
    }
  }

  /** The same in steps. */
  *visitSteps(from: number, withGroups: boolean, visit: Visit): Stepped<void> {
    yield* this.search.prepare();
    let at = from;
    for (let count = 1; at <= this.length; count++) {
      const match = yield* this.search.nextSteps(at, withGroups);
      if (match === undefined || !visit(match)) return;
      if (count % STEP_MATCHES === 0) yield;
      at = behind(match);
    }
  }
}

/** Where the search goes on. */
export function behind({ start, end }: RegexMatch): number {
  return end > start ? end : end + 1;
}
