/**
 * Arguments of aggregates that are sums of multiples of columns, such as a + b or 2 * a - 1: their sums
 * follow from the sums of the columns. Integer arithmetic must raise the errors that it raises row by row,
 * so a form says up to which size of the columns no step can leave its type's range.
 */
import type { CallExpr, CastExpr, Expr } from '../../plan/expr.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { ExecContext } from '../operator.ts';
import { fixedValue } from '../expr/fixed-value.ts';

export interface LinearForm {
  readonly constant: number;
  /** Factor by position of the column. */
  readonly factors: ReadonlyMap<number, number>;
  /** Absolute values of columns up to which the form holds. */
  readonly limit: number;
  /** All steps are integer arithmetic: nothing is rounded. */
  readonly isExact: boolean;
}

/** Values above which integers are not exact doubles; the sum of a piece's rows must stay below it, too. */
const EXACT_MAX = 2 ** 53;
const SUM_ROWS = 65_536;

const INTEGER_MAX: ReadonlyMap<Oid, number> = new Map([
  [OID.int2, 2 ** 15 - 1],
  [OID.int4, 2 ** 31 - 1],
  [OID.int8, EXACT_MAX],
]);

/** A part of the form, and how large each of its steps may get. */
interface Part {
  readonly constant: number;
  readonly factors: ReadonlyMap<number, number>;
  readonly isExact: boolean;
  /** Whether no step leaves its range where no column is larger than `size`. */
  holds(size: number): boolean;
}

/** The form of an expression over columns; undefined where it is not linear, or not in integers and float8. */
export function linearForm(expr: Expr, context: ExecContext): LinearForm | undefined {
  const part = partOf(expr, context);
  if (part === undefined || part.factors.size === 0) return undefined;
  const fits = (size: number): boolean =>
    part.holds(size) && (!part.isExact || magnitude(part, size) * SUM_ROWS < EXACT_MAX);
  let limit = EXACT_MAX;
  while (limit >= 1 && !fits(limit)) limit /= 2;
  if (limit < 1) return undefined;
  return { constant: part.constant, factors: part.factors, limit, isExact: part.isExact };
}

function magnitude(
  { constant, factors }: Pick<Part, 'constant' | 'factors'>,
  size: number,
): number {
  let sum = Math.abs(constant);
  for (const factor of factors.values()) sum += Math.abs(factor) * size;
  return sum;
}

function partOf(expr: Expr, context: ExecContext): Part | undefined {
  const isInteger = INTEGER_MAX.has(expr.type.oid);
  if (!isInteger && expr.type.oid !== OID.float8) return undefined;
  switch (expr.kind) {
    case 'column':
      return {
        constant: 0,
        factors: new Map([[expr.index, 1]]),
        isExact: isInteger,
        holds: () => true,
      };
    case 'constant':
    case 'parameter':
      return constantPart(fixedValue(expr, context), isInteger);
    case 'cast':
      return castPart(expr, context);
    case 'call':
      return callPart(expr, context);
    default:
      return undefined;
  }
}

function constantPart(value: Value, isInteger: boolean): Part | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return { constant: value, factors: new Map(), isExact: isInteger, holds: () => true };
}

function callPart(expr: CallExpr, context: ExecContext): Part | undefined {
  const parts: Part[] = [];
  for (const arg of expr.args) {
    const part = partOf(arg, context);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  const [left, right] = parts;
  if (left === undefined) return undefined;
  if (right === undefined) {
    return expr.operator === '-' ? step(expr, parts, multiply(left, -1)) : undefined;
  }
  switch (expr.operator) {
    case '+':
      return step(expr, parts, add(left, right, 1));
    case '-':
      return step(expr, parts, add(left, right, -1));
    case '*':
      if (left.factors.size === 0) return step(expr, parts, multiply(right, left.constant));
      return right.factors.size > 0 ? undefined : step(expr, parts, multiply(left, right.constant));
    default:
      return undefined;
  }
}

/** Conversions that change no value. */
function castPart(expr: CastExpr, context: ExecContext): Part | undefined {
  if (WIDER.get(expr.arg.type.oid)?.includes(expr.type.oid) !== true) return undefined;
  const part = partOf(expr.arg, context);
  return part && step(expr, [part], part);
}

const WIDER: ReadonlyMap<Oid, readonly Oid[]> = new Map([
  [OID.int2, [OID.int4, OID.int8, OID.float8]],
  [OID.int4, [OID.int8, OID.float8]],
  [OID.int8, [OID.float8]],
]);

type Terms = Pick<Part, 'constant' | 'factors'>;

function add(left: Terms, right: Terms, sign: number): Terms {
  const factors = new Map(left.factors);
  for (const [column, factor] of right.factors) {
    factors.set(column, (factors.get(column) ?? 0) + sign * factor);
  }
  return { constant: left.constant + sign * right.constant, factors };
}

function multiply({ constant, factors }: Terms, by: number): Terms {
  return {
    constant: constant * by,
    factors: new Map([...factors].map(([column, factor]) => [column, factor * by])),
  };
}

/** A step's result: in range where its parts are, and where it is itself. */
function step(expr: Expr, parts: readonly Part[], terms: Terms): Part {
  const largest = INTEGER_MAX.get(expr.type.oid);
  return {
    ...terms,
    isExact: largest !== undefined && parts.every(({ isExact }) => isExact),
    holds: (size) =>
      parts.every((part) => part.holds(size)) &&
      (largest === undefined || magnitude(terms, size) <= largest),
  };
}
