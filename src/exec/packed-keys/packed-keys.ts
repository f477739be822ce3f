/**
 * Rows of key columns numbered 0, 1, 2 ... in order of first appearance, as KeyTable numbers them, where the
 * columns' values have a form of fixed width. A vector at a time is encoded, hashed and looked for by
 * kernels. A word of bits for NULLs is part of the keys once there are any.
 */
import { kernels } from '../../kernels/kernels.ts';
import { freeBlock, kernelViews, type KernelBlock } from '../../kernels/memory.ts';
import type { SqlType } from '../../types/type.ts';
import type { NullMask, Vector } from '../../vector/vector.ts';
import { WideVector } from '../../vector/wide-vector.ts';
import { fieldKind, KeyField, placeFields, type PlacedField } from './key-field.ts';
import { allocate, PackedTable, type Steps } from './packed-table.ts';
import type { TextIds } from './text-ids.ts';

/** Columns that have a bit for NULL. */
const FIELDS_MAX = 32;
const NULL_BYTES = 4;
/** Keys that lie next to each other: where the first is, and how many. */
export type KeyStretch = readonly [address: number, count: number];

/** Keys that move to a wider table in one step. */
const STEP_KEYS = 4096;

export class PackedKeys {
  /** After `insert`: for each new key, in order, the row that brought it. */
  newRows = new Int32Array(0);
  readonly #fields: readonly PlacedField[];
  /** Bytes of the fields, without the NULLs' bits. */
  readonly #width: number;
  #hasNulls = false;
  /** Made for the first row: most groups are in a grid. */
  #made: PackedTable | undefined;
  /** The keys of the rows at hand, and room to make them. */
  #rows: KernelBlock | undefined;

  /** undefined where not all types have a fixed width. `texts` may have numbers for columns of texts. */
  static of(
    types: readonly SqlType[],
    texts: readonly (TextIds | undefined)[] = [],
  ): PackedKeys | undefined {
    const kinds = types.map(fieldKind);
    if (types.length === 0 || types.length > FIELDS_MAX) return undefined;
    const fields: KeyField[] = [];
    for (const [i, kind] of kinds.entries()) {
      if (kind === undefined) return undefined;
      fields.push(new KeyField(types[i], kind, texts[i]));
    }
    return new PackedKeys(fields);
  }

