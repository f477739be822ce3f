/** = <> < <= > >= over the types that are ordered by themselves. */
import { compareBytes } from '../../types/bytea.ts';
import { comparatorFor, type Comparator, compareNumbers } from '../../types/compare.ts';
import { compareNumeric } from '../../types/numeric.ts';
import { compareBpchar, compareText } from '../../types/text.ts';
import { OID, type Oid } from '../../types/type.ts';
import type { Int64, Value } from '../../types/value.ts';
import { compareEntry } from '../../vector/text-order.ts';
import { operator, type SteppedImplementation } from '../define.ts';
import { compareInSteps } from '../json/jsonb-steps.ts';
import { compareJsonb } from '../../types/jsonb.ts';
import type { Stepped } from '../../base/steps.ts';
import type { ScalarFunction, SqlOperator } from '../function.ts';
import { boolCompareKernel } from '../kernels/bool.ts';
import { type CompareOp, compareKernel, holds } from '../kernels/compare.ts';
import { textCompareKernel } from '../kernels/text.ts';

export const COMPARE_SYMBOL: Readonly<Record<CompareOp, string>> = {
  eq: '=',
  ne: '<>',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};
const OPS = Object.keys(COMPARE_SYMBOL) as CompareOp[];

/** The six comparison operators between two types, from a three-way comparison. */
export function comparisonOperators<L, R>(
  left: string,
  right: string,
  compare: (a: L, b: R) => number,
  kernel: (op: CompareOp) => ScalarFunction['kernel'] = () => undefined,
  ops: readonly CompareOp[] = OPS,
  inSteps?: (a: L, b: R) => Stepped<number>,
): SqlOperator[] {
  const stepped = (op: CompareOp): SteppedImplementation | undefined =>
    inSteps === undefined
      ? undefined
      : function* (a: L, b: R): Stepped<Value> {
          return holds(op, yield* inSteps(a, b));
        };
  return ops.map((op) =>
    operator(
      `${left} ${COMPARE_SYMBOL[op]} ${right} = bool`,
      (a: L, b: R) => holds(op, compare(a, b)),
      { kernel: kernel(op), inSteps: stepped(op) },
    ),
  );
}

function compareBooleans(a: boolean, b: boolean): number {
  return Number(a) - Number(b);
}

/** uuids are canonical lower-case hexadecimal, so the order of their text is that of their bytes. */
function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function textOrder(a: string, b: string): number {
  return a === b ? 0 : compareText(a, b);
}

/** Comparison by the comparator of a type, looked up when first used. */
function lazily(oid: Oid): Comparator {
  let comparator: Comparator | undefined;
  return (a, b) => {
    comparator ??= comparatorFor(oid);
    return comparator(a, b);
  };
}

function mixtures(types: readonly string[]): SqlOperator[] {
  return types.flatMap((left) =>
    types.flatMap((right) =>
      comparisonOperators<Int64, Int64>(left, right, compareNumbers, compareKernel),
    ),
  );
}

const textKernel = (op: CompareOp) => textCompareKernel(op, textOrder, compareEntry);

export const comparisonOperatorList: readonly SqlOperator[] = [
  ...mixtures(['int2', 'int4', 'int8']),
  ...mixtures(['float4', 'float8']),
  ...comparisonOperators<number, number>('oid', 'oid', compareNumbers, compareKernel),
  ...comparisonOperators('numeric', 'numeric', compareNumeric),
  ...comparisonOperators('text', 'text', textOrder, textKernel),
  ...comparisonOperators('name', 'name', textOrder, textKernel),
  ...comparisonOperators('name', 'text', textOrder, textKernel),
  ...comparisonOperators('text', 'name', textOrder, textKernel),
  ...comparisonOperators('char', 'char', textOrder, textKernel),
  ...comparisonOperators('bpchar', 'bpchar', compareBpchar, (op) =>
    textCompareKernel(op, compareBpchar),
  ),
  ...comparisonOperators('bool', 'bool', compareBooleans, boolCompareKernel),
  ...comparisonOperators('bytea', 'bytea', compareBytes),
  ...comparisonOperators('uuid', 'uuid', compareCodeUnits, (op) =>
    textCompareKernel(op, compareCodeUnits),
  ),
  ...comparisonOperators('jsonb', 'jsonb', compareJsonb, undefined, OPS, compareInSteps),
  ...comparisonOperators('anyarray', 'anyarray', lazily(OID.textArray)),
  ...comparisonOperators('record', 'record', lazily(OID.record)),
  ...comparisonOperators('oidvector', 'oidvector', lazily(OID.oidvector)),
  ...comparisonOperators<number, number>('xid', 'xid', compareNumbers, compareKernel, ['eq', 'ne']),
  ...comparisonOperators<number, number>('xid', 'int4', compareNumbers, compareKernel, [
    'eq',
    'ne',
  ]),
  ...comparisonOperators<number, number>('cid', 'cid', compareNumbers, compareKernel, ['eq']),
];
