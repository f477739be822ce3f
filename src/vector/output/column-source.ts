/**
 * Columns of a batch as kernels read them. A source puts a piece of its column into the encode area and
 * describes it; what a kernel then finds missing the source supplies, or the rows are left to others.
 */
import { ByteWriter } from '../../base/byte-writer.ts';
import { kernelMemory, kernelViews } from '../../kernels/memory.ts';
import {
  COLUMN,
  DATE_STATE,
  ENTRY_BYTES,
  FieldKind,
  STRETCH,
} from '../../kernels/output-kernels.ts';
import { MICROS_PER_SECOND } from '../../types/datetime/calendar.ts';
import { formatOffset } from '../../types/datetime/format-date-time.ts';
import type { TimeZone } from '../../types/datetime/timezone.ts';
import type { NullMask } from '../vector.ts';
import type { DictionaryEntries } from './dictionary-entries.ts';
import type { EncodeArea } from './encode-area.ts';
import { encodeTexts } from './entry-bytes.ts';

const ENCODER = new TextEncoder();

export abstract class ColumnSource {
  readonly nulls: NullMask;

  constructor(nulls: NullMask) {
    this.nulls = nulls;
  }

  /** Whether loading makes a text or a binary form of each value. */
  get formats(): boolean {
    return false;
  }

  /** Puts rows into the area and describes them there; false where the area has no room. */
  abstract load(area: EncodeArea, column: number, from: number, rows: number): boolean;

  /** Gives what `row` misses, and maybe those up to `to`; false where it cannot. */
  supply(_area: EncodeArea, _column: number, _row: number, _to: number): boolean {
    return false;
  }

  protected describe(
    area: EncodeArea,
    column: number,
    from: number,
    rows: number,
    fields: { kind: FieldKind; values: number; entries?: number },
  ): boolean {
    const { nulls } = this;
    const mask = nulls === undefined ? 0 : area.put(nulls.subarray(from, from + rows));
    if (fields.values === 0 || (mask === 0 && nulls !== undefined)) return false;
    const { u32 } = kernelViews();
    const at = column / 4;
    u32[at + COLUMN.kind / 4] = fields.kind;
    u32[at + COLUMN.nulls / 4] = mask;
    u32[at + COLUMN.values / 4] = fields.values;
    u32[at + COLUMN.entries / 4] = fields.entries ?? 0;
    return true;
  }
}

/** Numbers and bools. */
export class NumberSource extends ColumnSource {
  readonly #kind: FieldKind;
  readonly #data: Float64Array | Uint8Array;

  constructor(nulls: NullMask, kind: FieldKind, data: Float64Array | Uint8Array) {
    super(nulls);
    this.#kind = kind;
    this.#data = data;
  }

