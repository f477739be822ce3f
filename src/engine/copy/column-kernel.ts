/** Which kernel reads a column, and what it needs to know about it. */
import {
  BLOCK,
  FIELD_ODD,
  FIELD_QUOTED,
  JOB,
  META_NEVER,
  META_NULL,
} from '../../kernels/input-kernels.ts';
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import { requireZone, type TimeZone } from '../../types/datetime/timezone.ts';
import { OID } from '../../types/type.ts';
import { wideDecimalPowers } from './decimal-powers.ts';
import type { ColumnSink } from './column-sink.ts';
import type { FieldBlock } from './field-block.ts';
import { hasTextKernel, LIMITS, NUMBERS, WIDTHS } from './kernel-types.ts';
import type { TextTuples } from './text-tuples.ts';

/** What a varchar's typmod has more than its length. */
const VARCHAR_HEADER = 4;
const DAY = 86_400;
const MICROS = 1_000_000;
const MEMO_MAX = 40;

/** How a format writes NULL. */
export interface NullForm {
  /** undefined where a length marks it. */
  readonly bytes: Uint8Array | undefined;
  readonly hasEscape: boolean;
  readonly mayBeBare: boolean;
  readonly mayBeQuoted: boolean;
  /** SQL: what has no quotes is a number, and its zero has no sign. */
  readonly isSql?: boolean;
}

/** Kernels compare this many bytes of a null text. */
export const NULL_BYTES_MAX = 8;

/** A number where SQL would have to convert it. */
export class BareValue extends Error {}

export class ColumnKernel {
  readonly sink: ColumnSink;
  readonly #place: FieldBlock;
  readonly #job: number;
  readonly #run: (() => void) | undefined;
  /** The same into words, of integers that may be in no double. */
  readonly #runWide: (() => void) | undefined;
  readonly #zone: TimeZone | undefined;
  readonly #isTimestamp: boolean;
  readonly #isSql: boolean;
  readonly #refusesBare: boolean;
  #tuples: { readonly table: TextTuples; readonly position: number } | undefined;

  /** The job is JOB_BYTES of the kernels' memory, held by the caller. */
  constructor(
    sink: ColumnSink,
    column: number,
    place: FieldBlock,
    job: number,
    isBinary: boolean,
    nullForm: NullForm,
  ) {
    this.sink = sink;
    this.#place = place;
    this.#job = job;
    this.#set(JOB.column, column);
    this.#set(JOB.out, place.out);
    this.#set(JOB.nulls, place.nulls);
    this.forget();
    this.#setNull(nullForm);
    this.#isSql = nullForm.isSql === true;
    this.#refusesBare = this.#isSql && !NUMBERS.has(sink.type.oid);
    this.#run = isBinary ? this.#binaryKernel() : this.#textKernel();
    this.#runWide = this.#wideKernel(isBinary);
    const { oid } = sink.type;
    this.#isTimestamp = !isBinary && (oid === OID.timestamp || oid === OID.timestamptz);
    if (this.#isTimestamp && oid === OID.timestamptz) {
      this.#zone = requireZone(sink.settings.timeZone);
      this.#noteZone(0);
    }
  }

  /** Reads only what the tuples do not tell; the column is the one at `position` of theirs. */
  useTuples(table: TextTuples, position: number): void {
    this.#tuples = { table, position };
  }

