/**
 * Rows cut into fields, and the columns that parsers make of them. A splitter writes for each field of
 * each row where it starts and what it is; a column kernel then walks one field of all rows.
 *
 * Block: fields u32, columns i32, row limit i32, rows i32, odd u32, stop i32.
 *   fields: per field its address (u32) and its meta (u32): length, and flags above 2^28.
 *   odd: a byte per field, set where a kernel leaves the field to its caller.
 * Job: one column of the block, see the offsets below.
 */

/** The field holds escapes or doubled quotes: its bytes are not its value. */
export const FLAG_ODD: u32 = 0x80000000;
/** The field stood in quotes, which are outside its bytes. */
export const FLAG_QUOTED: u32 = 0x40000000;
/** A word that no value follows: the null of a format that marks it by length. */
export const META_NULL: u32 = 0xffffffff;

/** Why a splitter stopped: no complete row is left, or the limit is reached. */
export const STOP_END: i32 = 0;
/** The next row is none of the usual form: wrong number of fields, marks, quotes inside of a field. */
export const STOP_ROW: i32 = 1;

export const BLOCK_FIELDS: usize = 0;
export const BLOCK_COLUMNS: usize = 4;
export const BLOCK_LIMIT: usize = 8;
export const BLOCK_ROWS: usize = 12;
export const BLOCK_ODD: usize = 16;
export const BLOCK_STOP: usize = 20;

export const JOB_COLUMN: usize = 0;
/** Address of row 0 of the column, and of its null bytes. */
export const JOB_OUT: usize = 4;
export const JOB_NULLS: usize = 8;
/** Meta of a null field, of one in quotes, and its first eight bytes under a mask. */
export const JOB_NULL_META: usize = 12;
export const JOB_QUOTED_NULL_META: usize = 16;
/** Results: how many nulls and odd fields a kernel has met. */
export const JOB_NULL_COUNT: usize = 20;
export const JOB_ODD_COUNT: usize = 24;
export const JOB_NULL_WORD: usize = 32;
export const JOB_NULL_MASK: usize = 40;
/** Greatest magnitude of an integer. */
export const JOB_LIMIT: usize = 48;
/** Local seconds [from, to) in which the zone has this offset. */
export const JOB_ZONE_FROM: usize = 48;
export const JOB_ZONE_TO: usize = 56;
export const JOB_ZONE_OFFSET: usize = 64;
/** The last text of a timestamp and its value. */
export const JOB_MEMO_VALUE: usize = 72;
export const JOB_MEMO_LENGTH: usize = 80;
export const JOB_MEMO_BYTES: usize = 88;
export const MEMO_BYTES: u32 = 40;

// @ts-ignore: decorator
@inline
export function fieldAt(block: usize, job: usize): usize {
  return (load<u32>(block + BLOCK_FIELDS) as usize) + ((load<u32>(job + JOB_COLUMN) as usize) << 3);
}

/** Bytes from one row's field to the next row's. */
// @ts-ignore: decorator
@inline
export function fieldStride(block: usize): usize {
  return (load<u32>(block + BLOCK_COLUMNS) as usize) << 3;
}

/** The meta of a null field; the loop asks isNull where a field has it, or is quoted. */
// @ts-ignore: decorator
@inline
export function nullMeta(job: usize): u32 {
  return load<u32>(job + JOB_NULL_META);
}

/** True where the field is the null of its format; `expected` is nullMeta, held in a local. */
// @ts-ignore: decorator
@inline
export function isNull(job: usize, expected: u32, meta: u32, start: usize): bool {
  if (meta != expected && (meta & FLAG_QUOTED) == 0) return false;
  return isNullText(job, meta, start);
}

function isNullText(job: usize, meta: u32, start: usize): bool {
  if (meta != load<u32>(job + JOB_NULL_META) && meta != load<u32>(job + JOB_QUOTED_NULL_META)) {
    return false;
  }
  return (load<u64>(start) & load<u64>(job, JOB_NULL_MASK)) == load<u64>(job, JOB_NULL_WORD);
}

export function noteNull(job: usize, row: i32): void {
  store<u8>(load<u32>(job + JOB_NULLS) + row, 1);
  store<i32>(job, load<i32>(job, JOB_NULL_COUNT) + 1, JOB_NULL_COUNT);
}

/** Leaves a field to the caller. */
export function noteOdd(block: usize, job: usize, row: i32): void {
  const at = row * load<i32>(block + BLOCK_COLUMNS) + load<i32>(job + JOB_COLUMN);
  store<u8>(load<u32>(block + BLOCK_ODD) + at, 1);
  store<i32>(job, load<i32>(job, JOB_ODD_COUNT) + 1, JOB_ODD_COUNT);
}

// @ts-ignore: decorator
@inline
export function resetCounts(job: usize): void {
  store<i32>(job, 0, JOB_NULL_COUNT);
  store<i32>(job, 0, JOB_ODD_COUNT);
}
