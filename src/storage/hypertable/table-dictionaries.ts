/** Which dictionaries the text columns of a table's heads and segments use. */
import type { TableRuntime } from './state.ts';
import { TextDictionary } from './text-dictionary.ts';

/** Distinct strings above which a column no longer shares one dictionary among all its segments. */
const SHARED_STRINGS_MAX = 200_000;
/** Bytes of a dictionary that only heads use, above which the next head begins with another one. */
const HEAD_BYTES_MAX = 64 * 1024 * 1024;

/** The table's dictionary of a column, undefined where it has grown too large to be shared. */
export function sharedDictionary(
  runtime: TableRuntime,
  attnum: number,
): TextDictionary | undefined {
  let dictionary = runtime.dictionaries.get(attnum);
  if (dictionary === undefined) {
    dictionary = new TextDictionary();
    runtime.dictionaries.set(attnum, dictionary);
  }
  return dictionary.size > SHARED_STRINGS_MAX ? undefined : dictionary;
}

/**
 * The dictionary of a new head's column: the shared one, or, where that is too large, one for heads alone. Series
 * that come again in the next head are in it, and rows that move there keep their codes.
 */
export function headDictionary(runtime: TableRuntime, attnum: number): TextDictionary {
  const shared = sharedDictionary(runtime, attnum);
  if (shared !== undefined) return shared;
  const last = runtime.headDictionaries.get(attnum) ?? runtime.dictionaries.get(attnum);
  if (last !== undefined && last.bytes <= HEAD_BYTES_MAX) return last;
  const dictionary = new TextDictionary();
  runtime.headDictionaries.set(attnum, dictionary);
  return dictionary;
}
