/**
 * Functions of one text column and constants, computed once a statement for each dictionary entry that rows
 * refer to: a column's batches share their dictionary, however small each of them is beside it.
 */
import type {
  BytesMap,
  CallInfo,
  KernelArg,
  ScalarFunction,
  TextMeasure,
} from '../../functions/function.ts';
import { OID, vectorRep, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { newSpan, type Dictionary } from '../../vector/dictionary.ts';
import { NO_TEXTS } from '../../vector/string-dictionary.ts';
import { TextTable } from '../../vector/text-table.ts';
import type { TextVector, Vector } from '../../vector/vector.ts';
import type { ExecContext } from '../operator.ts';

/** Entries for each row so far above which a table of them all costs more than it saves. */
const ENTRIES_A_ROW = 64;
const ENTRIES_MIN = 1024;

/** What is known of dictionaries' entries, by their source. */
export class EntryTables<T> {
  readonly #tables = new WeakMap<object, T>();
  /** Rows that came before there was a table. */
  readonly #rows = new WeakMap<object, number>();

  /** The table for rows that are some of a column's; undefined where one does not pay yet. */
  tableFor({ dictionary }: TextVector, rows: number, make: () => T): T | undefined {
    const { source, length } = dictionary;
    let table = this.#tables.get(source);
    if (table !== undefined) return table;
    const all = rows + (this.#rows.get(source) ?? 0);
    if (length > ENTRIES_A_ROW * all + ENTRIES_MIN) {
      this.#rows.set(source, all);
      return undefined;
    }
    this.#tables.set(source, (table = make()));
    return table;
  }
}

/** What is known of a call; another one of its kind with other constants takes its place. */
interface CallResults {
  readonly fn: ScalarFunction;
  readonly constants: readonly Value[];
  readonly tables: EntryTables<EntryTable>;
}

const RESULTS = new WeakMap<ExecContext, Map<CallInfo, CallResults>>();

/** A call with one text argument that differs from row to row. */
export interface TextCall {
  readonly vector: TextVector;
  /** The arguments, NULL in the place of the one that differs. */
  readonly constants: readonly Value[];
  compute(value: Value): Value;
  /** The same over bytes; to be asked for when there is a text to compute of. */
  onBytes(): BytesMap | undefined;
}

/** undefined where the argument is no text; exactly one argument is a vector. */
export function textCall(
  fn: ScalarFunction,
  call: CallInfo,
  args: readonly KernelArg[],
  context: ExecContext,
): TextCall | undefined {
  const position = args.findIndex((arg) => arg.rep !== 'constant');
  const vector = args[position];
  if (vector.rep !== 'text') return undefined;
  const constants = args.map((arg) => (arg.rep === 'constant' ? arg.value : null));
  const values = constants.slice();
  const compute = (value: Value): Value => {
    values[position] = value;
    return value === null && fn.strict ? null : fn.evaluate(values, context.eval, call);
  };
  let onBytes: BytesMap | undefined;
  let isAsked = false;
  return {
    vector,
    constants,
    compute,
    onBytes: () => {
      if (!isAsked) onBytes = fn.onBytes?.(constants);
      isAsked = true;
      return onBytes;
    },
  };
}

/** undefined where rows or types are not of the kind. */
export function resultsByEntry(
  fn: ScalarFunction,
  call: CallInfo,
  type: SqlType,
  text: TextCall,
  length: number,
  context: ExecContext,
): Vector | undefined {
  const { vector, constants } = text;
  if (vectorRep(type.oid) === 'any') return undefined;
  const { ofBytes } = fn;
  const tables =
    ofBytes === undefined ? resultsOf(fn, call, constants, context).tables : keptTables(ofBytes);
  const table = tables.tableFor(vector, length, () => newTable(type));
  return table?.results(text, type, length, ofBytes);
}

/** What is known of texts beyond a statement, for as long as their dictionaries are there. */
const KEPT = new WeakMap<TextMeasure, EntryTables<EntryTable>>();

function keptTables(measure: TextMeasure): EntryTables<EntryTable> {
  let tables = KEPT.get(measure);
  if (tables === undefined) KEPT.set(measure, (tables = new EntryTables()));
  return tables;
}

const NARROW: ReadonlySet<Oid> = new Set([OID.bool, OID.int2, OID.int4]);

function newTable({ oid }: SqlType): EntryTable {
  return vectorRep(oid) === 'text' ? new TextResults() : new NumberResults(NARROW.has(oid));
}

function resultsOf(
  fn: ScalarFunction,
  call: CallInfo,
  constants: readonly Value[],
  context: ExecContext,
): CallResults {
  let calls = RESULTS.get(context);
  if (calls === undefined) RESULTS.set(context, (calls = new Map()));
  let known = calls.get(call);
  if (known?.fn !== fn || !constants.every((value, i) => Object.is(value, known?.constants[i]))) {
    calls.set(call, (known = { fn, constants, tables: new EntryTables() }));
  }
  return known;
}

interface EntryTable {
  /** undefined where a value is none that the table can hold. */
  results(
    text: TextCall,
    type: SqlType,
    length: number,
    measure: TextMeasure | undefined,
  ): Vector | undefined;
}

/** The bytes of the text at hand. */
const span = newSpan();

const UNKNOWN = 0;
const KNOWN = 1;
const IS_NULL = 2;

/**
 * Numbers, times and booleans by entry. Most rows look at the entry's number alone: only where that is NaN, or
 * the least integer, is it to be told whether the entry is known. Integers of 32 bits take half the memory,
 * which rows read here and there.
 */
class NumberResults implements EntryTable {
  #states = new Uint8Array(0);
  #numbers: Float64Array | Int32Array;

  constructor(isNarrow: boolean) {
    this.#numbers = isNarrow ? new Int32Array(0) : new Float64Array(0);
  }

  results(
    { vector, compute }: TextCall,
    type: SqlType,
    length: number,
    measure: TextMeasure | undefined,
  ): Vector | undefined {
    const { codes, dictionary, nulls } = vector;
    this.#grow(dictionary.length);
    const states = this.#states;
    const numbers = this.#numbers;
    const unknown = unknownIn(numbers);
    const data = new Float64Array(length);
    let mask: Uint8Array | undefined;
    let ofNull: Value | undefined;
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) {
        if (ofNull === undefined) ofNull = compute(null);
        if (typeof ofNull === 'bigint') return undefined;
        if (ofNull === null) (mask ??= new Uint8Array(length))[row] = 1;
        else data[row] = Number(ofNull);
        continue;
      }
      const code = codes[row];
      const number = numbers[code];
      if (number !== unknown && number === number) {
        data[row] = number;
        continue;
      }
      if (states[code] === UNKNOWN) {
        const value = measured(dictionary, code, measure) ?? compute(dictionary.at(code));
        if (!this.#add(code, value)) return undefined;
      }
      if (states[code] === IS_NULL) (mask ??= new Uint8Array(length))[row] = 1;
      else data[row] = numbers[code];
    }
    if (vectorRep(type.oid) === 'f64') return { rep: 'f64', type, length, data, nulls: mask };
    return { rep: 'bool', type, length, data: Uint8Array.from(data), nulls: mask };
  }

  #add(code: number, value: Value): boolean {
    // A 64-bit integer that no double holds.
    if (typeof value === 'bigint') return false;
    this.#states[code] = value === null ? IS_NULL : KNOWN;
    if (value !== null) this.#numbers[code] = Number(value);
    return true;
  }

  #grow(entries: number): void {
    const before = this.#states.length;
    if (entries <= before) return;
    const states = new Uint8Array(entries);
    states.set(this.#states);
    this.#states = states;
    const isNarrow = this.#numbers instanceof Int32Array;
    const numbers = isNarrow ? new Int32Array(entries) : new Float64Array(entries);
    numbers.set(this.#numbers);
    numbers.fill(unknownIn(numbers), before);
    this.#numbers = numbers;
  }
}

function measured(
  dictionary: Dictionary,
  code: number,
  measure: TextMeasure | undefined,
): number | undefined {
  if (measure === undefined || !dictionary.hasBytes) return undefined;
  dictionary.spanAt(code, span);
  return measure(span.bytes, span.start, span.end);
}

function unknownIn(numbers: Float64Array | Int32Array): number {
  return numbers instanceof Int32Array ? -(2 ** 31) : NaN;
}

/** Code of a result that is NULL, and of one that is not known. */
const NULL_CODE = -1;
const NO_CODE = -2;

/** Texts by entry: codes in a dictionary of their own, in which each stands once. */
class TextResults implements EntryTable {
  #codes = new Int32Array(0);
  readonly #texts = new TextTable();

  results(text: TextCall, type: SqlType, length: number): Vector {
    const { vector, compute } = text;
    const { codes, dictionary, nulls } = vector;
    this.#grow(dictionary.length);
    const known = this.#codes;
    const results = new Int32Array(length);
    const mask = new Uint8Array(length);
    let ofNull = NO_CODE;
    let anyNull = 0;
    for (let row = 0; row < length; row++) {
      let result: number;
      if (nulls !== undefined && nulls[row] === 1) {
        if (ofNull === NO_CODE) ofNull = this.#codeOf(compute(null));
        result = ofNull;
      } else {
        const code = codes[row];
        result = known[code];
        if (result === NO_CODE) known[code] = result = this.#resultOf(text, code);
      }
      if (result === NULL_CODE) anyNull = mask[row] = 1;
      else results[row] = result;
    }
    const found = anyNull === 0 ? undefined : mask;
    return {
      rep: 'text',
      type,
      length,
      codes: results,
      dictionary: this.#snapshot(),
      nulls: found,
    };
  }

  #resultOf({ vector: { dictionary }, compute, onBytes }: TextCall, code: number): number {
    const map = dictionary.hasBytes ? onBytes() : undefined;
    if (map !== undefined) {
      dictionary.spanAt(code, span);
      if (map(span)) return this.#texts.addBytes(span.bytes, span.start, span.end);
    }
    return this.#codeOf(compute(dictionary.at(code)));
  }

  #codeOf(value: Value): number {
    return value === null ? NULL_CODE : this.#texts.add(value as string);
  }

  #snapshot(): Dictionary {
    return this.#texts.size === 0 ? NO_TEXTS : this.#texts.snapshot();
  }

  #grow(entries: number): void {
    if (entries <= this.#codes.length) return;
    const codes = new Int32Array(entries).fill(NO_CODE);
    codes.set(this.#codes);
    this.#codes = codes;
  }
}
