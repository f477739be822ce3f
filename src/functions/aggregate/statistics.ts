/**
 * Variance, deviation, covariance and regression. Over integers and numerics the sums are exact, over
 * doubles they follow the Youngs-Cramer updates that PostgreSQL uses, in the order of the rows.
 */
import { floatOverflow } from '../../types/float.ts';
import {
  addNumeric,
  divideNumeric,
  multiplyNumeric,
  subtractNumeric,
} from '../../types/numeric-arithmetic.ts';
import { integerSqrt } from '../../types/numeric-functions.ts';
import { divideRound, Numeric, NUMERIC_NAN, NUMERIC_ZERO } from '../../types/numeric.ts';
import { OID, sqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import { aggregate } from '../define.ts';
import type { Accumulator, AggregateFunction } from '../function.ts';
import { StateAccumulator } from './accumulator.ts';
import { FloatSpreadAccumulator, type Spread } from './float-spread.ts';
import { IntegerSpreadAccumulator } from './integer-spread.ts';

interface ExactMoments {
  n: number;
  sum: Numeric;
  squares: Numeric;
}

/** The square root at a given scale, as the variance's own scale asks. */
function squareRootAt(value: Numeric, scale: number): Numeric {
  const digits = 2 * (scale + 1);
  const radicand =
    digits >= value.scale
      ? value.unscaled * 10n ** BigInt(digits - value.scale)
      : value.unscaled / 10n ** BigInt(value.scale - digits);
  return new Numeric(divideRound(integerSqrt(radicand), 10n), scale);
}

function finishExact(spread: Spread, { n, sum, squares }: ExactMoments): Numeric | null {
  const isSample = spread.endsWith('_samp');
  if (n === 0 || (isSample && n === 1)) return null;
  if (sum.kind !== 'finite') return NUMERIC_NAN;
  const count = new Numeric(BigInt(n), 0);
  const numerator = subtractNumeric(multiplyNumeric(count, squares), multiplyNumeric(sum, sum));
  if (numerator.unscaled <= 0n) return NUMERIC_ZERO;
  const denominator = new Numeric(BigInt(n) * BigInt(isSample ? n - 1 : n), 0);
  const variance = divideNumeric(numerator, denominator);
  return spread.startsWith('stddev') ? squareRootAt(variance, variance.scale) : variance;
}

function exactSpread(spread: Spread): Accumulator {
  return new StateAccumulator<ExactMoments>({
    type: sqlType(OID.numeric),
    skipNulls: true,
    create: () => ({ n: 0, sum: NUMERIC_ZERO, squares: NUMERIC_ZERO }),
    add(state, args) {
      const value = args[0] as Numeric;
      state.n++;
      state.sum = addNumeric(state.sum, value);
      state.squares = addNumeric(state.squares, multiplyNumeric(value, value));
      return state;
    },
    finish: (state) => finishExact(spread, state),
  });
}

function intSpread(spread: Spread): Accumulator {
  return new IntegerSpreadAccumulator((n, sum, squares) =>
    finishExact(spread, { n, sum: new Numeric(sum, 0), squares: new Numeric(squares, 0) }),
  );
}

/** Of both sums, whatever the type. */
const MOMENTS = { statistics: ['sum', 'squares'] } as const;

const SPREAD_NAMES: readonly (readonly [string, Spread])[] = [
  ['var_pop', 'var_pop'],
  ['var_samp', 'var_samp'],
  ['variance', 'var_samp'],
  ['stddev_pop', 'stddev_pop'],
  ['stddev_samp', 'stddev_samp'],
  ['stddev', 'stddev_samp'],
];

function spreads(): AggregateFunction[] {
  return SPREAD_NAMES.flatMap(([name, spread]) => [
    ...['int2', 'int4', 'int8'].map((type) =>
      aggregate(`${name}(${type}) numeric`, () => intSpread(spread), {
        orderInsensitive: true,
        ...MOMENTS,
      }),
    ),
    aggregate(`${name}(numeric) numeric`, () => exactSpread(spread), { orderInsensitive: true }),
    ...['float4', 'float8'].map((type) =>
      aggregate(`${name}(${type}) float8`, () => new FloatSpreadAccumulator(spread), MOMENTS),
    ),
  ]);
}

/** Sums over pairs (y, x): means and centred squares and products. */
interface Pairs {
  n: number;
  sx: number;
  sxx: number;
  sy: number;
  syy: number;
  sxy: number;
}

function addPair(state: Pairs, y: number, x: number): Pairs {
  const wasFinite = Number.isFinite(state.sx) && Number.isFinite(state.sy);
  state.n++;
  state.sx += x;
  state.sy += y;
  const { n } = state;
  if (n === 1) {
    if (!Number.isFinite(x)) state.sxx = state.sxy = NaN;
    if (!Number.isFinite(y)) state.syy = state.sxy = NaN;
    return state;
  }
  const dx = x * n - state.sx;
  const dy = y * n - state.sy;
  const scale = 1 / (n * (n - 1));
  state.sxx += dx * dx * scale;
  state.syy += dy * dy * scale;
  state.sxy += dx * dy * scale;
  if ([state.sx, state.sxx, state.sy, state.syy, state.sxy].some((sum) => !Number.isFinite(sum))) {
    if (wasFinite && Number.isFinite(x) && Number.isFinite(y) && !Number.isNaN(state.sxy)) {
      throw floatOverflow();
    }
    if (!Number.isFinite(state.sxx)) state.sxx = NaN;
    if (!Number.isFinite(state.syy)) state.syy = NaN;
    if (!Number.isFinite(state.sxy)) state.sxy = NaN;
  }
  return state;
}

const PAIR_FINISH: readonly (readonly [string, (pairs: Pairs) => number | null])[] = [
  ['regr_sxx', ({ n, sxx }) => (n < 1 ? null : sxx)],
  ['regr_syy', ({ n, syy }) => (n < 1 ? null : syy)],
  ['regr_sxy', ({ n, sxy }) => (n < 1 ? null : sxy)],
  ['regr_avgx', ({ n, sx }) => (n < 1 ? null : sx / n)],
  ['regr_avgy', ({ n, sy }) => (n < 1 ? null : sy / n)],
  ['covar_pop', ({ n, sxy }) => (n < 1 ? null : sxy / n)],
  ['covar_samp', ({ n, sxy }) => (n < 2 ? null : sxy / (n - 1))],
  [
    'corr',
    ({ n, sxx, syy, sxy }) => (n < 1 || sxx === 0 || syy === 0 ? null : sxy / Math.sqrt(sxx * syy)),
  ],
  [
    'regr_r2',
    ({ n, sxx, syy, sxy }) => {
      if (n < 1 || sxx === 0) return null;
      return syy === 0 ? 1 : (sxy * sxy) / (sxx * syy);
    },
  ],
  ['regr_slope', ({ n, sxx, sxy }) => (n < 1 || sxx === 0 ? null : sxy / sxx)],
  [
    'regr_intercept',
    ({ n, sx, sy, sxx, sxy }) => (n < 1 || sxx === 0 ? null : (sy - (sx * sxy) / sxx) / n),
  ],
];

function pairAggregate(
  name: string,
  result: string,
  finish: (pairs: Pairs) => Value,
): AggregateFunction {
  return aggregate(
    `${name}(float8, float8) ${result}`,
    (call) =>
      new StateAccumulator<Pairs>({
        type: call.returnType,
        skipNulls: true,
        skipAnyNull: true,
        create: () => ({ n: 0, sx: 0, sxx: 0, sy: 0, syy: 0, sxy: 0 }),
        add: (state, args) => addPair(state, args[0] as number, args[1] as number),
        finish,
      }),
  );
}

export const statisticAggregates: readonly AggregateFunction[] = [
  ...spreads(),
  pairAggregate('regr_count', 'int8', ({ n }) => n),
  ...PAIR_FINISH.map(([name, finish]) => pairAggregate(name, 'float8', finish)),
];
