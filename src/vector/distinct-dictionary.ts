/**
 * Dictionaries of which it is known that no two strings are equal, by what they were taken of. Who numbers
 * texts can take their codes for it, and look at no string.
 */

const origins = new WeakMap<readonly string[], object>();

/** Of two dictionaries of one origin the longer begins with the strings of the shorter. */
export function declareDistinct(dictionary: readonly string[], origin: object): void {
  origins.set(dictionary, origin);
}

/** undefined for a dictionary that may have equal strings. */
export function originOf(dictionary: readonly string[]): object | undefined {
  return origins.get(dictionary);
}

/** What some origins can do: find a text among the strings that they gave dictionaries of. */
interface TextFinder {
  /** False where it would have to prepare for it first. */
  readonly isIndexed: boolean;
  codeOf(text: string): number | undefined;
}

/** The code of a text in a dictionary, -1 where it has none; undefined where that is not known. */
export function codeIn(dictionary: readonly string[], text: string): number | undefined {
  const origin = origins.get(dictionary);
  if (origin === undefined) return undefined;
  // Rows of NULL have a code, too: mostly it is that of the empty string, which comes first.
  if (dictionary[0] === text) return 0;
  if (!isFinder(origin) || !origin.isIndexed) return undefined;
  const code = origin.codeOf(text);
  // The dictionary may be from before the text came.
  return code === undefined || code >= dictionary.length ? -1 : code;
}

function isFinder(origin: object): origin is TextFinder {
  return 'codeOf' in origin && typeof origin.codeOf === 'function';
}
