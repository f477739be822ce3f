/** Collects one column of decoded rows. */
import type { Stepped } from '../../base/steps.ts';
import type { ColumnDescriptor } from '../../catalog/catalog.ts';
import type { SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { vectorFromValues, type Vector } from '../../vector/vector.ts';
import {
  endOfValue,
  missingValue,
  readValue,
  readValueSteps,
  startOfValue,
  storedForm,
  type StoredForm,
} from './value-format.ts';
import type { Dictionary } from '../../vector/dictionary.ts';
import { StringDictionary } from '../../vector/string-dictionary.ts';

export class ColumnBuilder {
  readonly attnum: number;
  readonly #type: SqlType;
  readonly #form: StoredForm;
  readonly #missingText: string | undefined;
  readonly #values: Value[];
  readonly #numbers: Float64Array | undefined;
  #wide = false;
  #nulls: Uint8Array | undefined;
  #missing: Value | undefined;

  constructor(column: ColumnDescriptor, length: number) {
    this.attnum = column.attnum;
    this.#type = column.type;
    this.#form = storedForm(column.type.oid);
    this.#missingText = column.missingText;
    const isNumber = this.#form !== 'bool' && this.#form !== 'text' && this.#form !== 'binary';
    this.#numbers = isNumber ? new Float64Array(length) : undefined;
    this.#values = isNumber ? [] : nullsOf(length);
  }

  /** Reads the value behind its length at `at`; returns where it ends. */
  read(bytes: Uint8Array, at: number, row: number): number {
    const end = endOfValue(bytes, at);
    this.#set(row, readValue(bytes, startOfValue(bytes, at), end, this.#type, this.#form));
    return end;
  }

  /** The same of a value that may be large, with a yield at least every few milliseconds. */
  *readSteps(bytes: Uint8Array, at: number, row: number): Stepped<number> {
    const end = endOfValue(bytes, at);
    const start = startOfValue(bytes, at);
    this.#set(row, yield* readValueSteps(bytes, start, end, this.#type, this.#form));
    return end;
  }

  setMissing(row: number): void {
    this.#missing ??= missingValue(this.#type, this.#missingText);
    if (this.#missing === null) this.setNull(row);
    else this.#set(row, this.#missing);
  }

  setNull(row: number): void {
    const length = this.#numbers?.length ?? this.#values.length;
    this.#nulls ??= new Uint8Array(length);
    this.#nulls[row] = 1;
  }

  finish(): Vector {
    const numbers = this.#numbers;
    if (numbers !== undefined && !this.#wide) {
      return {
        rep: 'f64',
        type: this.#type,
        length: numbers.length,
        data: numbers,
        nulls: this.#nulls,
      };
    }
    if (this.#form === 'text') return this.#finishText();
    return vectorFromValues(this.#type, this.#values);
  }

  #set(row: number, value: NonNullable<Value>): void {
    const numbers = this.#numbers;
    if (numbers === undefined) this.#values[row] = value;
    else if (typeof value === 'number' && !this.#wide) numbers[row] = value;
    else this.#setWide(row, value, numbers);
  }

  /** A 64-bit integer beyond 2^53: the column goes on as plain values. */
  #setWide(row: number, value: NonNullable<Value>, numbers: Float64Array): void {
    if (!this.#wide) {
      this.#wide = true;
      for (let i = 0; i < numbers.length; i++) {
        this.#values.push(this.#nulls?.[i] === 1 || i >= row ? null : (numbers[i] as number));
      }
    }
    this.#values[row] = value;
  }

  #finishText(): Vector {
    const { codes, dictionary } = encodeTexts(this.#values as readonly (string | null)[]);
    const { length } = codes;
    return { rep: 'text', type: this.#type, length, codes, dictionary, nulls: this.#nulls };
  }
}

/** Array.from takes many times as long, with a call for each. */
function nullsOf(length: number): Value[] {
  const values: Value[] = [];
  for (let i = 0; i < length; i++) values.push(null);
  return values;
}

/** Texts that tell whether the rest is worth looking for repeats. */
const SAMPLED_TEXTS = 128;
const DISTINCT_SAMPLES_MAX = 96;

/** A dictionary of the texts, with each once unless most of the first ones differ. */
function encodeTexts(values: readonly (string | null)[]): {
  codes: Int32Array;
  dictionary: Dictionary;
} {
  const codes = new Int32Array(values.length);
  const texts: string[] = [];
  const known = new Map<string, number>();
  let i = 0;
  for (; i < codes.length; i++) {
    if (i === SAMPLED_TEXTS && texts.length > DISTINCT_SAMPLES_MAX) break;
    const text = values[i] ?? '';
    let code = known.get(text);
    if (code === undefined) {
      code = texts.length;
      known.set(text, code);
      texts.push(text);
    }
    codes[i] = code;
  }
  for (; i < codes.length; i++) {
    codes[i] = texts.length;
    texts.push(values[i] ?? '');
  }
  return { codes, dictionary: new StringDictionary(texts) };
}