  /** Reads the column's fields into rows from `row` on; true where some were left to the caller. */
  read(row: number, rows: number): boolean {
    if (this.#refusesBare && kernels.countBare(this.#place.block, this.#job) > 0) {
      throw new BareValue();
    }
    if (this.#run === undefined) {
      this.#mark(rows, 1);
      return true;
    }
    const isWide = this.#runNumbers(this.#run, rows);
    const { out, nulls } = this.#place;
    const { u8, i32, u32, f64 } = kernelViews();
    const { sink } = this;
    if (isWide) sink.setWords(row, i32.subarray(out >>> 2, (out >>> 2) + 2 * rows));
    else if (sink.rep === 'f64') sink.setNumbers(row, f64.subarray(out >>> 3, (out >>> 3) + rows));
    else if (sink.rep === 'text') sink.setCodes(row, i32.subarray(out >>> 2, (out >>> 2) + rows));
    else sink.setFlags(row, u8.subarray(out, out + rows));
    const isLeft = this.#leaveBeyondLimits(rows);
    if (u32[(this.#job + JOB.nullCount) >>> 2] > 0) {
      sink.setNulls(row, u8.subarray(nulls, nulls + rows));
      u8.fill(0, nulls, nulls + rows);
    }
    return isLeft || u32[(this.#job + JOB.oddCount) >>> 2] > 0;
  }

  /** Runs the kernel, or, where a column has integers that no double holds, the one that makes words; true then. */
  #runNumbers(run: () => void, rows: number): boolean {
    const runWide = this.#runWide;
    if (runWide === undefined || !this.sink.hasWords) {
      run();
      const { u8, u32 } = kernelViews();
      if (runWide === undefined || u32[(this.#job + JOB.oddCount) >>> 2] === 0) return false;
      this.#mark(rows, 0);
      u8.fill(0, this.#place.nulls, this.#place.nulls + rows);
    }
    runWide();
    return true;
  }

  /** Kernels know no lengths and precisions: a value that is beyond its column's is left. */
  #leaveBeyondLimits(rows: number): boolean {
    const { oid, typmod } = this.sink.type;
    if (typmod < 0) return false;
    const { i32, f64 } = kernelViews();
    const { out } = this.#place;
    const { texts } = this.sink;
    if (oid === OID.varchar && texts !== undefined) {
      const limit = typmod - VARCHAR_HEADER;
      if (texts.longest <= limit) return false;
      const codes = i32.subarray(out >>> 2, (out >>> 2) + rows);
      return this.#leave(rows, (row) => texts.isLonger(codes[row], limit));
    }
    const unit = 10 ** Math.max(0, 6 - typmod);
    if (!this.#isTimestamp || unit === 1) return false;
    const micros = f64.subarray(out >>> 3, (out >>> 3) + rows);
    return this.#leave(rows, (row) => micros[row] % unit !== 0);
  }

  #leave(rows: number, isBeyond: (row: number) => boolean): boolean {
    const { u8, u32 } = kernelViews();
    const columns = u32[(this.#place.block + BLOCK.columns) >>> 2];
    const nulls = this.#place.nulls;
    let isLeft = false;
    let at = this.#place.odd + u32[(this.#job + JOB.column) >>> 2];
    for (let row = 0; row < rows; row++, at += columns) {
      if (u8[nulls + row] === 1 || !isBeyond(row)) continue;
      u8[at] = 1;
      isLeft = true;
    }
    return isLeft;
  }

  /** Words like 'now' mean something else in the next statement. */
  forget(): void {
    this.#set(JOB.memoLength, META_NEVER);
  }

  /** Lets the kernel know what the caller made of a field that was left to it. */
  learn(row: number, bytes: Uint8Array, start: number, meta: number): void {
    if (!this.#isTimestamp) return;
    const value = this.sink.numberAt(row);
    if (value === undefined || !Number.isFinite(value)) return;
    this.#noteZone(value);
    const length = meta >= FIELD_ODD ? meta : meta & ~FIELD_QUOTED;
    if (length > MEMO_MAX) return;
    const { u8, f64 } = kernelViews();
    u8.set(bytes.subarray(start, start + length), this.#job + JOB.memoBytes);
    f64[(this.#job + JOB.memoValue) >>> 3] = value;
    this.#set(JOB.memoLength, length);
  }

  /** Marks all fields as left to the caller, or as not. */
  #mark(rows: number, isLeft: 0 | 1): void {
    const { u8, u32 } = kernelViews();
    const columns = u32[(this.#place.block + BLOCK.columns) >>> 2];
    const first = this.#place.odd + u32[(this.#job + JOB.column) >>> 2];
    for (let row = 0; row < rows; row++) u8[first + row * columns] = isLeft;
  }

  #wideKernel(isBinary: boolean): (() => void) | undefined {
    if (this.sink.type.oid !== OID.int8 || this.#run === undefined) return undefined;
    const { block } = this.#place;
    const job = this.#job;
    return () => (isBinary ? kernels.readWides(block, job) : kernels.parseWides(block, job));
  }

  #textKernel(): (() => void) | undefined {
    const { oid } = this.sink.type;
    const { block } = this.#place;
    const job = this.#job;
    switch (oid) {
      case OID.int2:
      case OID.int4:
      case OID.int8:
        this.#setDouble(JOB.limit, LIMITS.get(oid) as number);
        return () => kernels.parseIntegers(block, job);
      case OID.float4:
      case OID.float8:
        wideDecimalPowers();
        return () =>
          kernels.parseFloats(block, job, (oid === OID.float4 ? 1 : 0) + (this.#isSql ? 2 : 0));
      case OID.timestamp:
      case OID.timestamptz:
        if (!this.#readsIso()) return undefined;
        return () => kernels.parseTimestamps(block, job, oid === OID.timestamptz ? 1 : 0);
      case OID.date:
        return this.#readsIso() ? () => kernels.parseDates(block, job) : undefined;
      case OID.bool:
        return () => kernels.parseBooleans(block, job);
      default:
        return this.#textCodes();
    }
  }

  #binaryKernel(): (() => void) | undefined {
    const { oid, typmod } = this.sink.type;
    const { block } = this.#place;
    const job = this.#job;
    const width = WIDTHS.get(oid);
    if (oid === OID.bool) return () => kernels.readBooleans(block, job);
    if (width === undefined) return this.#textCodes();
    const limit = LIMITS.get(oid);
    if (limit === undefined) return () => kernels.readFloats(block, job, width);
    if (typmod !== -1) return undefined;
    this.#setDouble(JOB.limit, limit);
    return () => kernels.readIntegers(block, job, width);
  }

  #textCodes(): (() => void) | undefined {
    if (!hasTextKernel(this.sink.type)) return undefined;
    return () => {
      const tuples = this.#tuples;
      const known =
        tuples?.table.isUsed === true
          ? { table: tuples.table.table, position: tuples.position }
          : undefined;
      this.sink.texts?.read(this.#place.block, this.#job, known);
    };
  }

  #readsIso(): boolean {
    return this.sink.settings.dateStyle === 'ISO';
  }

  /** Texts without an offset are local times: around this moment, the zone has one offset. */
  #noteZone(micros: number): void {
    if (this.#zone === undefined) return;
    const { start, end, offset } = this.#zone.stretchAt(Math.floor(micros / MICROS));
    this.#setDouble(JOB.zoneFrom, start + DAY);
    this.#setDouble(JOB.zoneTo, end - DAY);
    this.#setDouble(JOB.zoneOffset, offset);
  }

  #setNull({ bytes, hasEscape, mayBeBare, mayBeQuoted }: NullForm): void {
    const job = this.#job;
    const { u8 } = kernelViews();
    u8.fill(0, job + JOB.nullWord, job + JOB.nullWord + 16);
    if (bytes === undefined) {
      this.#set(JOB.nullMeta, META_NULL);
      this.#set(JOB.quotedNullMeta, META_NEVER);
      return;
    }
    const bare = bytes.length + (hasEscape ? FIELD_ODD : 0);
    this.#set(JOB.nullMeta, mayBeBare ? bare : META_NEVER);
    this.#set(JOB.quotedNullMeta, mayBeQuoted ? bytes.length + FIELD_QUOTED : META_NEVER);
    u8.set(bytes, job + JOB.nullWord);
    u8.fill(255, job + JOB.nullMask, job + JOB.nullMask + bytes.length);
  }

  #set(offset: number, value: number): void {
    kernelViews().u32[(this.#job + offset) >>> 2] = value;
  }

  #setDouble(offset: number, value: number): void {
    kernelViews().f64[(this.#job + offset) >>> 3] = value;
  }
}
