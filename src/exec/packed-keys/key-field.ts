/**
 * One column of packed keys: a word of 32 or of 64 bits in each key, in a form in which equal values are
 * equal words. Columns that have no such form are not packed.
 */
import { kernels } from '../../kernels/kernels.ts';
import { kernelViews } from '../../kernels/memory.ts';
import { LaneVector } from '../../vector/lane-vector.ts';
import { OID, vectorRep, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { AnyVector, F64Vector, NullMask, Vector } from '../../vector/vector.ts';
import { WideVector } from '../../vector/wide-vector.ts';
import { TextIds } from './text-ids.ts';
import { hasValueIds, ValueIds } from './value-ids.ts';

/** Words of 32 bits, whole numbers of 64, doubles, bools, numbers of texts and of any other values. */
type FieldKind = 'word' | 'whole' | 'float' | 'bool' | 'text' | 'value';

const WORDS: ReadonlySet<Oid> = new Set<Oid>([OID.int2, OID.int4, OID.date]);
const WHOLES: ReadonlySet<Oid> = new Set<Oid>([OID.int8, OID.time, OID.timestamp, OID.timestamptz]);
const FLOATS: ReadonlySet<Oid> = new Set<Oid>([OID.float4, OID.float8]);
const TIMES: ReadonlySet<Oid> = new Set<Oid>([OID.timestamp, OID.timestamptz]);
const INT4_MAX = 2 ** 31 - 1;
const INT4_MIN = -(2 ** 31);
const INT8_MAX = 2n ** 63n - 1n;
const INT8_MIN = -(2n ** 63n);

/** undefined for a type whose values are not packed. */
export function fieldKind({ oid }: SqlType): FieldKind | undefined {
  const rep = vectorRep(oid);
  // Blanks at the end of bpchar say nothing.
  if (rep === 'text') return oid === OID.bpchar ? 'value' : 'text';
  if (rep === 'bool') return 'bool';
  if (rep === 'any') return hasValueIds(oid) ? 'value' : undefined;
  if (FLOATS.has(oid)) return 'float';
  // What is left are object identifiers, 32 bits without a sign.
  return WHOLES.has(oid) ? 'whole' : 'word';
}

export class KeyField {
  readonly type: SqlType;
  readonly kind: FieldKind;
  readonly bytes: 4 | 8;
  readonly texts: TextIds | undefined;
  readonly #values: ValueIds | undefined;

  constructor(type: SqlType, kind: FieldKind, texts: TextIds | undefined) {
    this.type = type;
    this.kind = kind;
    this.bytes = kind === 'whole' || kind === 'float' ? 8 : 4;
    this.texts = kind === 'text' ? (texts ?? new TextIds()) : undefined;
    this.#values = kind === 'value' ? new ValueIds(type) : undefined;
  }

  /** What numbers of texts and values take. */
  get idBytes(): number {
    return (this.texts?.bytes ?? 0) + (this.#values?.bytes ?? 0);
  }

  /** What comes before `encode`, in steps. */
  prepare(column: Vector): Generator<void, void, void> | undefined {
    return column.rep === 'text' ? this.texts?.prepare(column) : undefined;
  }

  /**
   * Writes the column's words, `stride` bytes apart; `stage` is room for 8 bytes a row. With `adds` texts get
   * numbers. False where the column has a value that its words do not tell.
   */
  encode(
    column: Vector,
    length: number,
    adds: boolean,
    target: number,
    stride: number,
    stage: number,
  ): boolean {
    if (this.#values !== undefined) {
      const fits = this.#values.write(column, length, adds, kernelViews().i32, stage >>> 2);
      kernels.spreadWords(stage, length, target, stride);
      return fits;
    }
    switch (column.rep) {
      case 'text':
        if (this.texts === undefined) return false;
        this.texts.write(column, length, adds, kernelViews().i32, stage >>> 2);
        kernels.spreadWords(stage, length, target, stride);
        return true;
      case 'bool': {
        if (this.kind !== 'bool') return false;
        const { i32 } = kernelViews();
        for (let row = 0, at = stage >>> 2; row < length; row++) i32[at++] = column.data[row];
        kernels.spreadWords(stage, length, target, stride);
        return true;
      }
      case 'f64':
        if (this.kind === 'word' && fieldKind(column.type) !== 'word') return false;
        stageDoubles(column, length, stage);
        return this.#encodeDoubles(length, target, stride, stage);
      case 'any':
        if (this.kind !== 'whole') return false;
        kernels.spreadLongs(wholesOf(column, length, stage), length, target, stride);
        return true;
    }
  }

  #encodeDoubles(length: number, target: number, stride: number, stage: number): boolean {
    switch (this.kind) {
      case 'whole':
        kernels.keyWholes(stage, length, target, stride);
        return true;
      case 'word': {
        const isUnsigned = WORDS.has(this.type.oid) ? 0 : 1;
        kernels.keyWords(stage, length, target, stride, isUnsigned);
        return true;
      }
      case 'float':
        // Zeros with and without a sign are equal, and a group shows the one that came first.
        return kernels.keyFloats(stage, length, target, stride) === 1;
      default:
        return false;
    }
  }

  /** The values whose words lie one behind the other at `stage`, which has as much room behind them. */
  decode(length: number, stage: number, nulls: NullMask): Vector {
    const { type } = this;
    const views = kernelViews();
    switch (this.kind) {
      case 'float': {
        const data = views.f64.slice(stage >>> 3, (stage >>> 3) + length);
        return { rep: 'f64', type, length, data, nulls };
      }
      case 'whole':
        return this.#decodeWholes(length, stage, nulls);
      case 'word': {
        const isSigned = WORDS.has(type.oid);
        const words = isSigned ? views.i32 : views.u32;
        const data = new Float64Array(words.subarray(stage >>> 2, (stage >>> 2) + length));
        if (type.oid === OID.date) markInfinities(data, INT4_MIN, INT4_MAX);
        return { rep: 'f64', type, length, data, nulls };
      }
      case 'bool': {
        const data = new Uint8Array(views.i32.subarray(stage >>> 2, (stage >>> 2) + length));
        return { rep: 'bool', type, length, data, nulls };
      }
      case 'text': {
        const ids = views.i32.slice(stage >>> 2, (stage >>> 2) + length);
        const { dictionary, codes } = (this.texts as TextIds).texts(ids);
        return { rep: 'text', type, length, codes, dictionary, nulls };
      }
      case 'value': {
        const ids = views.i32.slice(stage >>> 2, (stage >>> 2) + length);
        return (this.#values as ValueIds).vector(ids, nulls);
      }
    }
  }

  #decodeWholes(length: number, stage: number, nulls: NullMask): Vector {
    const { type } = this;
    const doubles = stage + length * 8;
    const isSafe = kernels.wholeDoubles(stage, length, doubles) === 1;
    const views = kernelViews();
    const data = views.f64.slice(doubles >>> 3, (doubles >>> 3) + length);
    if (isSafe) return { rep: 'f64', type, length, data, nulls };
    if (type.oid === OID.int8) {
      return new WideVector(type, views.i32.slice(stage >>> 2, (stage >>> 2) + 2 * length), nulls);
    }
    const isTime = TIMES.has(type.oid);
    const wholes = views.i64.subarray(stage >>> 3, (stage >>> 3) + length);
    const values: Value[] = [];
    for (let i = 0; i < length; i++) {
      const value = wholes[i];
      if (nulls !== undefined && nulls[i] === 1) values.push(null);
      else if (isTime && value === INT8_MAX) values.push(Infinity);
      else if (isTime && value === INT8_MIN) values.push(-Infinity);
      else values.push(Number.isSafeInteger(data[i]) ? data[i] : value);
    }
    if (values.some((value) => typeof value === 'bigint')) {
      return { rep: 'any', type, length, data: values, nulls };
    }
    return { rep: 'f64', type, length, data: Float64Array.from(values, Number), nulls };
  }
}

/** The rows' doubles, without widening them for others. */
function stageDoubles(column: F64Vector, length: number, stage: number): void {
  const rows = LaneVector.rowsOf(column);
  if (rows === undefined || LaneVector.from(column)?.isWidened === true) {
    const { data } = column;
    kernelViews().f64.set(data.length === length ? data : data.subarray(0, length), stage >>> 3);
    return;
  }
  const { lanes, starts, at } = rows;
  const { block, bits, base, factor, divisor } = lanes;
  const widen = bits === 8 ? kernels.widenU8 : bits === 16 ? kernels.widenU16 : kernels.widenU32;
  for (let i = 0; i < starts.length && at[i] < length; i++) {
    const source = block.pointer + starts[i] * (bits >>> 3);
    const count = Math.min(length, at[i + 1]) - at[i];
    widen(source, stage + at[i] * 8, count, base, factor, divisor);
  }
}

/** Where the rows' words are: at `stage` where no kernel finds the column's. */
function wholesOf(column: AnyVector, length: number, stage: number): number {
  const wide = WideVector.from(column);
  if (wide?.address !== undefined) return wide.address;
  stageWholes(column, wide, length, stage);
  return stage;
}

function stageWholes(
  column: AnyVector,
  wide: WideVector | undefined,
  length: number,
  stage: number,
): void {
  const { i32, i64 } = kernelViews();
  if (wide !== undefined) {
    i32.set(wide.words.subarray(0, 2 * length), stage >>> 2);
    return;
  }
  const { data } = column;
  for (let row = 0, at = stage >>> 3; row < length; row++, at++) {
    const value = data[row];
    if (typeof value === 'bigint') i64[at] = value;
    else if (value === Infinity) i64[at] = INT8_MAX;
    else if (value === -Infinity) i64[at] = INT8_MIN;
    else i64[at] = typeof value === 'number' ? BigInt(value) : 0n;
  }
}

function markInfinities(data: Float64Array, least: number, most: number): void {
  for (let i = 0; i < data.length; i++) {
    if (data[i] === most) data[i] = Infinity;
    else if (data[i] === least) data[i] = -Infinity;
  }
}

/** A field's place in a key. */
export interface PlacedField {
  readonly field: KeyField;
  readonly column: number;
  readonly offset: number;
}

/** The fields of a key one behind the other, the wider ones first, so that each is aligned. */
export function placeFields(fields: readonly KeyField[]): PlacedField[] {
  let offset = 0;
  const placed: PlacedField[] = [];
  for (const bytes of [8, 4]) {
    for (const [column, field] of fields.entries()) {
      if (field.bytes !== bytes) continue;
      placed.push({ field, column, offset });
      offset += bytes;
    }
  }
  return placed;
}
