/**
 * Columns and batches of all rows of an operator. Numbers lie in one typed array; strings and objects of
 * millions of rows in parts, for one array of them all would have to be made at once.
 */
import type { SqlType } from '../types/type.ts';
import type { Value } from '../types/value.ts';
import { nullVector } from './builder.ts';
import { concatSteps } from './concat.ts';
import { gatherOrNull, slice } from './gather.ts';
import { valueAt, type Batch, type NullMask, type TextVector, type Vector } from './vector.ts';
import { newSpan } from './dictionary.ts';
import { PageDictionary } from './page-dictionary.ts';
import { TextPages } from './text-pages.ts';

const PART_BITS = 18;
/** Rows of every part but the last. */
export const PART_ROWS = 1 << PART_BITS;
const PART_MASK = PART_ROWS - 1;

export class LongColumn {
  readonly type: SqlType;
  readonly length: number;
  /** One vector of all rows, or vectors of PART_ROWS rows and a last one; at least one. */
  readonly parts: readonly Vector[];

  private constructor(type: SqlType, parts: readonly Vector[]) {
    this.type = type;
    this.parts = parts;
    this.length = parts.reduce((sum, part) => sum + part.length, 0);
  }

  static of(vector: Vector): LongColumn {
    return new LongColumn(vector.type, [vector]);
  }

  /** All rows of the vectors in order, in steps of some milliseconds. */
  static *join(type: SqlType, vectors: readonly Vector[]): Generator<void, LongColumn, void> {
    if (vectors.length === 0) return LongColumn.of(nullVector(type, 0));
    const length = vectors.reduce((sum, vector) => sum + vector.length, 0);
    if (length <= PART_ROWS || fitsOneArray(vectors)) {
      return LongColumn.of(yield* concatSteps(type, vectors));
    }
    const parts: Vector[] = [];
    for (const some of groupsOf(vectors)) parts.push(yield* concatSteps(type, some));
    return new LongColumn(type, parts);
  }

  valueAt(row: number): Value {
    const [only] = this.parts;
    if (this.parts.length === 1) return valueAt(only, row);
    return valueAt(this.parts[row >>> PART_BITS], row & PART_MASK);
  }

  /** Rows start..end-1, which lie in one part. */
  slice(start: number, end: number): Vector {
    const [only] = this.parts;
    if (this.parts.length === 1) return slice(only, start, end);
    const first = start & ~PART_MASK;
    return slice(this.parts[start >>> PART_BITS], start - first, end - first);
  }

  /** The rows at these positions; NULL for -1. */
  gather(rows: Int32Array): Vector {
    const { parts, type } = this;
    if (parts.length === 1) return gatherOrNull(parts[0], rows);
    const nulls = gatherNulls(parts, rows);
    if (parts.every((part) => part.rep === 'text')) {
      return gatherTexts(type, parts as readonly TextVector[], rows, nulls);
    }
    const data: Value[] = [];
    for (const row of rows) data.push(row < 0 ? null : this.valueAt(row));
    return { rep: 'any', type, length: rows.length, data, nulls };
  }
}

/** Whether the vectors' rows may lie in one vector, however many they are. */
function fitsOneArray(vectors: readonly Vector[]): boolean {
  const sources = new Set<object>();
  let entries = 0;
  for (const vector of vectors) {
    if (vector.rep === 'any') return false;
    if (vector.rep !== 'text') continue;
    const { dictionary, length } = vector;
    // Bytes in pages are no array.
    if (dictionary.hasBytes || sources.has(dictionary.source)) continue;
    sources.add(dictionary.source);
    // Of a dictionary much larger than the vector only the strings in use are taken over.
    entries += Math.min(dictionary.length, length);
    if (entries > PART_ROWS && sources.size > 1) return false;
  }
  return true;
}

/** The vectors cut and put together so that each group but the last has a part's rows. */
function* groupsOf(vectors: readonly Vector[]): Generator<Vector[], void, void> {
  let group: Vector[] = [];
  let missing = PART_ROWS;
  for (const vector of vectors) {
    for (let start = 0; start < vector.length;) {
      const end = Math.min(vector.length, start + missing);
      group.push(slice(vector, start, end));
      missing -= end - start;
      start = end;
      if (missing > 0) continue;
      yield group;
      group = [];
      missing = PART_ROWS;
    }
  }
  if (group.length > 0) yield group;
}

function gatherNulls(parts: readonly Vector[], rows: Int32Array): NullMask {
  const nulls = new Uint8Array(rows.length);
  let any = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    nulls[i] = row < 0 ? 1 : (parts[row >>> PART_BITS].nulls?.[row & PART_MASK] ?? 0);
    any |= nulls[i];
  }
  return any === 0 ? undefined : nulls;
}

/** Most strings differ where a column has parts: each row gets an entry of its own. */
function gatherTexts(
  type: SqlType,
  parts: readonly TextVector[],
  rows: Int32Array,
  nulls: NullMask,
): TextVector {
  const codes = new Int32Array(rows.length);
  const pages = new TextPages();
  const span = newSpan();
  for (let i = 0; i < rows.length; i++) {
    codes[i] = i;
    if (nulls !== undefined && nulls[i] === 1) {
      pages.push(span.bytes, 0, 0, 0);
      continue;
    }
    const part = parts[rows[i] >>> PART_BITS];
    part.dictionary.spanAt(part.codes[rows[i] & PART_MASK], span);
    pages.push(span.bytes, span.start, span.end, 0);
  }
  const dictionary = new PageDictionary(pages);
  return { rep: 'text', type, length: rows.length, codes, dictionary, nulls };
}

/** Equally long columns. */
export class LongBatch {
  readonly columns: readonly LongColumn[];
  readonly length: number;

  constructor(columns: readonly LongColumn[], length: number) {
    this.columns = columns;
    this.length = length;
  }

  static of(batch: Batch): LongBatch {
    return new LongBatch(batch.columns.map(LongColumn.of), batch.length);
  }

  /** All rows of the batches in order, in steps of some milliseconds; the columns have these types. */
  static *join(
    types: readonly SqlType[],
    batches: readonly Batch[],
  ): Generator<void, LongBatch, void> {
    const columns: LongColumn[] = [];
    for (const [i, type] of types.entries()) {
      const vectors = batches.map((batch) => batch.columns[i]);
      columns.push(yield* LongColumn.join(type, vectors));
    }
    return new LongBatch(
      columns,
      batches.reduce((sum, batch) => sum + batch.length, 0),
    );
  }

  /** The rows at these positions; NULLs for -1. */
  gather(rows: Int32Array): Batch {
    return { columns: this.columns.map((column) => column.gather(rows)), length: rows.length };
  }

  /** Batches of up to `rows` rows, each of one part. */
  *pieces(size: { readonly rows: number }): Generator<Batch, void, void> {
    let start = 0;
    while (start < this.length) {
      const from = start;
      const end = Math.min(start + size.rows, (start | PART_MASK) + 1, this.length);
      yield { columns: this.columns.map((each) => each.slice(from, end)), length: end - from };
      start = end;
    }
  }
}
