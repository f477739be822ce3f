/**
 * An integer compared with a decimal constant is compared with the nearest integer instead: count(*) >= 0.5
 * says count(*) >= 1. No numeric is made for each row, and storage can look for the integer.
 */
import { ceilNumeric, floorNumeric } from '../../types/numeric-arithmetic.ts';
import { Numeric, compareNumeric } from '../../types/numeric.ts';
import { OID, sqlType, type Oid } from '../../types/type.ts';
import type { CallExpr, Expr } from '../expr.ts';
import type { LogicalNode } from '../logical.ts';
import type { RuleState } from '../optimize.ts';
import { mapExprsDeep } from '../plan-walk.ts';

export function compareIntegers(plan: LogicalNode, state: RuleState): LogicalNode {
  return mapExprsDeep(plan, (expr) =>
    expr.kind === 'call' ? (asIntegers(expr, state) ?? expr) : expr,
  );
}

const INTEGERS: ReadonlySet<Oid> = new Set([OID.int2, OID.int4, OID.int8]);

/** How a comparison reads from right to left, and which integer has the same numbers on its side. */
const FORMS: Readonly<
  Record<string, { readonly flipped: string; readonly round: (value: Numeric) => Numeric }>
> = {
  '<': { flipped: '>', round: ceilNumeric },
  '>=': { flipped: '<=', round: ceilNumeric },
  '>': { flipped: '<', round: floorNumeric },
  '<=': { flipped: '>=', round: floorNumeric },
  '=': { flipped: '=', round: floorNumeric },
  '<>': { flipped: '<>', round: floorNumeric },
};

function asIntegers(expr: CallExpr, { env }: RuleState): Expr | undefined {
  const { operator, args } = expr;
  if (operator === undefined || !(operator in FORMS) || args.length !== 2) return undefined;
  const isFlipped = args[0].kind === 'constant';
  const name = isFlipped ? FORMS[operator].flipped : operator;
  const integer = integerBehind(args[isFlipped ? 1 : 0]);
  const value = nearest(args[isFlipped ? 0 : 1], name);
  if (integer === undefined || value === undefined) return undefined;
  const int8 = sqlType(OID.int8);
  const found = env.registry
    .operators(name)
    .find(({ left, right }) => left === integer.type.oid && right === OID.int8);
  if (found === undefined) return undefined;
  return {
    kind: 'call',
    type: expr.type,
    fn: found.fn,
    args: [integer, { kind: 'constant', type: int8, value }],
    call: { argTypes: [integer.type, int8], returnType: expr.type },
    operator: name,
  };
}

/** The integer that an expression is as a numeric. */
function integerBehind(expr: Expr): Expr | undefined {
  if (expr.kind !== 'cast' || expr.type.oid !== OID.numeric || expr.type.typmod >= 0) {
    return undefined;
  }
  return INTEGERS.has(expr.arg.type.oid) ? expr.arg : undefined;
}

/** undefined for what is no number, for large ones, and for what no integer equals. */
function nearest(expr: Expr, operator: string): number | undefined {
  if (expr.kind !== 'constant' || !(expr.value instanceof Numeric)) return undefined;
  const { value } = expr;
  if (value.kind !== 'finite') return undefined;
  const whole = FORMS[operator].round(value);
  const isEquality = operator === '=' || operator === '<>';
  if (isEquality && compareNumeric(whole, value) !== 0) return undefined;
  const number = Number(whole.unscaled);
  return Number.isSafeInteger(number) ? number : undefined;
}
