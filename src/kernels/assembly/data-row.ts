/**
 * Rows of a batch as messages: one loop over rows and columns, each column a descriptor. Layouts and the
 * meaning of everything here are in output-kernels.ts.
 */
import { putTime, putDate, putTimestamp } from './date-time-text';
import { putInt32, putWhole } from './decimal-digits';
import { putFloat4, putFloat8 } from './float-text';

// Fields of the control block.
const COLUMNS: usize = 0;
const COLUMNS_END: usize = 4;
const ROW: usize = 8;
const ROWS_END: usize = 12;
const OUT: usize = 16;
const LIMIT: usize = 20;
const RESERVE: usize = 24;
const MESSAGE: usize = 28;
const DELIMITER: usize = 32;
const NULL_TEXT: usize = 36;
const NULL_LENGTH: usize = 40;
const STOPPED_AT: usize = 44;
// Fields of a column.
const KIND: usize = 0;
const NULLS: usize = 4;
const VALUES: usize = 8;
const ENTRIES: usize = 12;
const COLUMN_BYTES: usize = 16;

const enum Kind {
  EntryByRow,
  EntryByCode,
  Float8Text,
  Float4Text,
  WholeText,
  BoolText,
  DateText,
  TimeText,
  TimestampText,
  Int16,
  Int32,
  Int64,
  Float8,
  Float4,
  Bool,
  Date,
}

const enum Status {
  Done,
  Full,
  Missing,
}

let status: i32 = Status.Done;

/** A field without its length; 0 where it cannot be written, with `status` set. */
// @ts-ignore: decorator
@inline
function putField(out: usize, column: usize, row: usize, room: usize): usize {
  const values = <usize>load<u32>(column, VALUES);
  switch (load<i32>(column, KIND)) {
    case Kind.EntryByRow:
      return putEntry(out, load<u64>(values + (row << 3)), room);
    case Kind.EntryByCode: {
      const code = <usize>load<u32>(values + (row << 2));
      return putEntry(out, load<u64>(<usize>load<u32>(column, ENTRIES) + (code << 3)), room);
    }
    case Kind.Float8Text:
      return putFloat8(out, load<f64>(values + (row << 3)));
    case Kind.Float4Text:
      return putFloat4(out, load<f64>(values + (row << 3)));
    case Kind.WholeText: {
      const value = load<f64>(values + (row << 3));
      const whole = <i32>value;
      return <f64>whole == value ? putInt32(out, whole) : putWhole(out, <i64>value);
    }
    case Kind.BoolText:
      store<u8>(out, load<u8>(values + row) == 1 ? 116 : 102);
      return out + 1;
    case Kind.DateText:
      return putDate(out, <usize>load<u32>(column, ENTRIES), load<f64>(values + (row << 3)));
    case Kind.TimeText:
      return putTime(out, load<f64>(values + (row << 3)));
    case Kind.TimestampText: {
      const state = <usize>load<u32>(column, ENTRIES);
      const end = putTimestamp(out, state, load<f64>(values + (row << 3)));
      if (end == 0) status = Status.Missing;
      return end;
    }
    case Kind.Int16:
      store<u16>(out, bswap<u16>(<u16><i32>load<f64>(values + (row << 3))));
      return out + 2;
    case Kind.Int32:
      store<u32>(out, bswap<u32>(<u32><i64>load<f64>(values + (row << 3))));
      return out + 4;
    case Kind.Int64:
      // The conversion saturates, so infinities become what PostgreSQL sends for them; so for dates.
      store<u64>(out, bswap<u64>(<u64><i64>load<f64>(values + (row << 3))));
      return out + 8;
    case Kind.Float8:
      store<u64>(out, bswap<u64>(load<u64>(values + (row << 3))));
      return out + 8;
    case Kind.Float4:
      store<u32>(out, bswap<u32>(reinterpret<u32>(<f32>load<f64>(values + (row << 3)))));
      return out + 4;
    case Kind.Bool:
      store<u8>(out, load<u8>(values + row));
      return out + 1;
    case Kind.Date:
      store<u32>(out, bswap<u32>(<u32><i32>load<f64>(values + (row << 3))));
      return out + 4;
    default:
      unreachable();
  }
  return 0;
}

/** Copies an entry: its address and, above, its length. `room` is where entries must end. */
// @ts-ignore: decorator
@inline
function putEntry(out: usize, entry: u64, room: usize): usize {
  const length = <usize>(entry >> 32);
  const end = out + length;
  const from = <usize>(entry & 0xffffffff);
  if (from == 0 || end > room) {
    status = from == 0 ? Status.Missing : Status.Full;
    return 0;
  }
  v128.store(out, v128.load(from));
  if (length > 16) copyRest(out, from, length);
  return end;
}