  load(area: EncodeArea, column: number, from: number, rows: number): boolean {
    const values = putNumbers(area, this.#data, from, rows);
    return this.describe(area, column, from, rows, { kind: this.#kind, values });
  }
}

/** Dates, and timestamps; these with a zone's offsets if they have one. */
export class DateSource extends ColumnSource {
  readonly #kind: FieldKind;
  readonly #data: Float64Array;
  readonly #zone: TimeZone | undefined;
  #state = 0;

  constructor(nulls: NullMask, kind: FieldKind, data: Float64Array, zone: TimeZone | undefined) {
    super(nulls);
    this.#kind = kind;
    this.#data = data;
    this.#zone = zone;
  }

  load(area: EncodeArea, column: number, from: number, rows: number): boolean {
    const values = putNumbers(area, this.#data, from, rows);
    const state = area.take(DATE_STATE.bytes);
    if (state === 0) return false;
    const { u8, u32, f64 } = kernelViews();
    u8.fill(0, state, state + DATE_STATE.bytes);
    f64[(state + DATE_STATE.dayStart) / 8] = Number.NaN;
    if (this.#zone === undefined) {
      const stretch = state + DATE_STATE.stretch;
      f64[(stretch + STRETCH.start) / 8] = -Infinity;
      f64[(stretch + STRETCH.end) / 8] = Infinity;
      u32[(stretch + STRETCH.suffixLength) / 4] = 0;
    }
    this.#state = state;
    return this.describe(area, column, from, rows, { kind: this.#kind, values, entries: state });
  }

  /** The zone's stretch around a row's moment. */
  override supply(_area: EncodeArea, _column: number, row: number): boolean {
    const zone = this.#zone;
    const micros = this.#data[row] as number;
    if (zone === undefined || Number.isNaN(micros)) return false;
    const { start, end, offset } = zone.stretchAt(Math.floor(micros / MICROS_PER_SECOND));
    const { u8, u32, f64 } = kernelViews();
    const state = this.#state;
    // When there is no place for another they are gathered anew.
    const known = (u32[(state + DATE_STATE.stretchCount) / 4] as number) % DATE_STATE.stretchesMax;
    const current = state + DATE_STATE.stretch;
    f64[(current + STRETCH.start) / 8] = start * MICROS_PER_SECOND;
    f64[(current + STRETCH.end) / 8] = end * MICROS_PER_SECOND;
    f64[(current + STRETCH.offset) / 8] = offset * MICROS_PER_SECOND;
    const suffix = ENCODER.encode(formatOffset(offset));
    u8.set(suffix, current + STRETCH.suffix);
    u32[(current + STRETCH.suffixLength) / 4] = suffix.length;
    const copy = state + DATE_STATE.firstStretch + known * STRETCH.bytes;
    u8.copyWithin(copy, current, current + STRETCH.bytes);
    u32[(state + DATE_STATE.stretchCount) / 4] = known + 1;
    return true;
  }
}

/** Texts of a dictionary whose entries are kept. */
export class CodeSource extends ColumnSource {
  readonly #codes: Int32Array;
  readonly #entries: DictionaryEntries;

  constructor(nulls: NullMask, codes: Int32Array, entries: DictionaryEntries) {
    super(nulls);
    this.#codes = codes;
    this.#entries = entries;
  }

  load(area: EncodeArea, column: number, from: number, rows: number): boolean {
    const values = area.take(rows * 4);
    if (values === 0 || !this.#entries.fit()) return false;
    kernelViews().i32.set(this.#codes.subarray(from, from + rows), values / 4);
    const entries = this.#entries.table;
    return this.describe(area, column, from, rows, {
      kind: FieldKind.EntryByCode,
      values,
      entries,
    });
  }

  override supply(area: EncodeArea, _column: number, row: number, to: number): boolean {
    return this.#entries.supply(area, this.#codes, this.nulls, row, to);
  }
}

/** Whatever has a text of its own in each row. */
export class TextSource extends ColumnSource {
  readonly #textAt: (row: number) => string;
  readonly #isLargeAt: (row: number) => boolean;

  /** Rows that are large are not asked for their texts: they are none for the kernels. */
  constructor(
    nulls: NullMask,
    textAt: (row: number) => string,
    isLargeAt: (row: number) => boolean,
  ) {
    super(nulls);
    this.#textAt = textAt;
    this.#isLargeAt = isLargeAt;
  }

  override get formats(): boolean {
    return true;
  }

  load(area: EncodeArea, column: number, from: number, rows: number): boolean {
    const { nulls } = this;
    const values = area.take(rows * ENTRY_BYTES);
    if (values === 0) return false;
    const room = area.rest();
    const texts: string[] = [];
    let characters = 0;
    for (let row = from; row < from + rows; row++) {
      const isNull = nulls !== undefined && nulls[row] === 1;
      if (!isNull && this.#isLargeAt(row)) return false;
      const text = isNull ? '' : this.#textAt(row);
      texts.push(text);
      characters += text.length;
      if (characters > room.length) return false;
    }
    const used = encodeTexts(texts, room.byteOffset, room.length, values);
    if (used < 0 || area.take(used) === 0) return false;
    return this.describe(area, column, from, rows, { kind: FieldKind.EntryByRow, values });
  }
}

/** Whatever has a binary form that a function writes. */
export class BinarySource extends ColumnSource {
  readonly #write: (writer: ByteWriter, row: number) => void;
  readonly #isLargeAt: (row: number) => boolean;

  constructor(
    nulls: NullMask,
    write: (writer: ByteWriter, row: number) => void,
    isLargeAt: (row: number) => boolean,
  ) {
    super(nulls);
    this.#write = write;
    this.#isLargeAt = isLargeAt;
  }

  override get formats(): boolean {
    return true;
  }

  load(area: EncodeArea, column: number, from: number, rows: number): boolean {
    const { nulls } = this;
    const values = area.take(rows * ENTRY_BYTES);
    if (values === 0) return false;
    const room = area.rest().length;
    const writer = new ByteWriter();
    const ends = new Uint32Array(rows);
    for (let i = 0; i < rows; i++) {
      if (nulls === undefined || nulls[from + i] !== 1) {
        if (this.#isLargeAt(from + i)) return false;
        this.#write(writer, from + i);
      }
      ends[i] = writer.length;
      if (writer.length > room) return false;
    }
    const bytes = area.put(writer.view());
    if (bytes === 0) return false;
    const { u32 } = kernelViews();
    for (let i = 0, start = 0; i < rows; i++) {
      const end = ends[i] as number;
      u32[values / 4 + i * 2] = bytes + start;
      u32[values / 4 + i * 2 + 1] = end - start;
      start = end;
    }
    return this.describe(area, column, from, rows, { kind: FieldKind.EntryByRow, values });
  }
}

/** The address of a piece of a column; it is copied only where kernels do not see it already. */
function putNumbers(
  area: EncodeArea,
  data: Float64Array | Uint8Array,
  from: number,
  rows: number,
): number {
  const width = data.BYTES_PER_ELEMENT;
  if (data.buffer === kernelMemory.buffer) return data.byteOffset + from * width;
  const values = area.take(rows * width);
  if (values === 0) return 0;
  const views = kernelViews();
  (width === 8 ? views.f64 : views.u8).set(data.subarray(from, from + rows), values / width);
  return values;
}
