/** Looking texts up in dictionaries, and telling which of them number the same texts alike. */
import type { Dictionary } from './dictionary.ts';

/** The source of a dictionary without equal strings; undefined for others. */
export function originOf(dictionary: Dictionary): object | undefined {
  return dictionary.isDistinct ? dictionary.source : undefined;
}

/** What some sources can do: find a text among the strings that they gave dictionaries of. */
interface TextFinder {
  /** False where it would have to prepare for it first. */
  readonly isIndexed: boolean;
  codeOf(text: string): number | undefined;
}

/** The code of a text in a dictionary, -1 where it has none; undefined where that is not known. */
export function codeIn(dictionary: Dictionary, text: string): number | undefined {
  const origin = originOf(dictionary);
  if (origin === undefined) return undefined;
  // Rows of NULL have a code, too: mostly it is that of the empty string, which comes first.
  if (dictionary.length > 0 && dictionary.at(0) === text) return 0;
  if (!isFinder(origin) || !origin.isIndexed) return undefined;
  const code = origin.codeOf(text);
  // The dictionary may be from before the text came.
  return code === undefined || code >= dictionary.length ? -1 : code;
}

function isFinder(origin: object): origin is TextFinder {
  return 'codeOf' in origin && typeof origin.codeOf === 'function';
}
