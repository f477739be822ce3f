/**
 * One growing column of a head, in pages as large as the pieces of a scan: what is full is never copied
 * again. Full pages of numbers become lanes where lanes hold them.
 *
 * The memory of pages is borrowed. It goes back when a page has become lanes and when the head is retired,
 * but for what somebody has been handed: nobody knows how long a query keeps it.
 */
import { grown } from '../../base/grown.ts';
import { borrowDoubles, borrowInts, giveBack, keepLent } from '../../base/lent-arrays.ts';
import { InternalError } from '../../errors/db-error.ts';
import { freeBlock } from '../../kernels/memory.ts';
import { OID, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { widenRange } from '../../vector/lanes.ts';
import { valueAt, type Vector } from '../../vector/vector.ts';
import { NarrowPage } from './narrow-page.ts';
import { joinLanes, lanesOf, narrowerLanes, type BoundedLanes } from './page-lanes.ts';
import { PIECE_ROWS } from './row-source.ts';
import {
  BORROWED,
  columnBytes,
  gatherColumn,
  giveBackColumn,
  OWN,
  storedValueAt,
  toVector,
  type ColumnMemory,
  type LaneColumn,
  type PlainColumn,
  type StoredColumn,
} from './stored-column.ts';
import type { TextDictionary } from './text-dictionary.ts';
import { WideRows } from './wide-rows.ts';

const FIRST_CAPACITY = 64;
const GROWTH = 4;
const STEP_ROWS = PIECE_ROWS * 4;

type LanePage = LaneColumn & { readonly lanes: BoundedLanes };
type Page = PlainColumn | LanePage;

/** It turns into plain values when a value outside its form arrives. */
export class HeadColumn {
  readonly type: SqlType;
  rep: Vector['rep'];
  #isRetired = false;
  /** Pages of PIECE_ROWS. */
  #full: Page[] = [];
  /** Those whose lanes somebody has been handed. */
  readonly #kept = new Set<Page>();
  /** The page that takes rows; room for `capacity` of them. Numbers are lanes as long as all come as such. */
  #narrow: NarrowPage | undefined;
  #numbers = new Float64Array(0);
  #flags = new Uint8Array(0);
  #codes = new Int32Array(0);
  #nulls: Uint8Array | undefined;
  #capacity = 0;
  #tailRows = 0;
  /** All rows, once they have no common form. */
  #values: Value[] = [];
  /** The same of integers of 64 bits. */
  #wide: WideRows | undefined;
  readonly #dictionary: TextDictionary | undefined;

  constructor(type: SqlType, rep: Vector['rep'], dictionary: () => TextDictionary) {
    this.type = type;
    this.rep = rep;
    if (rep === 'text') this.#dictionary = dictionary();
    if (rep === 'any') this.#beginAny();
  }

  get length(): number {
    if (this.rep === 'any') return this.#wide?.length ?? this.#values.length;
    return this.#full.length * PIECE_ROWS + this.#tailRows;
  }

  get bytes(): number {
    if (this.rep === 'any') return this.#wide?.bytes ?? this.#values.length * 64;
    const width = { f64: 8, bool: 1, text: 4 }[this.rep];
    let bytes =
      this.#narrow?.bytes ?? this.#tailRows * (width + (this.#nulls === undefined ? 0 : 1));
    for (const page of this.#full) bytes += columnBytes(page);
    return bytes;
  }

  /** Appends rows of a vector; `lanes` are the same numbers, where it has no NULLs. */
  append(vector: Vector, length: number, lanes?: BoundedLanes): void {
    if (vector.rep !== this.rep) this.#widen();
    if (this.#wide !== undefined) return this.#wide.append(vector, length);
    if (this.rep === 'any') {
      for (let i = 0; i < length; i++) this.#values.push(valueAt(vector, i));
      return;
    }
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + PIECE_ROWS - this.#tailRows);
      if (lanes === undefined || !this.#fillNarrow(lanes, from, to)) this.#fill(vector, from, to);
      from = to;
    }
  }

  /** Appends rows [from, to) of a column of another head. */
  appendRows(source: HeadColumn, from: number, to: number): void {
    for (let at = from; at < to;) {
      const start = at % PIECE_ROWS;
      const count = Math.min(to - at, PIECE_ROWS - start, PIECE_ROWS - this.#tailRows);
      const lanes = this.rep === 'f64' ? source.#lanesAt(at) : undefined;
      if (lanes === undefined || !this.#fillNarrow(lanes, start, start + count)) {
        const part = source.borrowSlice(at, at + count);
        this.#appendPart(part, count);
        giveBackColumn(part);
      }
      at += count;
    }
  }

  /** The lanes of a row's page, where they are all that it has. */
  #lanesAt(row: number): BoundedLanes | undefined {
    if (this.rep !== 'f64') return undefined;
    const page = this.#page(Math.floor(row / PIECE_ROWS));
    return page.rep === 'lanes' && page.nulls === undefined ? page.lanes : undefined;
  }

  #appendPart(part: PlainColumn, length: number): void {
    if (part.rep !== 'text' || this.rep !== 'text') {
      this.append(toVector(part, this.type, 0, length), length);
      return;
    }
    for (let from = 0; from < length;) {
      const to = Math.min(length, from + PIECE_ROWS - this.#tailRows);
      this.#reserve(this.#tailRows + to - from);
      const codes = part.codes.subarray(from, to);
      const nulls = part.nulls?.subarray(from, to);
      const dictionary = this.#dictionary as TextDictionary;
      const column = { codes, nulls, dictionary: part.dictionary };
      dictionary.takeOver(column, to - from, this.#codes, this.#tailRows);
      if (nulls !== undefined) this.#nullMask().set(nulls, this.#tailRows);
      this.#grow(to - from);
      from = to;
    }
  }

  /** Adds NULLs up to `rows`. */
  padTo(rows: number): void {
    this.#wide?.padTo(rows);
    while (this.length < rows) {
      if (this.rep === 'any') {
        this.#values.push(null);
        continue;
      }
      const count = Math.min(rows - this.length, PIECE_ROWS - this.#tailRows);
      const start = this.#tailRows;
      const end = start + count;
      this.#widenPage();
      this.#reserve(end);
      this.#nullMask().fill(1, start, end);
      if (this.rep === 'f64') this.#numbers.fill(0, start, end);
      if (this.rep === 'bool') this.#flags.fill(0, start, end);
      if (this.rep === 'text') this.#codes.fill(0, start, end);
      this.#grow(count);
    }
  }

  valueAt(row: number): Value {
    this.#checkAlive();
    if (this.#wide !== undefined) return this.#wide.valueAt(row);
    if (this.rep === 'any') return this.#values[row];
    const full = this.#full[Math.floor(row / PIECE_ROWS)];
    const at = row % PIECE_ROWS;
    if (full !== undefined) return storedValueAt(full, at);
    if (this.#narrow !== undefined) return storedValueAt(this.#tail(), at);
    if (this.#nulls !== undefined && this.#nulls[at] === 1) return null;
    if (this.rep === 'f64') return this.#numbers[at];
    if (this.rep === 'bool') return this.#flags[at] === 1;
    return (this.#dictionary as TextDictionary).textOf(this.#codes[at]);
  }

  /** The first rows of piece `index`, for whoever may keep them. */
  piece(index: number, rows: number): StoredColumn {
    if (this.#wide !== undefined) return this.#wide.piece(index, rows);
    if (this.rep === 'any') return this.slice(index * PIECE_ROWS, index * PIECE_ROWS + rows);
    const page = this.#page(index);
    // Rows that are written may be parts of what was read: no one may give back what is not theirs.
    if (page.rep === 'f64') keepLent(page.data);
    if (page.rep === 'text') keepLent(page.codes);
    if (index === this.#full.length) this.#narrow?.handOut();
    else if (page.rep === 'lanes') this.#kept.add(page);
    return firstRows(page, rows);
  }

  /** A copy of rows [from, to). */
  slice(from: number, to: number): PlainColumn {
    return this.#copy(from, to, OWN);
  }

  /** The same in memory that is for the caller to give back. */
  borrowSlice(from: number, to: number): PlainColumn {
    return this.#copy(from, to, BORROWED);
  }

  /** The first `count` rows in another order. */
  gather(order: Int32Array, count: number): PlainColumn {
    const all = this.borrowSlice(0, count);
    const gathered = gatherColumn(all, order, count);
    giveBackColumn(all);
    return gathered;
  }

  /** A copy of the first rows as lanes of one kind, where they have no NULLs and lanes hold them. */
  laneColumn(rows: number): LaneColumn | undefined {
    this.#checkAlive();
    if (this.rep !== 'f64' || rows === 0) return undefined;
    const pages: BoundedLanes[] = [];
    for (let start = 0; start < rows; start += PIECE_ROWS) {
      const count = Math.min(PIECE_ROWS, rows - start);
      const page = this.#pageLanes(start / PIECE_ROWS, count);
      if (page === undefined) return undefined;
      pages.push(page);
    }
    const lanes = joinLanes(pages);
    // What was made of the last page for this only.
    const isTail = this.#full.length < pages.length;
    if (rows % PIECE_ROWS > 0 && isTail && this.#narrow === undefined) {
      freeBlock(pages[pages.length - 1].block);
    }
    return lanes && { rep: 'lanes', lanes, nulls: undefined };
  }

  retire(): void {
    for (const page of this.#full) {
      if (page.rep !== 'lanes') giveBackColumn(page);
      else if (!this.#kept.has(page)) freeBlock(page.lanes.block);
    }
    this.#full = [];
    this.#narrow?.retire();
    giveBack(this.#numbers);
    giveBack(this.#codes);
    this.#isRetired = true;
  }

  #checkAlive(): void {
    if (this.#isRetired) throw new InternalError('a retired head is read');
  }

  /** A page as it is: memory that is longer than its rows, perhaps, and may go back. */
  #page(index: number): Page {
    this.#checkAlive();
    return this.#full[index] ?? this.#tail();
  }

  #tail(): Page {
    const nulls = this.#nulls;
    if (this.#narrow !== undefined && this.#tailRows > 0) {
      return { rep: 'lanes', lanes: this.#narrow.lanes(this.#tailRows), nulls: undefined };
    }
    if (this.rep === 'f64') return { rep: 'f64', data: this.#numbers, nulls };
    if (this.rep === 'bool') return { rep: 'bool', data: this.#flags, nulls };
    const dictionary = this.#dictionary as TextDictionary;
    return { rep: 'text', codes: this.#codes, dictionary, nulls };
  }

  #pageLanes(index: number, rows: number): BoundedLanes | undefined {
    const page = this.#page(index);
    if (page.nulls !== undefined) return undefined;
    if (page.rep === 'lanes') return { ...page.lanes, length: rows };
    // A full page of doubles has been tried.
    if (page.rep !== 'f64' || index < this.#full.length) return undefined;
    return lanesOf(page.data, undefined, rows);
  }

  #copy(from: number, to: number, memory: ColumnMemory): PlainColumn {
    this.#checkAlive();
    if (this.#wide !== undefined) return this.#wide.slice(from, to);
    if (this.rep === 'any') return plainValues(this.#values.slice(from, to));
    const rows = to - from;
    const numbers = this.rep === 'f64' ? memory.doubles(fewSizes(rows)) : undefined;
    const codes = this.rep === 'text' ? memory.ints(fewSizes(rows)) : undefined;
    const flags = new Uint8Array(this.rep === 'bool' ? rows : 0);
    let nulls: Uint8Array | undefined;
    for (let at = from; at < to;) {
      const page = this.#page(Math.floor(at / PIECE_ROWS));
      const start = at % PIECE_ROWS;
      const end = Math.min(PIECE_ROWS, start + to - at);
      if (page.nulls !== undefined) {
        nulls ??= new Uint8Array(rows);
        nulls.set(page.nulls.subarray(start, end), at - from);
      }
      if (page.rep === 'lanes' && numbers !== undefined) {
        widenPage(page, start, end, numbers, at - from);
      }
      if (page.rep === 'f64') numbers?.set(page.data.subarray(start, end), at - from);
      if (page.rep === 'text') codes?.set(page.codes.subarray(start, end), at - from);
      if (page.rep === 'bool') flags.set(page.data.subarray(start, end), at - from);
      at += end - start;
    }
    if (numbers !== undefined) return { rep: 'f64', data: numbers.subarray(0, rows), nulls };
    if (codes === undefined) return { rep: 'bool', data: flags, nulls };
    const dictionary = this.#dictionary as TextDictionary;
    return { rep: 'text', codes: codes.subarray(0, rows), dictionary, nulls };
  }

  /** Appends rows [from, to) of lanes; false, with nothing done, where the page has others. */
  #fillNarrow(lanes: BoundedLanes, from: number, to: number): boolean {
    if (this.#narrow === undefined && this.#tailRows > 0) return false;
    const page = this.#narrow ?? new NarrowPage();
    const rows = this.#tailRows + to - from;
    if (!page.append(lanes, from, to, this.#capacityFor(rows))) return false;
    this.#narrow = page;
    this.#grow(to - from);
    return true;
  }

  /** Makes doubles of the page's lanes. */
  #widenPage(): void {
    const page = this.#narrow;
    if (page === undefined) return;
    this.#narrow = undefined;
    const rows = this.#tailRows;
    this.#tailRows = 0;
    this.#reserve(rows);
    const lanes: LanePage = { rep: 'lanes', lanes: page.lanes(rows), nulls: undefined };
    widenPage(lanes, 0, rows, this.#numbers, 0);
    this.#tailRows = rows;
    page.retire();
  }

  /** Appends rows [from, to) of a vector of the same form, for which the page has room. */
  #fill(vector: Vector, from: number, to: number): void {
    this.#widenPage();
    const at = this.#tailRows;
    this.#reserve(at + to - from);
    const nulls = vector.nulls?.subarray(from, to);
    if (nulls !== undefined) this.#nullMask().set(nulls, at);
    if (vector.rep === 'f64') this.#numbers.set(vector.data.subarray(from, to), at);
    else if (vector.rep === 'bool') this.#flags.set(vector.data.subarray(from, to), at);
    else if (vector.rep === 'text') {
      const codes = vector.codes.subarray(from, to);
      const dictionary = this.#dictionary as TextDictionary;
      dictionary.translate(vector.dictionary, codes, to - from, nulls, this.#codes, at);
    }
    this.#grow(to - from);
  }

  #grow(rows: number): void {
    this.#tailRows += rows;
    if (this.#tailRows === PIECE_ROWS) this.#finishPage();
  }

  #finishPage(): void {
    const page = this.#tail();
    if (page.rep === 'lanes') this.#finishNarrow(page);
    else {
      const lanes = page.rep === 'f64' ? lanesOf(page.data, page.nulls, PIECE_ROWS) : undefined;
      if (lanes === undefined) this.#full.push(page);
      else {
        this.#full.push({ rep: 'lanes', lanes, nulls: page.nulls });
        giveBack(this.#numbers);
      }
    }
    this.#numbers = new Float64Array(0);
    this.#flags = new Uint8Array(0);
    this.#codes = new Int32Array(0);
    this.#nulls = undefined;
    this.#capacity = 0;
    this.#tailRows = 0;
  }

  #finishNarrow(page: LanePage): void {
    const narrower = narrowerLanes(page.lanes);
    if (narrower !== undefined) {
      this.#full.push({ ...page, lanes: narrower });
      this.#narrow?.retire();
    } else {
      this.#full.push(page);
      if (this.#narrow?.isHanded === true) this.#kept.add(page);
    }
    this.#narrow = undefined;
  }

  #nullMask(): Uint8Array {
    this.#nulls ??= new Uint8Array(this.#capacity);
    return this.#nulls;
  }

  #widen(): void {
    if (this.rep === 'any') return;
    const rows = this.length;
    this.#beginAny();
    if (this.#wide === undefined) {
      for (let i = 0; i < rows; i++) this.#values.push(this.valueAt(i));
    } else this.#widenTo(this.#wide, rows);
    this.#narrow?.retire();
    this.#narrow = undefined;
    this.#full = [];
    this.#tailRows = 0;
    this.#nulls = undefined;
    this.rep = 'any';
  }

  #widenTo(wide: WideRows, rows: number): void {
    for (let start = 0; start < rows; start += PIECE_ROWS) {
      const count = Math.min(PIECE_ROWS, rows - start);
      const page = toVector(this.#page(start / PIECE_ROWS), this.type, 0, count);
      wide.append(page, count);
    }
  }

  /** Values have no common form. */
  #beginAny(): void {
    if (this.type.oid === OID.int8) this.#wide = new WideRows();
  }

  /** Few different sizes, so that memory fits the next page. */
  #capacityFor(rows: number): number {
    // Behind a full page most of the next one will be needed, too.
    if (this.#full.length > 0) return PIECE_ROWS;
    let capacity = Math.max(FIRST_CAPACITY, this.#capacity);
    while (capacity < rows) capacity *= GROWTH;
    return capacity;
  }

  /** Makes room for so many rows in the page that takes them. */
  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    const capacity = this.#capacityFor(rows);
    if (this.rep === 'f64') {
      const numbers = borrowDoubles(capacity);
      numbers.set(this.#numbers.subarray(0, this.#tailRows));
      giveBack(this.#numbers);
      this.#numbers = numbers;
    } else if (this.rep === 'text') {
      const codes = borrowInts(capacity);
      codes.set(this.#codes.subarray(0, this.#tailRows));
      giveBack(this.#codes);
      this.#codes = codes;
    } else if (this.rep === 'bool') this.#flags = grown(this.#flags, new Uint8Array(capacity));
    if (this.#nulls !== undefined) this.#nulls = grown(this.#nulls, new Uint8Array(capacity));
    this.#capacity = capacity;
  }
}

function plainValues(data: readonly Value[]): PlainColumn {
  const hasNulls = data.includes(null);
  const nulls = hasNulls ? Uint8Array.from(data, (value) => (value === null ? 1 : 0)) : undefined;
  return { rep: 'any', data, nulls };
}

/** Writes rows [from, to) to target[at ...], 0 where they are NULL. */
function widenPage(
  { lanes, nulls }: LanePage,
  from: number,
  to: number,
  target: Float64Array,
  at: number,
): void {
  widenRange(lanes, from, to, target, at);
  if (nulls === undefined) return;
  for (let row = from; row < to; row++) if (nulls[row] === 1) target[at + row - from] = 0;
}

/** Rows of memory for so many, so that it fits the next ones. */
function fewSizes(rows: number): number {
  return rows < PIECE_ROWS ? rows : Math.ceil(rows / STEP_ROWS) * STEP_ROWS;
}

function firstRows(page: Page, rows: number): StoredColumn {
  const nulls = page.nulls?.subarray(0, rows);
  switch (page.rep) {
    case 'lanes':
      return { rep: 'lanes', lanes: { ...page.lanes, length: rows }, nulls };
    case 'f64':
    case 'bool':
      return { ...page, data: page.data.subarray(0, rows), nulls } as PlainColumn;
    case 'text':
      return { ...page, codes: page.codes.subarray(0, rows), nulls };
    case 'any':
      throw new InternalError('plain values have no pages');
  }
}
