/**
 * A chunk's head: recent rows in columns, in the order of arrival. The buffer only ever grows; a state
 * of the chunk sees the rows up to the count that it has noted.
 *
 * Heads come and go with every few hundred thousand rows, so their arrays are borrowed. They go back when
 * a column has outgrown them and when the head is retired, but for those that somebody has been handed:
 * nobody knows how long a query keeps them.
 */
import { grown } from '../../base/grown.ts';
import { borrowDoubles, borrowInts, giveBack, keepLent } from '../../base/lent-arrays.ts';
import { InternalError } from '../../errors/db-error.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { Batch, Vector } from '../../vector/vector.ts';
import { valueAt, vectorFromValues } from '../../vector/vector.ts';
import { sliceColumn, toVector, type PlainColumn } from './stored-column.ts';
import type { TextDictionary } from './text-dictionary.ts';

const FIRST_CAPACITY = 64;
/** Columns from so many rows on grow one after the other. */
const LARGE_ROWS = 65_536;
const LARGE_STEP = 262_144;
/** Rows of arrays that are taken where fewer would do, as they wait anyway. */
const WAITING_ROWS_MAX = LARGE_STEP * 4;
const GROWTH_STEPS = 16;

/** What a head needs to know about its table. */
export interface HeadContext {
  /** The dictionary that a text column of a new head uses. */
  dictionaryOf(attnum: number): TextDictionary;
  /** The value of rows that were there before the column was. */
  missingOf(attnum: number, type: SqlType): Value;
}

export class HeadBuffer {
  readonly timeColumn: number;
  readonly columns = new Map<number, HeadColumn>();
  readonly #context: HeadContext;
  #rows = 0;
  #wideTimes: Float64Array | undefined;
  minTime = Infinity;
  maxTime = -Infinity;
  #holds = 0;

  constructor(timeColumn: number, context: HeadContext) {
    this.timeColumn = timeColumn;
    this.#context = context;
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    let bytes = 0;
    for (const column of this.columns.values()) bytes += column.bytes;
    return bytes;
  }

  /** Keeps arrays that `peek` hands out as they are until `release`, however the head grows. */
  hold(): void {
    this.#holds++;
    for (const column of this.columns.values()) column.isHeld = true;
  }

