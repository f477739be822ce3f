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
