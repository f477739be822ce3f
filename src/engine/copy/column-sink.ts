/**
 * Columns that COPY fills: kernels hand over stretches of values, and what they leave comes field by
 * field through the type's own input function.
 */
import { grown } from '../../base/grown.ts';
import { borrowDoubles, borrowInts, giveBack } from '../../base/lent-arrays.ts';
import { codecFor } from '../../types/codecs.ts';
import type { Codec, FormatSettings } from '../../types/codec.ts';
import { OID, vectorRep, type SqlType, type VectorRep } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { Vector } from '../../vector/vector.ts';
import { putDoubles, putInteger, WideVector, wideValue } from '../../vector/wide-vector.ts';
import type { BatchTexts } from './batch-texts.ts';
import { ColumnTexts } from './column-texts.ts';
import { RowTexts } from './row-texts.ts';

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Rows that a first batch has room for: most loads are small. */
export const FIRST_CAPACITY = 256;

/** Of integers from -(2^53) to 2^53 - 1. */
const HIGH_MIN = -(2 ** 21);
const HIGH_MAX = 2 ** 21 - 1;

const NO_NUMBERS = new Float64Array(0);
const NO_FLAGS = new Uint8Array(0);
const NO_CODES = new Int32Array(0);

/** One column of the batch being read. Rows are set in order, each exactly once. */
export class ColumnSink {
  readonly name: string;
  readonly type: SqlType;
  readonly rep: VectorRep;
  /** Of the statement that fills it. */
  settings: FormatSettings;
  readonly codec: Codec;
  /** Takes borrowed memory: for batches that are read once, and not after they are stored. */
  borrows = false;
  #capacity: number;
  #numbers = NO_NUMBERS;
  #flags = NO_FLAGS;
  #codes = NO_CODES;
  #values: Value[] = [];
  readonly #columnTexts: ColumnTexts | undefined;
  #texts: BatchTexts | undefined;
  /** For batches whose texts are not looked up. */
  #rowTexts: RowTexts | undefined;
  #nulls: Uint8Array | undefined;
  /** In the place of numbers: integers of a batch that may have some that no double holds. */
  #words: Int32Array<ArrayBuffer> | undefined;
  /** Times that no double holds, by row. */
  #wide: Map<number, bigint> | undefined;

  /** `texts` may be those of other loads of the column, which storage knows already. */
  constructor(
    name: string,
    type: SqlType,
    capacity: number,
    settings: FormatSettings,
    texts: ColumnTexts | undefined,
  ) {
    this.name = name;
    this.type = type;
    this.rep = vectorRep(type.oid);
    this.codec = codecFor(type.oid);
    this.settings = settings;
    this.#capacity = capacity;
    if (this.rep === 'text') this.#columnTexts = texts ?? new ColumnTexts();
    this.#texts = this.#nextTexts();
  }

  /** Begins a new batch with other memory than the last one's. */
  start(capacity = this.#capacity): void {
    this.#capacity = capacity;
    this.#nulls = undefined;
    this.#wide = undefined;
    if (this.#words !== undefined) this.#words = this.#newWords();
    else if (this.rep === 'f64') this.#numbers = this.#newNumbers();
    else if (this.rep === 'bool') this.#flags = new Uint8Array(this.#capacity);
    else if (this.rep === 'text') this.#codes = this.#newCodes();
    else this.#values = [];
    this.#texts = this.#nextTexts();
  }

  #nextTexts(): BatchTexts | undefined {
    if (this.#columnTexts?.isScattered !== true) return this.#columnTexts?.current();
    this.#rowTexts ??= new RowTexts();
    this.#rowTexts.clear();
    return this.#rowTexts;
  }

  #newNumbers(): Float64Array<ArrayBuffer> {
    return this.borrows ? borrowDoubles(this.#capacity) : new Float64Array(this.#capacity);
  }

  #newWords(): Int32Array<ArrayBuffer> {
    const length = 2 * this.#capacity;
    return this.borrows ? borrowInts(length) : new Int32Array(length);
  }

  #newCodes(): Int32Array<ArrayBuffer> {
    return this.borrows ? borrowInts(this.#capacity) : new Int32Array(this.#capacity);
  }

  /** The texts so far; undefined for columns of other types. */
  get texts(): BatchTexts | undefined {
    return this.#texts;
  }

  /** Makes room for rows below `rows`; later batches begin with it. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = rows;
    if (this.#words !== undefined) this.#words = moved(this.#words, this.#newWords());
    else if (this.rep === 'f64') this.#numbers = moved(this.#numbers, this.#newNumbers());
    if (this.rep === 'bool') this.#flags = grown(this.#flags, new Uint8Array(rows));
    if (this.rep === 'text') this.#codes = moved(this.#codes, this.#newCodes());
    if (this.#nulls !== undefined) this.#nulls = grown(this.#nulls, new Uint8Array(rows));
  }

  /** Rows from `row` on, from the kernels' memory; their number is that of the array's elements. */
  setNumbers(row: number, numbers: Float64Array): void {
    this.#numbers.set(numbers, row);
  }

  /** The column's integers come as words: as long as batches have some that no double holds. */
  get hasWords(): boolean {
    return this.#words !== undefined;
  }