  release(): void {
    if (--this.#holds > 0) return;
    for (const column of this.columns.values()) column.isHeld = false;
  }

  /** No state that somebody may still read has this head. */
  retire(): void {
    if (this.#holds > 0) throw new InternalError('a head is retired while it is read');
    for (const column of this.columns.values()) column.retire();
  }

  /** Appends a batch whose columns have these attnums. Columns that it lacks get NULL. */
  append(attnums: readonly number[], batch: Batch): void {
    const before = this.#rows;
    for (let i = 0; i < attnums.length; i++) {
      const attnum = attnums[i];
      const vector = batch.columns[i];
      let column = this.columns.get(attnum);
      if (column === undefined) {
        column = this.#addColumn(attnum, vector);
      }
      column.append(vector, batch.length);
      if (attnum === this.timeColumn) this.#noteTimes(vector, batch.length);
    }
    this.#rows = before + batch.length;
    if (this.columns.size > attnums.length) {
      for (const column of this.columns.values()) column.padTo(this.#rows);
    }
  }

  /** Appends rows [from, to) of another head, which are looked at once. */
  appendRows(source: HeadBuffer, from: number, to: number): void {
    for (const [attnum, column] of source.columns) {
      const part = sliceColumn(column.peek(), from, to);
      const own = this.columns.get(attnum) ?? this.#addColumn(attnum, column);
      own.appendPart(part, to - from);
      if (attnum === this.timeColumn) this.#noteTimes(part, to - from);
    }
    this.#rows += to - from;
    for (const column of this.columns.values()) column.padTo(this.#rows);
  }

  #addColumn(attnum: number, { type, rep }: Pick<Vector, 'type' | 'rep'>): HeadColumn {
    const column = new HeadColumn(
      type,
      rep,
      () => this.#context.dictionaryOf(attnum),
      this.columns.size,
    );
    column.isHeld = this.#holds > 0;
    if (this.#rows > 0) {
      const missing = this.#context.missingOf(attnum, type);
      const values = Array.from({ length: this.#rows }, () => missing);
      column.append(vectorFromValues(type, values), this.#rows);
    }
    this.columns.set(attnum, column);
    return column;
  }

  /** Times as doubles; where a time is beyond 2^53 its nearest double. At least `rows` long. */
  times(): Float64Array {
    if (this.#wideTimes !== undefined) return this.#wideTimes;
    const column = this.columns.get(this.timeColumn)?.stored();
    return column?.rep === 'f64' ? column.data : new Float64Array(0);
  }

  #noteTimes(vector: Vector | PlainColumn, length: number): void {
    const column = this.columns.get(this.timeColumn) as HeadColumn;
    const end = this.#rows + length;
    if (column.rep !== 'f64') {
      const wide = new Float64Array(end);
      for (let row = 0; row < end; row++) wide[row] = Number(column.valueAt(row));
      this.#wideTimes = wide;
    }
    const times =
      vector.rep === 'f64' ? vector.data : (this.#wideTimes as Float64Array).subarray(this.#rows);
    let { minTime, maxTime } = this;
    for (let i = 0; i < length; i++) {
      const time = times[i];
      if (time < minTime) minTime = time;
      if (time > maxTime) maxTime = time;
    }
    this.minTime = minTime;
    this.maxTime = maxTime;
  }
}

/** One growing column. It turns into plain values when a value outside its form arrives. */
export class HeadColumn {
  readonly type: SqlType;
  rep: Vector['rep'];
  numbers = new Float64Array(0);
  flags = new Uint8Array(0);
  codes = new Int32Array(0);
  values: Value[] = [];
  dictionary: TextDictionary | undefined;
  nulls: Uint8Array | undefined;
  /** Somebody reads what `peek` returned. */
  isHeld = false;
  /** The arrays were handed out. */
  #isShared = false;
  #isRetired = false;
  #capacity = 0;
  #length = 0;

  /** Share of the capacity above which a large column grows: not all of a head's at once. */
  readonly #growAt: number;

  constructor(
    type: SqlType,
    rep: Vector['rep'],
    dictionary: () => TextDictionary,
    position = GROWTH_STEPS,
  ) {
    this.type = type;
    this.rep = rep;
    this.#growAt = 1 - (0.4 * (position % GROWTH_STEPS)) / GROWTH_STEPS;
    if (rep === 'text') this.dictionary = dictionary();
  }

  get bytes(): number {
    const width = { f64: 8, bool: 1, text: 4, any: 64 }[this.rep];
    return this.#length * (width + (this.nulls === undefined ? 0 : 1));
  }

  append(vector: Vector, length: number): void {
    const at = this.#length;
    this.#reserve(at + length);
    if (vector.nulls !== undefined) this.#nullMask().set(vector.nulls.subarray(0, length), at);
    if (vector.rep !== this.rep) this.#widen();
    if (this.rep === 'f64' && vector.rep === 'f64') {
      this.numbers.set(vector.data.subarray(0, length), at);
    } else if (this.rep === 'bool' && vector.rep === 'bool') {
      this.flags.set(vector.data.subarray(0, length), at);
    } else if (this.rep === 'text' && vector.rep === 'text') {
      const dictionary = this.dictionary as TextDictionary;
      dictionary.translate(vector.dictionary, vector.codes, length, vector.nulls, this.codes, at);
    } else {
      for (let i = 0; i < length; i++) this.values[at + i] = valueAt(vector, i);
    }
    this.#end(at + length);
  }

  /** Appends a part of a column of another head. */
  appendPart(part: PlainColumn, length: number): void {
    if (part.rep !== 'text' || this.rep !== 'text') {
      this.append(toVector(part, this.type, 0, length), length);
      return;
    }
    const at = this.#length;
    this.#reserve(at + length);
    if (part.nulls !== undefined) this.#nullMask().set(part.nulls, at);
    (this.dictionary as TextDictionary).takeOver(part, length, this.codes, at);
    this.#end(at + length);
  }

  #end(length: number): void {
    this.#length = length;
    if (this.#capacity >= LARGE_ROWS && length > this.#capacity * this.#growAt) {
      this.#reserve(this.#capacity + 1);
    }
  }

  /** Makes room for so many rows in all. */
  reserve(rows: number): void {
    this.#reserve(rows);
  }

  /** Adds NULLs up to `rows`. */
  padTo(rows: number): void {
    if (rows <= this.#length) return;
    this.#reserve(rows);
    this.#nullMask().fill(1, this.#length, rows);
    if (this.rep === 'f64') this.numbers.fill(0, this.#length, rows);
    if (this.rep === 'text') this.codes.fill(0, this.#length, rows);
    if (this.rep === 'any') for (let i = this.#length; i < rows; i++) this.values[i] = null;
    this.#length = rows;
  }

  valueAt(row: number): Value {
    if (this.nulls !== undefined && this.nulls[row] === 1) return null;
    if (this.rep === 'f64') return this.numbers[row];
    if (this.rep === 'bool') return this.flags[row] === 1;
    if (this.rep === 'text') return (this.dictionary as TextDictionary).textOf(this.codes[row]);
    return this.values[row];
  }

  /** The whole column so far; typed arrays may be longer than the rows there are. */
  stored(): PlainColumn {
    if (!this.#isShared) {
      // Rows that are written may be parts of what was read: no one may give back what is not theirs.
      keepLent(this.numbers);
      keepLent(this.codes);
      this.#isShared = true;
    }
    return this.peek();
  }

  /** The same for who looks at it at once, or holds the head meanwhile. */
  peek(): PlainColumn {
    if (this.#isRetired) throw new InternalError('a retired head is read');
    const { nulls } = this;
    if (this.rep === 'f64') return { rep: 'f64', data: this.numbers, nulls };
    if (this.rep === 'bool') return { rep: 'bool', data: this.flags, nulls };
    if (this.rep === 'text') {
      return {
        rep: 'text',
        codes: this.codes,
        dictionary: this.dictionary as TextDictionary,
        nulls,
      };
    }
    return { rep: 'any', data: this.values, nulls };
  }

  retire(): void {
    this.#giveBack();
    this.#isRetired = true;
  }

  /** Gives the arrays back, unless others may have them. */
  #giveBack(): void {
    if (this.#isShared || this.isHeld) return;
    giveBack(this.numbers);
    giveBack(this.codes);
  }

  #nullMask(): Uint8Array {
    this.nulls ??= new Uint8Array(this.#capacity);
    return this.nulls;
  }

  #widen(): void {
    const values: Value[] = [];
    for (let i = 0; i < this.#length; i++) values.push(this.valueAt(i));
    this.values = values;
    this.rep = 'any';
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    let capacity = capacityFor(rows);
    // Heads that grow this large are mostly as large as the one before.
    const most = capacity < LARGE_STEP ? capacity : Math.max(capacity, WAITING_ROWS_MAX);
    if (this.rep === 'f64') {
      const numbers = borrowDoubles(capacity, most);
      capacity = numbers.length;
      numbers.set(this.numbers.subarray(0, this.#length));
      this.#giveBack();
      this.numbers = numbers;
    } else if (this.rep === 'text') {
      const codes = borrowInts(capacity, most);
      capacity = codes.length;
      codes.set(this.codes.subarray(0, this.#length));
      this.#giveBack();
      this.codes = codes;
    } else if (this.rep === 'bool') this.flags = grown(this.flags, new Uint8Array(capacity));
    this.#isShared = false;
    if (this.nulls !== undefined) this.nulls = grown(this.nulls, new Uint8Array(capacity));
    this.#capacity = capacity;
  }
}

/** Few different sizes, so that memory fits the next head. */
function capacityFor(rows: number): number {
  if (rows > LARGE_ROWS) return Math.ceil(rows / LARGE_STEP) * LARGE_STEP;
  let capacity = FIRST_CAPACITY;
  while (capacity < rows) capacity *= 4;
  return capacity;
}