function copyRest(out: usize, from: usize, length: usize): void {
  if (length > 256) {
    memory.copy(out, from, length);
    return;
  }
  for (let at: usize = 16; at < length; at += 16) v128.store(out + at, v128.load(from + at));
}

/** DataRow, or CopyData with a tuple of the binary format: fields with their lengths before them. */
export function writeTuples(control: usize): i32 {
  const columns = <usize>load<u32>(control, COLUMNS);
  const columnsEnd = <usize>load<u32>(control, COLUMNS_END);
  const rowsEnd = <usize>load<u32>(control, ROWS_END);
  const room = <usize>load<u32>(control, LIMIT) - load<u32>(control, RESERVE);
  const message = load<u8>(control, MESSAGE);
  const count = bswap<u16>(<u16>((columnsEnd - columns) / COLUMN_BYTES));
  let row = <usize>load<u32>(control, ROW);
  let start = <usize>load<u32>(control, OUT);
  status = Status.Done;
  for (; row < rowsEnd; row++) {
    if (start > room) {
      status = Status.Full;
      break;
    }
    store<u16>(start, count, 5);
    let out = start + 7;
    let column = columns;
    for (; column < columnsEnd; column += COLUMN_BYTES) {
      const nulls = <usize>load<u32>(column, NULLS);
      if (nulls != 0 && load<u8>(nulls + row) == 1) {
        store<u32>(out, 0xffffffff);
        out += 4;
        continue;
      }
      const end = putField(out + 4, column, row, room);
      if (end == 0) break;
      store<u32>(out, bswap<u32>(<u32>(end - out - 4)));
      out = end;
    }
    if (column < columnsEnd) {
      store<u32>(control, <u32>((column - columns) / COLUMN_BYTES), STOPPED_AT);
      break;
    }
    store<u8>(start, message);
    store<u32>(start, bswap<u32>(<u32>(out - start - 1)), 1);
    start = out;
  }
  store<u32>(control, <u32>row, ROW);
  store<u32>(control, <u32>start, OUT);
  return status;
}

/** CopyData with a line: fields with a delimiter between them. */
export function writeLines(control: usize): i32 {
  const columns = <usize>load<u32>(control, COLUMNS);
  const columnsEnd = <usize>load<u32>(control, COLUMNS_END);
  const rowsEnd = <usize>load<u32>(control, ROWS_END);
  const room = <usize>load<u32>(control, LIMIT) - load<u32>(control, RESERVE);
  const message = load<u8>(control, MESSAGE);
  const delimiter = load<u8>(control, DELIMITER);
  const nullText = <usize>load<u32>(control, NULL_TEXT);
  const nullLength = <usize>load<u32>(control, NULL_LENGTH);
  let row = <usize>load<u32>(control, ROW);
  let start = <usize>load<u32>(control, OUT);
  status = Status.Done;
  for (; row < rowsEnd; row++) {
    if (start > room) {
      status = Status.Full;
      break;
    }
    let out = start + 5;
    let column = columns;
    for (; column < columnsEnd; column += COLUMN_BYTES) {
      const nulls = <usize>load<u32>(column, NULLS);
      if (nulls != 0 && load<u8>(nulls + row) == 1) {
        v128.store(out, v128.load(nullText));
        if (nullLength > 16) copyRest(out, nullText, nullLength);
        out += nullLength;
      } else {
        const end = putField(out, column, row, room);
        if (end == 0) break;
        out = end;
      }
      store<u8>(out++, delimiter);
    }
    if (column < columnsEnd) {
      store<u32>(control, <u32>((column - columns) / COLUMN_BYTES), STOPPED_AT);
      break;
    }
    // The delimiter behind the last field becomes the line's end.
    if (columns == columnsEnd) out++;
    store<u8>(out - 1, 10);
    store<u8>(start, message);
    store<u32>(start, bswap<u32>(<u32>(out - start - 1)), 1);
    start = out;
  }
  store<u32>(control, <u32>row, ROW);
  store<u32>(control, <u32>start, OUT);
  return status;
}

/**
 * Entries of `count` texts that lie one behind the other, each ended by a zero byte. Answers false where
 * there are not as many zero bytes up to `end`.
 */
export function splitEntries(texts: usize, end: usize, entries: usize, count: i32): bool {
  const last = entries + (<usize>count << 3);
  let start = texts;
  for (let block = texts; block < end; block += 16) {
    let zeros = i8x16.bitmask(i8x16.eq(v128.load(block), i8x16.splat(0)));
    while (zeros != 0) {
      const at = block + <usize>ctz(zeros);
      if (at >= end) break;
      if (entries == last) return false;
      store<u64>(entries, <u64>start | (<u64>(at - start) << 32));
      entries += 8;
      start = at + 1;
      zeros &= zeros - 1;
    }
  }
  return entries == last && start == end;
}