  /** As setNumbers, with two words for each row. */
  setWords(row: number, words: Int32Array): void {
    this.#takeWords(row).set(words, 2 * row);
  }

  /** Makes words of the numbers of the first rows. */
  #takeWords(rows: number): Int32Array {
    if (this.#words !== undefined) return this.#words;
    const words = this.#newWords();
    putDoubles(this.#numbers, rows, words, 0);
    if (this.borrows) giveBack(this.#numbers);
    this.#numbers = NO_NUMBERS;
    return (this.#words = words);
  }

  setFlags(row: number, flags: Uint8Array): void {
    this.#flags.set(flags, row);
  }

  setCodes(row: number, codes: Int32Array): void {
    this.#codes.set(codes, row);
  }

  setNulls(row: number, nulls: Uint8Array): void {
    this.#nulls ??= new Uint8Array(this.#capacity);
    this.#nulls.set(nulls, row);
  }

  setNull(row: number): void {
    this.#nulls ??= new Uint8Array(this.#capacity);
    this.#nulls[row] = 1;
    if (this.#words !== undefined) this.#words.fill(0, 2 * row, 2 * row + 2);
    else if (this.rep === 'f64') this.#numbers[row] = 0;
    else if (this.rep === 'bool') this.#flags[row] = 0;
    else if (this.rep === 'text') this.#codes[row] = 0;
    else this.#values[row] = null;
  }

  /** The field in bytes start..end-1, which holds no escapes. */
  setBytes(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.setText(row, DECODER.decode(bytes.subarray(start, end)));
  }

  setText(row: number, text: string): void {
    this.setValue(row, this.codec.parseText(text, this.type.typmod, this.settings));
  }

  setValue(row: number, value: Value): void {
    if (value === null) return this.setNull(row);
    switch (this.rep) {
      case 'f64':
        return this.#setNumber(row, value as number | bigint);
      case 'bool':
        this.#flags[row] = value === true ? 1 : 0;
        return;
      case 'text':
        this.#codes[row] = (this.#texts as BatchTexts).codeOf(value as string);
        return;
      case 'any':
        this.#values[row] = value;
    }
  }

  #setNumber(row: number, value: number | bigint): void {
    const isInteger = this.type.oid === OID.int8;
    if (this.#words !== undefined || (isInteger && typeof value === 'bigint')) {
      // Rows of the batch may be there, before and behind this one.
      putInteger(value, this.#takeWords(this.#capacity), 2 * row);
      return;
    }
    if (typeof value === 'bigint') (this.#wide ??= new Map()).set(row, value);
    this.#numbers[row] = typeof value === 'bigint' ? 0 : value;
  }

  /** The number in a row that was set, undefined where it is none. */
  numberAt(row: number): number | undefined {
    const isOther = this.#nulls?.[row] === 1 || this.#wide?.has(row) === true;
    return isOther ? undefined : this.#numbers[row];
  }

  /** The batch's vector over rows 0..length-1. */
  finish(length: number): Vector {
    const { type } = this;
    const nulls = this.#nulls?.subarray(0, length);
    switch (this.rep) {
      case 'f64':
        if (this.#words !== undefined) return this.#finishWords(this.#words, length, nulls);
        if (this.#wide !== undefined) return this.#finishWide(length);
        return { rep: 'f64', type, length, data: this.#numbers.subarray(0, length), nulls };
      case 'bool':
        return { rep: 'bool', type, length, data: this.#flags.subarray(0, length), nulls };
      case 'text': {
        const dictionary = (this.#texts as BatchTexts).entries();
        this.#columnTexts?.noteRows(length);
        const codes = this.#codes.subarray(0, length);
        return { rep: 'text', type, length, codes, dictionary, nulls };
      }
      case 'any':
        return { rep: 'any', type, length, data: this.#values.slice(0, length), nulls };
    }
  }

  #finishWords(words: Int32Array, length: number, nulls: Uint8Array | undefined): Vector {
    const { type } = this;
    const rows = words.subarray(0, 2 * length);
    if (hasWide(rows)) return new WideVector(type, rows, nulls);
    const data = this.#newNumbers();
    for (let row = 0; row < length; row++)
      data[row] = Number(wideValue(rows[2 * row], rows[2 * row + 1]));
    if (this.borrows) giveBack(words);
    this.#words = undefined;
    return { rep: 'f64', type, length, data: data.subarray(0, length), nulls };
  }

  #finishWide(length: number): Vector {
    const data: Value[] = [];
    for (let row = 0; row < length; row++) {
      const isNull = this.#nulls?.[row] === 1;
      data.push(isNull ? null : (this.#wide?.get(row) ?? this.#numbers[row]));
    }
    return { rep: 'any', type: this.type, length, data, nulls: this.#nulls?.subarray(0, length) };
  }
}

/** Whether there are integers that no double holds. */
function hasWide(words: Int32Array): boolean {
  for (let at = 0; at < words.length; at += 2) {
    const high = words[at + 1];
    if (high < HIGH_MIN || high > HIGH_MAX) return true;
    if (high === HIGH_MIN && words[at] === 0) return true;
  }
  return false;
}

/** What was borrowed before goes back. */
function moved<T extends Float64Array | Int32Array>(from: T, larger: T): T {
  grown(from, larger);
  giveBack(from);
  return larger;
}
