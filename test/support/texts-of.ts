import type { Dictionary } from '../../src/vector/dictionary.ts';

/** All entries of a dictionary. */
export function textsOf(dictionary: Dictionary): string[] {
  return Array.from({ length: dictionary.length }, (_, code) => dictionary.at(code));
}