  private constructor(fields: readonly KeyField[]) {
    this.#fields = placeFields(fields);
    this.#width = fields.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get #table(): PackedTable {
    return (this.#made ??= new PackedTable(this.#width));
  }

  get count(): number {
    return this.#made?.count ?? 0;
  }

  /** A rough count of the bytes that it holds. */
  get bytes(): number {
    const texts = this.#fields.reduce((sum, { field }) => sum + field.idBytes, 0);
    return (this.#made?.bytes ?? 0) + texts;
  }

  /** Writes each row's number to `out`; false, and nothing done, where there is a row that does not fit. */
  *insert(
    columns: readonly Vector[],
    length: number,
    out: Int32Array,
  ): Generator<void, boolean, void> {
    yield* this.prepare(columns, length);
    const { keys, fits } = this.#encode(columns, length, true);
    if (!fits) return false;
    if (this.newRows.length < length) this.newRows = new Int32Array(length);
    yield* this.#table.insert(keys, length, out, this.newRows);
    return true;
  }

  /** Writes each row's number to `out`, -1 where there is none; false as `insert`. */
  *find(
    columns: readonly Vector[],
    length: number,
    out: Int32Array,
  ): Generator<void, boolean, void> {
    yield* this.prepare(columns, length);
    const { keys, fits } = this.#encode(columns, length, false);
    if (fits) this.#table.find(keys, length, out);
    return fits;
  }

  /** The keys [first, end) as columns. */
  keys(first: number, end: number): Vector[] {
    return this.decode([...this.stretches(first, end)], this.keyBytes);
  }

  /** Stretches of keys [first, end): addresses and how many. */
  stretches(first: number, end: number): Iterable<KeyStretch> {
    return this.#table.stretches(first, end);
  }

  /** Keys of these fields that lie `stride` bytes apart, as columns, also when the others are free. */
  decode(stretches: readonly KeyStretch[], stride: number): Vector[] {
    const length = stretches.reduce((sum, [, count]) => sum + count, 0);
    const stage = this.#room(length);
    // Keys may be older than the bits for NULLs.
    const nulls =
      stride > this.#width ? this.#nullBits(stretches, stride, length, stage) : undefined;
    const vectors: Vector[] = [];
    for (const { field, column, offset } of this.#fields) {
      collect(stretches, stride, offset, field.bytes, stage);
      vectors[column] = field.decode(length, stage, nulls && nullsOf(nulls, column));
    }
    return vectors;
  }

  /** Bytes of a key. */
  get keyBytes(): number {
    return this.#width + (this.#hasNulls ? NULL_BYTES : 0);
  }

  /**
   * Writes the rows' keys, `stride` bytes apart, after `prepare`; false where there is a row that does not fit.
   */
  write(columns: readonly Vector[], length: number, target: number, stride: number): boolean {
    const stage = this.#room(length);
    return this.#encodeTo(columns, length, true, target, stride, stage);
  }

  /** Gives its memory back; nothing may be inserted or looked for any more. */
  free(): void {
    this.#made?.free();
    if (this.#rows !== undefined) freeBlock(this.#rows);
    this.#rows = undefined;
  }

  /** What comes before rows are encoded. */
  *prepare(columns: readonly Vector[], length: number): Steps {
    for (const { field, column } of this.#fields) {
      const steps = field.prepare(columns[column]);
      if (steps !== undefined) yield* steps;
    }
    if (!this.#hasNulls && columns.some(({ nulls }) => hasNull(nulls, length))) {
      yield* this.#widen();
    }
  }

  /** Makes room for the bits of NULLs in all keys. */
  *#widen(): Steps {
    const before = this.#table;
    const width = this.#width + NULL_BYTES;
    const table = new PackedTable(width);
    const numbers = new Int32Array(STEP_KEYS);
    const fresh = new Int32Array(STEP_KEYS);
    for (const [keys, count] of before.stretches(0, before.count)) {
      const wide = this.#room(count);
      kernels.widenKeys(keys, this.#width, count, wide, width);
      yield* table.insert(wide, count, numbers, fresh);
      yield;
    }
    before.free();
    this.#made = table;
    this.#hasNulls = true;
  }

  #encode(
    columns: readonly Vector[],
    length: number,
    adds: boolean,
  ): { readonly keys: number; readonly fits: boolean } {
    const placed = this.#placedKeys(columns);
    if (placed !== undefined) return { keys: placed, fits: true };
    const stage = this.#room(length);
    const keys = stage + length * 16;
    return { keys, fits: this.#encodeTo(columns, length, adds, keys, this.keyBytes, stage) };
  }

  #encodeTo(
    columns: readonly Vector[],
    length: number,
    adds: boolean,
    keys: number,
    stride: number,
    stage: number,
  ): boolean {
    let fits = true;
    for (const { field, column, offset } of this.#fields) {
      const target = keys + offset;
      if (!field.encode(columns[column], length, adds, target, stride, stage)) fits = false;
    }
    if (this.#hasNulls) this.#encodeNulls(columns, length, keys, stride);
    return fits;
  }

  /** Where the only column's words lie as keys do. */
  #placedKeys(columns: readonly Vector[]): number | undefined {
    const [{ field, column }] = this.#fields;
    if (this.#fields.length > 1 || this.#hasNulls || field.kind !== 'whole') return undefined;
    return WideVector.from(columns[column])?.address;
  }

  #encodeNulls(columns: readonly Vector[], length: number, keys: number, stride: number): void {
    const { u32 } = kernelViews();
    const step = stride >>> 2;
    const bits = (keys + this.#width) >>> 2;
    for (let row = 0, at = bits; row < length; row++, at += step) u32[at] = 0;
    for (const { field, column, offset } of this.#fields) {
      const { nulls } = columns[column];
      if (nulls === undefined) continue;
      const first = (keys + offset) >>> 2;
      for (let row = 0; row < length; row++) {
        if (nulls[row] === 0) continue;
        u32[first + row * step] = 0;
        if (field.bytes === 8) u32[first + row * step + 1] = 0;
        u32[bits + row * step] |= 1 << column;
      }
    }
  }

  #nullBits(
    stretches: readonly KeyStretch[],
    stride: number,
    length: number,
    stage: number,
  ): Uint32Array {
    collect(stretches, stride, this.#width, NULL_BYTES, stage);
    return kernelViews().u32.slice(stage >>> 2, (stage >>> 2) + length);
  }

  /** Room for keys of so many rows, and 16 bytes for each before them. */
  #room(rows: number): number {
    const bytes = rows * (16 + this.#width + NULL_BYTES);
    if (this.#rows === undefined || this.#rows.bytes < bytes) {
      if (this.#rows !== undefined) freeBlock(this.#rows);
      this.#rows = allocate(bytes);
    }
    return this.#rows.pointer;
  }
}

/** Writes one field of keys, one behind the other. */
function collect(
  stretches: readonly KeyStretch[],
  stride: number,
  offset: number,
  bytes: number,
  target: number,
): void {
  const take = bytes === 8 ? kernels.collectLongs : kernels.collectWords;
  for (const [keys, count] of stretches) {
    take(keys + offset, stride, count, target);
    target += count * bytes;
  }
}

function hasNull(nulls: NullMask, length: number): boolean {
  return nulls !== undefined && nulls.subarray(0, length).includes(1);
}

function nullsOf(bits: Uint32Array, column: number): NullMask {
  const nulls = new Uint8Array(bits.length);
  let any = 0;
  for (let i = 0; i < bits.length; i++) any |= nulls[i] = (bits[i] >>> column) & 1;
  return any === 0 ? undefined : nulls;
}
