/** Kernels that number keys of a fixed width; the layout is that of assembly/key-table.ts. */

export interface KeyKernels {
  /** One hash a row, u32 each. */
  hashKeys(keys: number, width: number, rows: number, hashes: number): void;
  /**
   * Writes the numbers of the keys of rows [row, rows) to `out`, and the rows with new keys to `fresh` behind
   * those that it has. Returns the row whose key had no room, `rows` where all had.
   */
  insertKeys(
    table: number,
    keys: number,
    hashes: number,
    row: number,
    rows: number,
    out: number,
    fresh: number,
  ): number;
  /** How many keys there are of each of 2^bits parts, by the upper bits of their hashes, u32 each. */
  countParts(hashes: number, rows: number, bits: number, counts: number): void;
  /**
   * Writes records, of a hash and its key of at most 12 bytes, to where `starts` (u32, in records from `target`)
   * says that those of each part go.
   */
  partKeys(
    work: number,
    keys: number,
    width: number,
    hashes: number,
    rows: number,
    bits: number,
    starts: number,
    target: number,
  ): void;
  /**
   * Counts the different keys of one of 2^bits parts at `out`, 2^32 - 1 for too many, and writes behind that the
   * word of each that lies `word` bytes from its beginning, where it has one there. `work` has room for
   * 2^slotBits slots of 16 bytes.
   */
  distinctKeys(
    work: number,
    records: number,
    rows: number,
    width: number,
    bits: number,
    slotBits: number,
    word: number,
    out: number,
  ): void;
  /** Writes -1 where a key is not in the table. */
  findKeys(table: number, keys: number, hashes: number, rows: number, out: number): void;
  /** Frees all slots of a stretch of memory; V8 would do it byte by byte, for the memory is shared. */
  clearSlots(at: number, bytes: number): void;
  /** Puts what the slots between two addresses hold into the table's, which are more. */
  moveSlots(table: number, at: number, end: number): void;
  /** Whole doubles as words of 32 bits, `stride` bytes apart; those out of range become the nearest in it. */
  keyWords(source: number, rows: number, target: number, stride: number, isUnsigned: 0 | 1): void;
  /** The same as 64 bits. */
  keyWholes(source: number, rows: number, target: number, stride: number): void;
  /** Doubles as they are, all NaNs as one; returns 0 where there is a zero with a sign among them. */
  keyFloats(source: number, rows: number, target: number, stride: number): 0 | 1;
  /** Words of 32 bits, `stride` bytes apart. */
  spreadWords(source: number, rows: number, target: number, stride: number): void;
  /** The same for words of 64 bits. */
  spreadLongs(source: number, rows: number, target: number, stride: number): void;
  /** Words that lie `stride` bytes apart, one behind the other. */
  collectWords(source: number, stride: number, rows: number, target: number): void;
  collectLongs(source: number, stride: number, rows: number, target: number): void;
  /** Whole numbers of 64 bits as doubles; returns 0 where there is one beyond +-(2^53 - 1). */
  wholeDoubles(source: number, rows: number, target: number): 0 | 1;
  /** Keys of one width as keys of a larger one, with zeros behind them. */
  widenKeys(source: number, width: number, rows: number, target: number, wide: number): void;
}

/** Offsets in a table of keys (u32 each). */
export const KEYS = {
  slots: 0,
  shift: 4,
  pages: 8,
  width: 12,
  count: 16,
  limit: 20,
  fresh: 24,
} as const;
export const KEYS_BYTES = 64;
/** Keys of a page. */
export const KEY_PAGE_BITS = 12;

/** Narrow keys lie in their slots. */
export function keySlotBytes(width: number): number {
  return width <= 12 ? 16 : 8;
}
