/** Array functions and operators. */
import { finishNow, type Stepped } from '../../base/steps.ts';
import { dbError, type DbError } from '../../errors/db-error.ts';
import { hasHeapRoom } from '../../platform/node-heap.ts';
import { codecFor } from '../../types/codecs.ts';
import { equalValues } from '../../types/compare.ts';
import { PgArray } from '../../types/pg-array.ts';
import { utf8Length } from '../../types/text.ts';
import { elementTypeOf, typeInfo } from '../../types/type-table.ts';
import { OID, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { VectorBuilder } from '../../vector/builder.ts';
import { BATCH_ROWS, type Batch } from '../../vector/vector.ts';
import { operator, scalar, table } from '../define.ts';
import type {
  CallInfo,
  EvalContext,
  ScalarFunction,
  SqlOperator,
  TableFunction,
} from '../function.ts';
import { contains, containsSteps, overlaps, overlapsSteps } from './array-members.ts';

/** PostgreSQL's MaxArraySize, MAXDIM and MaxAllocSize. */
const ELEMENTS_MAX = 134217727;
const DIMENSIONS_MAX = 6;
const BYTES_MAX = 1073741823;
const INT4_MAX = 2147483647;
/** What a JavaScript array holds as a plain row of values. */
const HELD_MAX = 32 * 1024 * 1024;
/** From here on the heap is asked whether there is room: a batch of smaller ones always fits. */
const LARGE = 4096;
const BYTES_PER_ELEMENT = 8;

function elementOf(call: CallInfo): Oid {
  const { oid } = call.returnType;
  return elementTypeOf(oid) ?? oid;
}

/** Comparison of elements where NULL equals NULL. */
function sameElement(oid: Oid, a: Value, b: Value): boolean {
  if (a === null || b === null) return a === b;
  return equalValues(oid, a, b);
}

function upperBound(array: PgArray, dimension: number): number | null {
  const length = array.dimensions[dimension - 1];
  if (length === undefined) return null;
  return (array.lowerBounds[dimension - 1] as number) + length - 1;
}

function oneDimensional(array: PgArray): PgArray {
  if (array.dimensions.length > 1) {
    throw dbError('data_exception', 'argument must be empty or one-dimensional array');
  }
  return array;
}

function append(
  array: PgArray | null,
  value: Value,
  _context: EvalContext,
  call: CallInfo,
): PgArray {
  if (array === null || array.dimensions.length === 0) return new PgArray(elementOf(call), [value]);
  const { elementType, values, lowerBounds } = oneDimensional(array);
  requireRoom(values.length + 1);
  return new PgArray(elementType, [...values, value], [values.length + 1], lowerBounds);
}

function prepend(
  value: Value,
  array: PgArray | null,
  _context: EvalContext,
  call: CallInfo,
): PgArray {
  if (array === null || array.dimensions.length === 0) return new PgArray(elementOf(call), [value]);
  const { elementType, values, lowerBounds } = oneDimensional(array);
  requireRoom(values.length + 1);
  return new PgArray(elementType, [value, ...values], [values.length + 1], lowerBounds);
}

function incompatible(detail: string): DbError {
  return dbError('array_subscript_error', {
    message: 'cannot concatenate incompatible arrays',
    detail,
  });
}

/** Concatenation: of equal dimensions along the first, or of one array as an element of the other. */
export function concatArrays(a: PgArray | null, b: PgArray | null): PgArray | null {
  if (a === null) return b;
  if (b === null || b.dimensions.length === 0) return a;
  if (a.dimensions.length === 0) return b;
  requireRoom(a.values.length + b.values.length);
  const values = [...a.values, ...b.values];
  const depth = a.dimensions.length;
  const otherDepth = b.dimensions.length;
  if (Math.abs(depth - otherDepth) > 1) {
    throw incompatible(
      `Arrays of ${depth} and ${otherDepth} dimensions are not compatible for concatenation.`,
    );
  }
  const [outer, inner] = depth >= otherDepth ? [a, b] : [b, a];
  const rows = (array: PgArray): number =>
    array.dimensions.length === outer.dimensions.length ? (array.dimensions[0] as number) : 1;
  const tail = outer.dimensions.slice(1);
  const innerTail = depth === otherDepth ? inner.dimensions.slice(1) : inner.dimensions;
  if (tail.some((length, i) => length !== innerTail[i])) {
    throw incompatible(
      depth === otherDepth
        ? 'Arrays with differing element dimensions are not compatible for concatenation.'
        : 'Arrays with differing dimensions are not compatible for concatenation.',
    );
  }
  const dimensions = [rows(a) + rows(b), ...tail];
  return new PgArray(a.elementType, values, dimensions, outer.lowerBounds);
}

function refuseMultiDimensional(array: PgArray, action: string): void {
  if (array.dimensions.length > 1) {
    throw dbError('feature_not_supported', `${action} multidimensional arrays is not supported`);
  }
}

function remove(array: PgArray | null, value: Value): PgArray | null {
  if (array === null) return null;
  refuseMultiDimensional(array, 'removing elements from');
  const kept = array.values.filter((item) => !sameElement(array.elementType, item, value));
  if (kept.length === array.values.length) return array;
  const bounds = kept.length === 0 ? [] : array.lowerBounds;
  return new PgArray(array.elementType, kept, kept.length === 0 ? [] : [kept.length], bounds);
}

function replaceElements(array: PgArray | null, from: Value, to: Value): PgArray | null {
  if (array === null) return null;
  const { elementType, dimensions, lowerBounds } = array;
  const values = array.values.map((item) => (sameElement(elementType, item, from) ? to : item));
  return new PgArray(elementType, values, dimensions, lowerBounds);
}

function position(array: PgArray | null, value: Value, start?: number | null): number | null {
  if (array === null) return null;
  refuseMultiDimensional(array, 'searching for elements in');
  if (start === null) throw dbError('null_value_not_allowed', 'initial position must not be null');
  const lower = array.lowerBounds[0] ?? 1;
  for (let i = Math.max((start ?? lower) - lower, 0); i < array.values.length; i++) {
    if (sameElement(array.elementType, array.values[i] as Value, value)) return lower + i;
  }
  return null;
}

function positions(array: PgArray | null, value: Value): PgArray | null {
  if (array === null) return null;
  refuseMultiDimensional(array, 'searching for elements in');
  const lower = array.lowerBounds[0] ?? 1;
  const found: number[] = [];
  array.values.forEach((item, i) => {
    if (sameElement(array.elementType, item, value)) found.push(lower + i);
  });
  return new PgArray(OID.int4, found);
}

function fill(
  value: Value,
  sizes: PgArray | null,
  bounds: PgArray | null,
  call: CallInfo,
): PgArray {
  if (sizes === null || bounds === null) {
    throw dbError('null_value_not_allowed', 'dimension array or low bound array cannot be null');
  }
  if (sizes.dimensions.length > 1 || bounds.dimensions.length > 1) {
    throw dbError('array_subscript_error', {
      message: 'wrong number of array subscripts',
      detail: 'Dimension array must be one dimensional.',
    });
  }
  if (sizes.values.includes(null)) {
    throw dbError('null_value_not_allowed', 'dimension values cannot be null');
  }
  if (bounds !== NO_BOUNDS && bounds.values.length !== sizes.values.length) {
    throw dbError('array_subscript_error', {
      message: 'wrong number of array subscripts',
      detail: 'Low bound array has different size than dimensions array.',
    });
  }
  const dimensions = sizes.values as readonly number[];
  const count = elementCount(dimensions);
  const element = elementOf(call);
  if (dimensions.length === 0 || count === 0) return new PgArray(element, []);
  const lowerBounds = bounds === NO_BOUNDS ? dimensions.map(() => 1) : (bounds.values as number[]);
  const tooHigh = lowerBounds.find((bound, i) => bound + (dimensions[i] as number) > INT4_MAX);
  if (tooHigh !== undefined) {
    throw dbError('program_limit_exceeded', `array lower bound is too large: ${tooHigh}`);
  }
  if (value !== null && storedBytes(element, value) * count > BYTES_MAX) throw tooLarge(BYTES_MAX);
  requireRoom(count);
  // In one piece: to let it grow would take its memory several times.
  // oxlint-disable-next-line unicorn/no-new-array
  const values = new Array<Value>(count).fill(value);
  return new PgArray(element, values, dimensions, lowerBounds);
}

function elementCount(dimensions: readonly number[]): number {
  if (dimensions.length > DIMENSIONS_MAX) {
    throw dbError(
      'program_limit_exceeded',
      `number of array dimensions (${dimensions.length}) exceeds the maximum allowed (${DIMENSIONS_MAX})`,
    );
  }
  let count = 1;
  for (const size of dimensions) {
    count *= size;
    if (size < 0 || count > INT4_MAX) throw tooLarge(ELEMENTS_MAX);
  }
  if (count > ELEMENTS_MAX) throw tooLarge(ELEMENTS_MAX);
  return count;
}

function tooLarge(limit: number): DbError {
  return dbError('program_limit_exceeded', `array size exceeds the maximum allowed (${limit})`);
}

/** Bytes that PostgreSQL stores an element in, as near as its limit asks for. */
function storedBytes(element: Oid, value: NonNullable<Value>): number {
  const length = typeInfo(element)?.length ?? -1;
  if (length > 0) return length;
  const bytes = typeof value === 'string' ? utf8Length(value) : 4;
  return Math.ceil((4 + (value instanceof Uint8Array ? value.length : bytes)) / 4) * 4;
}

/** 53200 for an array that would exhaust the heap, which nothing could catch. */
function requireRoom(count: number): void {
  const fits = count < LARGE || hasHeapRoom(2 * count * BYTES_PER_ELEMENT);
  if (count <= HELD_MAX && fits) return;
  throw dbError('out_of_memory', {
    message: 'out of memory',
    detail: `An array of ${count} elements does not fit in memory.`,
  });
}

const NO_BOUNDS = new PgArray(OID.int4, []);

function trim(array: PgArray, count: number): PgArray {
  const length = array.dimensions[0] ?? 0;
  if (count < 0 || count > length) {
    throw dbError(
      'array_subscript_error',
      `number of elements to trim must be between 0 and ${length}`,
    );
  }
  const rest = length - count;
  if (rest === 0) return new PgArray(array.elementType, []);
  const tail = array.dimensions.slice(1);
  const row = tail.reduce((product, size) => product * size, 1);
  const dimensions = [rest, ...tail];
  return new PgArray(array.elementType, array.values.slice(0, rest * row), dimensions);
}

function arrayToString(
  array: PgArray | null,
  separator: string | null,
  nullText: string | null,
  context: EvalContext,
): string | null {
  return finishNow(arrayToStringSteps(array, separator, nullText, context));
}

/** Units of the result, or elements, between two yields. */
const STRING_STEP = 16 * 1024;
const ELEMENT_UNITS = 8;

function* arrayToStringSteps(
  array: PgArray | null,
  separator: string | null,
  nullText: string | null,
  context: EvalContext,
): Stepped<string | null> {
  if (array === null || separator === null) return null;
  const codec = codecFor(array.elementType);
  const parts: string[] = [];
  let made = 0;
  let stretch: string[] = [];
  for (const value of array.values) {
    const text = value === null ? nullText : codec.formatText(value, context.format);
    if (text !== null) stretch.push(text);
    made += (text?.length ?? 0) + separator.length + ELEMENT_UNITS;
    if (made < STRING_STEP) continue;
    if (stretch.length > 0) parts.push(stretch.join(separator));
    stretch = [];
    made = 0;
    yield;
  }
  if (stretch.length > 0) parts.push(stretch.join(separator));
  return parts.join(separator);
}

/** The parts of a text: its characters without a separator, one with an empty one. */
function* splitString(text: string, separator: string | null): Generator<string, void, unknown> {
  if (text === '') return;
  if (separator === null) yield* text;
  else if (separator === '') yield text;
  else {
    let start = 0;
    let end = text.indexOf(separator);
    for (; end >= 0; start = end + separator.length, end = text.indexOf(separator, start)) {
      yield text.slice(start, end);
    }
    yield text.slice(start);
  }
}

function stringToArray(
  text: string | null,
  separator: string | null,
  nullText: string | null = null,
): PgArray | null {
  if (text === null) return null;
  if (separator === null || text === '') {
    return finishNow(stringToArraySteps(text, separator, nullText));
  }
  const parts = separator === '' ? [text] : text.split(separator);
  if (nullText === null) return new PgArray(OID.text, parts);
  return new PgArray(
    OID.text,
    parts.map((part) => (part === nullText ? null : part)),
  );
}

/** Parts taken in one step. */
const STEP_PARTS = 8192;

function* stringToArraySteps(
  text: string | null,
  separator: string | null,
  nullText: string | null = null,
): Stepped<PgArray | null> {
  if (text === null) return null;
  const parts: (string | null)[] = [];
  for (const part of splitString(text, separator)) {
    parts.push(part === nullText ? null : part);
    if (parts.length % STEP_PARTS === 0) yield;
  }
  return new PgArray(OID.text, parts);
}

function* splitRows(
  text: string | null,
  separator: string | null,
  nullText: string | null,
): Generator<readonly Value[]> {
  for (const part of splitString(text ?? '', separator)) yield [part === nullText ? null : part];
}

function dims(array: PgArray): string | null {
  if (array.dimensions.length === 0) return null;
  return array.dimensions
    .map((length, i) => {
      const lower = array.lowerBounds[i] as number;
      return `[${lower}:${lower + length - 1}]`;
    })
    .join('');
}

const LAX = { strict: false } as const;

export const arrayFunctions: readonly ScalarFunction[] = [
  scalar(
    'array_length(anyarray, int4) int4',
    (array: PgArray, dimension: number) => array.dimensions[dimension - 1] ?? null,
  ),
  scalar(
    'array_lower(anyarray, int4) int4',
    (array: PgArray, dimension: number) => array.lowerBounds[dimension - 1] ?? null,
  ),
  scalar('array_upper(anyarray, int4) int4', upperBound),
  scalar('array_ndims(anyarray) int4', (array: PgArray) => array.dimensions.length || null),
  scalar('array_dims(anyarray) text', dims),
  scalar('cardinality(anyarray) int4', (array: PgArray) => array.items.length),
  scalar('array_append(anycompatiblearray, anycompatible) anycompatiblearray', append, LAX),
  scalar('array_prepend(anycompatible, anycompatiblearray) anycompatiblearray', prepend, LAX),
  scalar('array_cat(anycompatiblearray, anycompatiblearray) anycompatiblearray', concatArrays, LAX),
  scalar('array_remove(anycompatiblearray, anycompatible) anycompatiblearray', remove, LAX),
  scalar(
    'array_replace(anycompatiblearray, anycompatible, anycompatible) anycompatiblearray',
    replaceElements,
    LAX,
  ),
  scalar(
    'array_position(anycompatiblearray, anycompatible) int4',
    (array: PgArray | null, value: Value) => position(array, value),
    LAX,
  ),
  scalar('array_position(anycompatiblearray, anycompatible, int4) int4', position, LAX),
  scalar('array_positions(anycompatiblearray, anycompatible) int4[]', positions, LAX),
  scalar(
    'array_fill(anyelement, int4[]) anyarray',
    (value: Value, sizes: PgArray | null, _context: EvalContext, call: CallInfo) =>
      fill(value, sizes, NO_BOUNDS, call),
    LAX,
  ),
  scalar(
    'array_fill(anyelement, int4[], int4[]) anyarray',
    (
      value: Value,
      sizes: PgArray | null,
      bounds: PgArray | null,
      _c: EvalContext,
      call: CallInfo,
    ) => fill(value, sizes, bounds, call),
    LAX,
  ),
  scalar('trim_array(anyarray, int4) anyarray', trim),
  scalar(
    'array_to_string(anyarray, text) text',
    (array: PgArray, separator: string, context: EvalContext) =>
      arrayToString(array, separator, null, context),
    {
      volatility: 'stable',
      inSteps: (array: PgArray, separator: string, context: EvalContext) =>
        arrayToStringSteps(array, separator, null, context),
    },
  ),
  scalar('array_to_string(anyarray, text, text) text', arrayToString, {
    strict: false,
    volatility: 'stable',
    inSteps: arrayToStringSteps,
  }),
  scalar(
    'string_to_array(text, text) text[]',
    (text: string | null, separator: string | null) => stringToArray(text, separator),
    {
      strict: false,
      inSteps: (text: string | null, separator: string | null) =>
        stringToArraySteps(text, separator),
    },
  ),
  scalar('string_to_array(text, text, text) text[]', stringToArray, {
    strict: false,
    inSteps: stringToArraySteps,
  }),
];

export const arrayOperators: readonly SqlOperator[] = [
  operator('anycompatiblearray || anycompatible = anycompatiblearray', append, LAX),
  operator('anycompatible || anycompatiblearray = anycompatiblearray', prepend, LAX),
  operator('anycompatiblearray || anycompatiblearray = anycompatiblearray', concatArrays, LAX),
  operator('anyarray @> anyarray = bool', contains, { inSteps: containsSteps }),
  operator(
    'anyarray <@ anyarray = bool',
    (part: PgArray, whole: PgArray) => contains(whole, part),
    { inSteps: (part: PgArray, whole: PgArray) => containsSteps(whole, part) },
  ),
  operator('anyarray && anyarray = bool', overlaps, { inSteps: overlapsSteps }),
];

function* subscripts(
  { dimensions, lowerBounds }: PgArray,
  dimension: number,
  reverse: boolean,
): Generator<readonly Value[]> {
  const lower = lowerBounds[dimension - 1];
  if (lower === undefined) return;
  const length = dimensions[dimension - 1] as number;
  for (let i = 0; i < length; i++) yield [lower + (reverse ? length - 1 - i : i)];
}

/** One after the other: an array may have millions. */
function* elementRows({ items }: PgArray): Generator<readonly Value[]> {
  for (const item of items) yield [item];
}

function* elementBatches({ items }: PgArray, type: SqlType): Generator<Batch> {
  let builder = new VectorBuilder(type, BATCH_ROWS);
  for (const item of items) {
    builder.append(item);
    if (builder.length < BATCH_ROWS) continue;
    yield { columns: [builder.finish()], length: BATCH_ROWS };
    builder = new VectorBuilder(type, BATCH_ROWS);
  }
  const { length } = builder;
  if (length > 0) yield { columns: [builder.finish()], length };
}

export const arrayTableFunctions: readonly TableFunction[] = [
  table('unnest(anyarray) anyelement', ([array]) => elementRows(array as PgArray), {
    batches: ([array], _context, call) => elementBatches(array as PgArray, call.returnType),
  }),
  table('generate_subscripts(anyarray, int4) int4', ([array, dimension]) =>
    subscripts(array as PgArray, dimension as number, false),
  ),
  table('generate_subscripts(anyarray, int4, bool) int4', ([array, dimension, reverse]) =>
    subscripts(array as PgArray, dimension as number, reverse as boolean),
  ),
  table(
    'string_to_table(text, text) text',
    ([text, separator]) => splitRows(text as string | null, separator as string | null, null),
    { strict: false },
  ),
  table(
    'string_to_table(text, text, text) text',
    ([text, separator, nullText]) =>
      splitRows(text as string | null, separator as string | null, nullText as string | null),
    { strict: false },
  ),
];
