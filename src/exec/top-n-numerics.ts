/**
 * What a top-n may leave out by averages, decimals and integers of 64 bits as they are kept, before a value is
 * made of them.
 */
import { formatNumeric, Numeric } from '../types/numeric.ts';
import type { Value } from '../types/value.ts';
import { DecimalVector } from '../vector/decimal-vector.ts';
import { QuotientVector } from '../vector/quotient-vector.ts';
import type { AnyVector } from '../vector/vector.ts';
import { WideVector } from '../vector/wide-vector.ts';
import { selectWide } from './wide-compare.ts';

interface Key {
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** Of numbers this close, the doubles of their quotients may not tell the order. */
const DISTANCE = 1e-9;

/** The rows that may get in beside the worst that is kept; undefined where that is not to be told. */
export function acceptLazy(vector: AnyVector, worst: Value, key: Key): Int32Array | undefined {
  const wide = WideVector.from(vector);
  if (wide !== undefined) return acceptWide(wide, worst, key);
  const doubles = worst instanceof Numeric ? approximations(vector) : undefined;
  return doubles && acceptDoubles(doubles, vector, Number(formatNumeric(worst as Numeric)), key);
}

function approximations(vector: AnyVector): Float64Array | undefined {
  const quotients = QuotientVector.from(vector);
  if (quotients !== undefined) {
    const { counts } = quotients;
    return quotients.sums.map((sum, row) => sum / counts[row]);
  }
  const decimals = DecimalVector.from(vector);
  if (decimals === undefined) return undefined;
  const power = 10 ** decimals.scale;
  return decimals.unscaled.map((unscaled) => unscaled / power);
}

function acceptDoubles(
  doubles: Float64Array,
  { nulls, length }: AnyVector,
  worst: number,
  { descending, nullsFirst }: Key,
): Int32Array {
  const distance = Math.abs(worst) * DISTANCE;
  const rows = new Int32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) {
    if (nulls !== undefined && nulls[row] === 1) {
      if (!nullsFirst) continue;
    } else if (descending ? doubles[row] < worst - distance : doubles[row] > worst + distance) {
      continue;
    }
    rows[count++] = row;
  }
  return rows.subarray(0, count);
}

function acceptWide(
  vector: WideVector,
  worst: Value,
  { descending, nullsFirst }: Key,
): Int32Array | undefined {
  if (typeof worst !== 'bigint' && typeof worst !== 'number') return undefined;
  if (vector.nulls !== undefined && nullsFirst) return undefined;
  return selectWide(vector, descending ? '>=' : '<=', BigInt(worst), undefined);
}
