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
  /**
   * Copies records, keys of `width` bytes and words behind them, to where their parts' cursors stand: the next
   * place and the first without room, u32 each, of 2^bits parts. Returns the row whose part has no room, `rows`
   * where all had. Up to 16 bytes behind a record are read and written.
   */
  putRecords(
    records: number,
    stride: number,
    width: number,
    row: number,
    rows: number,
    bits: number,
    cursors: number,
  ): number;
  /**
   * Groups the records of a part, after the seeds, keys with a word behind each: `list` has how many stretches of
   * both there are, then their addresses and lengths. `room` is a multiple of 2, at least as many as there are
   * keys; the work takes 12 bytes for each and 4 KiB. At `out` are the head (how many groups, how many of them seeds) and
   * arrays of `room`: those of the states, the counts of rows, the keys.
   */
  groupRecords(work: number, layout: number, list: number, room: number, out: number): void;
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

/** The layout of records and of groups (u32 each); the states follow. */
export const GROUPS = {
  width: 0,
  stride: 4,
  /** Where a record has its bits for NULLs, 0 for nowhere. */
  flags: 8,
  /** Bytes of a group before its count of rows, and before its key. */
  counts: 12,
  keys: 16,
  states: 20,
} as const;
export const GROUPS_BYTES = 24;
/** A state: kind, offset of the word in a record, bytes of a group before it, bit for NULL (u32 each). */
export const GROUP_STATE_BYTES = 16;
export const GROUPS_HEAD_BYTES = 16;

/** Kinds of states: rows that are not NULL, sums, extremes, of words of 32 and of 64 bits. */
export const GROUP_STATES = {
  known: 0,
  sum32: 1,
  sum64: 2,
  min32: 3,
  max32: 4,
  min64: 5,
  max64: 6,
} as const;
export type GroupStateKind = keyof typeof GROUP_STATES;

/** Bytes of a group's state; a sum of 64 bits is one of the lower words and one of the upper ones. */
export function groupStateBytes(kind: GroupStateKind): 4 | 8 | 16 {
  if (kind === 'sum64') return 16;
  return kind === 'sum32' || kind === 'min64' || kind === 'max64' ? 8 : 4;
}
