/**
 * Kernels that write rows as messages, and the layouts they share with their callers. All fields are 32
 * bits unless they say otherwise; addresses are bytes. Kernels write and read up to 32 bytes past what
 * they are given, so whatever they touch needs that much behind it.
 */

export interface OutputKernels {
  /** Rows as messages of fields with their lengths: DataRow, or CopyData of the binary format. */
  writeTuples(control: number): RowStatus;
  /** Rows as CopyData with a line each. */
  writeLines(control: number): RowStatus;
  /**
   * Entries of `count` texts that lie one behind the other up to `end`, each ended by a zero byte.
   * Answers 0 where that is not so.
   */
  splitEntries(texts: number, end: number, entries: number, count: number): number;
  /**
   * Whole sums below 2^53 divided by counts, doubles both, as numerics in text or binary, one behind the
   * other from `out` on, with an entry each; empty where the count is 0. `work` has room for 64 bytes.
   */
  writeQuotients(
    sums: number,
    counts: number,
    rows: number,
    isText: number,
    work: number,
    entries: number,
    out: number,
  ): void;
}

export const RowStatus = {
  /** All rows are written. */
  Done: 0,
  /** The next row may not fit. */
  Full: 1,
  /** The next row needs an entry or a stretch of a zone that is not there; `stoppedAt` has the column. */
  Missing: 2,
} as const;
export type RowStatus = (typeof RowStatus)[keyof typeof RowStatus];

/** What `writeTuples` and `writeLines` work on. */
export const CONTROL = {
  columns: 0,
  columnsEnd: 4,
  /** The next row; the kernel moves it on. */
  row: 8,
  rowsEnd: 12,
  /** Where the next row goes; the kernel moves it on. */
  out: 16,
  limit: 20,
  /** The most bytes that a row takes beside its entries. */
  reserve: 24,
  /** Type byte of the messages. */
  message: 28,
  // Of lines only:
  delimiter: 32,
  nullText: 36,
  nullLength: 40,
  /** Column at which a row was given up. */
  stoppedAt: 44,
  bytes: 48,
} as const;

/** A column. */
export const COLUMN = {
  kind: 0,
  /** A byte a row, 1 for NULL; 0 where no row is NULL. */
  nulls: 4,
  /** A float64 a row, a byte of bool, or what the kind says. */
  values: 8,
  /** By kind: a table of entries, or the state of a date or timestamp column. */
  entries: 12,
  bytes: 16,
} as const;

/** How a column's fields are made. */
export const FieldKind = {
  /** `values` are entries: the address of the bytes, 0 where there are none yet, and their length. */
  EntryByRow: 0,
  /** `values` are 32-bit numbers of entries. */
  EntryByCode: 1,
  Float8Text: 2,
  Float4Text: 3,
  WholeText: 4,
  BoolText: 5,
  DateText: 6,
  TimeText: 7,
  TimestampText: 8,
  Int16: 9,
  Int32: 10,
  Int64: 11,
  Float8: 12,
  Float4: 13,
  Bool: 14,
  Date: 15,
} as const;
export type FieldKind = (typeof FieldKind)[keyof typeof FieldKind];

/** The most bytes that a field takes beside its length, whatever its kind. */
export const FIELD_BYTES_MAX = 48;
export const ENTRY_BYTES = 8;
/** Bytes past the end that kernels may touch. */
export const SLACK_BYTES = 32;

/** The state of a date or timestamp column. All zero but for `dayStart` it knows nothing yet. */
export const DATE_STATE = {
  /** Float64: where the day whose text is kept starts; NaN for none. */
  dayStart: 0,
  /** The current stretch of the zone, then how many others are known, then these. */
  stretch: 32,
  stretchCount: 80,
  firstStretch: 96,
  stretchesMax: 8,
  bytes: 96 + 8 * 48,
} as const;

/** A stretch of time with one offset of the zone; times in microseconds since 2000 UTC. */
export const STRETCH = {
  /** Float64 each. */
  start: 0,
  end: 8,
  offset: 16,
  /** The offset as text. */
  suffixLength: 24,
  suffix: 32,
  bytes: 48,
} as const;
