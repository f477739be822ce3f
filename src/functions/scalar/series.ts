/** generate_series over integers and numerics, and pg_get_keywords' kin. */
import { dbError } from '../../errors/db-error.ts';
import { addNumeric } from '../../types/numeric-arithmetic.ts';
import { compareNumeric, type Numeric, NUMERIC_ONE, signOf } from '../../types/numeric.ts';
import { OID, sqlType } from '../../types/type.ts';
import { INT8_MAX, INT8_MIN, type Int64, toInt64, type Value } from '../../types/value.ts';
import { type Batch, BATCH_ROWS } from '../../vector/vector.ts';
import { table } from '../define.ts';
import type { TableFunction } from '../function.ts';

function zeroStep(): Error {
  return dbError('invalid_parameter_value', 'step size cannot equal zero');
}

function* intRows(start: Int64, stop: Int64, step: Int64): Generator<Value[]> {
  if (step === 0) throw zeroStep();
  if (typeof start === 'number' && typeof stop === 'number' && typeof step === 'number') {
    for (let value = start; step > 0 ? value <= stop : value >= stop; value += step) {
      if (!Number.isSafeInteger(value)) break;
      yield [value];
    }
    return;
  }
  const by = BigInt(step);
  for (
    let value = BigInt(start);
    by > 0n ? value <= BigInt(stop) : value >= BigInt(stop);
    value += by
  ) {
    if (value > INT8_MAX || value < INT8_MIN) return;
    yield [toInt64(value)];
  }
}

function* intBatches(type: number, args: readonly Value[]): Generator<Batch> {
  const [start, stop, given] = args as readonly Int64[];
  const step = given ?? 1;
  if (step === 0) throw zeroStep();
  if (typeof start !== 'number' || typeof stop !== 'number' || typeof step !== 'number') {
    for (const row of intRows(start as Int64, stop as Int64, step)) {
      const data = [row[0] as Value];
      yield {
        columns: [{ rep: 'any', type: sqlType(type), length: 1, data, nulls: undefined }],
        length: 1,
      };
    }
    return;
  }
  const total = Math.max(Math.floor((stop - start) / step) + 1, 0);
  for (let done = 0; done < total; done += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, total - done);
    const data = new Float64Array(length);
    for (let i = 0; i < length; i++) data[i] = start + (done + i) * step;
    yield {
      columns: [{ rep: 'f64', type: sqlType(type), length, data, nulls: undefined }],
      length,
    };
  }
}

function* numericRows(start: Numeric, stop: Numeric, step: Numeric): Generator<Value[]> {
  for (const [value, name] of [
    [start, 'start'],
    [stop, 'stop'],
    [step, 'step'],
  ] as const) {
    const role = name === 'step' ? 'step size' : `${name} value`;
    if (value.kind === 'nan') throw dbError('invalid_parameter_value', `${role} cannot be NaN`);
    if (value.kind !== 'finite') {
      throw dbError('invalid_parameter_value', `${role} cannot be infinity`);
    }
  }
  const direction = signOf(step);
  if (direction === 0) throw zeroStep();
  for (
    let value = start;
    compareNumeric(value, stop) * direction <= 0;
    value = addNumeric(value, step)
  ) {
    yield [value];
  }
}

function intSeries(type: 'int4' | 'int8'): TableFunction[] {
  const batches = (args: readonly Value[]): Iterable<Batch> => intBatches(OID[type], args);
  return [
    table(
      `generate_series(${type}, ${type}) ${type}`,
      ([start, stop]) => intRows(start as Int64, stop as Int64, 1),
      { batches },
    ),
    table(
      `generate_series(${type}, ${type}, ${type}) ${type}`,
      ([start, stop, step]) => intRows(start as Int64, stop as Int64, step as Int64),
      { batches },
    ),
  ];
}

export const seriesFunctions: readonly TableFunction[] = [
  ...intSeries('int4'),
  ...intSeries('int8'),
  table('generate_series(numeric, numeric) numeric', ([start, stop]) =>
    numericRows(start as Numeric, stop as Numeric, NUMERIC_ONE),
  ),
  table('generate_series(numeric, numeric, numeric) numeric', ([start, stop, step]) =>
    numericRows(start as Numeric, stop as Numeric, step as Numeric),
  ),
];
