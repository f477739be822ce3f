/**
 * The strings of a text column, by code. They may lie as UTF-8 in pages: who moves, hashes or compares them
 * takes their bytes, and only who computes with a text asks for the string.
 */

/** Where the bytes of an entry are, until the next call that sets a span. */
export interface ByteSpan {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** Entries never change. */
export interface Dictionary {
  readonly length: number;
  /** Of two dictionaries of one source the longer begins with the entries of the shorter. */
  readonly source: object;
  /** No two entries are equal: who numbers texts can take their codes for it. */
  readonly isDistinct: boolean;
  /** Entries are bytes: a string is made when one is asked for. */
  readonly hasBytes: boolean;
  /** No entry's `sizeAt` is more. */
  readonly longest: number;
  at(code: number): string;
  /** How long an entry is: in bytes, or in UTF-16 units where it is a string. */
  sizeAt(code: number): number;
  /** Sets the place of the entry's UTF-8. */
  spanAt(code: number, span: ByteSpan): void;
  /** What `hashBytes` makes of the entry's UTF-8. */
  hashAt(code: number): number;
  /** Where it is there: entries in turn, each as its length (u32, little-endian) and its UTF-8, in valid-until-next pieces. */
  written?(codes: Int32Array): Iterable<Uint8Array>;
}

export function newSpan(): ByteSpan {
  return { bytes: NO_BYTES, start: 0, end: 0 };
}

const NO_BYTES = new Uint8Array(0);
