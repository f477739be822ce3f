/**
 * Kernels that read rows of input: splitters cut bytes into fields, column kernels make one column of
 * them. Layouts of blocks, jobs and tables are those of assembly/field-block.ts and text-table.ts.
 */

/**
 * Splits [at, end) into rows of the block; returns the address of the first row that it did not take. It has
 * taken all that it can only when it takes none.
 */
type Split = (block: number, at: number, end: number, marks: number) => number;

/** Reads the job's column of the block's rows; counts of nulls and odd fields go to the job. */
type Column = (block: number, job: number, variant: number) => void;

export interface InputKernels {
  readonly splitText: Split;
  readonly splitCsv: Split;
  splitBinary(block: number, at: number, end: number): number;
  splitValues(block: number, at: number, end: number): number;
  /** How many fields of the job's column are numbers without quotes. */
  countBare(block: number, job: number): number;
  parseIntegers(block: number, job: number): void;
  /** All integers of 64 bits, as such rather than as doubles. */
  parseWides(block: number, job: number): void;
  /** Variant 1 is float4; 2 says that bare zeros have no sign. */
  readonly parseFloats: Column;
  /** Variant 1 has a time zone. */
  readonly parseTimestamps: Column;
  parseDates(block: number, job: number): void;
  parseBooleans(block: number, job: number): void;
  /** Variants are widths in bytes. */
  readonly readIntegers: Column;
  readWides(block: number, job: number): void;
  readonly readFloats: Column;
  readBooleans(block: number, job: number): void;
  /** Codes of the rows from `from` on; returns the row for which the table had no room. */
  textCodes(block: number, job: number, table: number, from: number): number;
  /** As textCodes, with a code of its own for each row's text; `state` is laid out as ROW_TEXTS. */
  appendTexts(block: number, job: number, state: number, from: number): number;
  /** The code of a string; -1 where the table has no room, -2 where it does not take the string. */
  textCode(table: number, at: number, length: number): number;
  rehashTexts(table: number): void;
  /**
   * Writes the strings of codes, each behind its length (u32), to `out`, where 16 bytes more must be free; returns
   * the end. The table must have them all.
   */
  writeTexts(table: number, codes: number, count: number, out: number): number;
  /** As textCodes where `tuples` tell most rows' codes; the column is the one at `position` of them. */
  tupleCodes(
    block: number,
    job: number,
    table: number,
    from: number,
    tuples: number,
    position: number,
  ): number;
  /** Finds the tuples of the block's rows; returns how many rows have none. */
  findTuples(block: number, tuples: number): number;
  /** Adds those of rows that had none and were read since; returns 0 where the table has no room. */
  learnTuples(block: number, jobs: number, tuples: number): number;
  /** Tells where the 128-bit mantissas of the powers of ten from -64 to 64 are. */
  setWidePowers(table: number): void;
}

/** Offsets in a block (u32 each). */
export const BLOCK = { fields: 0, columns: 4, limit: 8, rows: 12, odd: 16, stop: 20 } as const;
export const BLOCK_BYTES = 64;

/** Offsets in a job: u32 up to `nullWord`, then 64 bits each. */
export const JOB = {
  column: 0,
  out: 4,
  nulls: 8,
  nullMeta: 12,
  quotedNullMeta: 16,
  nullCount: 20,
  oddCount: 24,
  nullWord: 32,
  nullMask: 40,
  limit: 48,
  zoneFrom: 48,
  zoneTo: 56,
  zoneOffset: 64,
  memoValue: 72,
  memoLength: 80,
  memoBytes: 88,
} as const;
export const JOB_BYTES = 128;

/** Offsets in a text table (u32 each). */
export const TABLE = {
  slots: 0,
  mask: 4,
  entries: 8,
  entryCapacity: 12,
  pool: 16,
  poolUsed: 20,
  poolCapacity: 24,
  count: 28,
  wanted: 32,
} as const;
export const TABLE_BYTES = 256;

/** Offsets in the state of texts by row (u32 each). */
export const ROW_TEXTS = {
  hashes: 0,
  starts: 4,
  capacity: 8,
  pool: 12,
  poolUsed: 16,
  poolCapacity: 20,
  count: 24,
  wanted: 28,
} as const;
export const ROW_TEXTS_BYTES = 32;

/** Offsets in a table of text tuples (u32 each). */
export const TUPLES = {
  first: 0,
  columns: 4,
  slots: 8,
  mask: 12,
  entries: 16,
  entryCapacity: 20,
  count: 24,
  pool: 28,
  poolUsed: 32,
  poolCapacity: 36,
  codes: 40,
  rows: 44,
  lead: 48,
  last: 52,
  missed: 56,
} as const;
export const TUPLES_BYTES = 64;
export const TUPLE_ENTRY_BYTES = 16;

/** Flags of a field's meta; its other bits are the length. */
export const FIELD_ODD = 0x80000000;
export const FIELD_QUOTED = 0x40000000;
export const META_NULL = 0xffffffff;
/** A meta that no field has. */
export const META_NEVER = 0xfffffffe;
/** What `stop` says where the next row is not of the usual form; for VALUES, that the rows have ended. */
export const STOP_ROW = 1;

/** Bytes after the input that splitters and parsers may touch. */
export const INPUT_PADDING = 64;
/** Longer strings have no place in a text table. */
export const TEXT_LENGTH_MAX = 1024;
