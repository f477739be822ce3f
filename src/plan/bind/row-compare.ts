/** (a, b) op (c, d) spelt out over the columns. */
import { OID } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import { BOOL } from './coerce.ts';
import type { BindContext } from './context.ts';
import { resolveOperator } from './operators.ts';
import { typeText } from './types.ts';

/**
 * Equality is AND, inequality OR; an order goes by the first column that differs:
 * a < c OR (a = c AND b < d), which gives SQL's three-valued answer as well.
 */
export function compareRows(
  context: BindContext,
  name: string,
  lefts: readonly Expr[],
  rights: readonly Expr[],
  location: number | undefined,
): Expr {
  if (lefts.length !== rights.length) {
    throw context.error('syntax_error', 'unequal number of entries in row expressions', location);
  }
  if (lefts.length === 0)
    throw context.error('feature_not_supported', 'cannot compare rows of zero length', location);
  const test = (operator: string, i: number) =>
    resolveOperator(context, operator, lefts[i], rights[i], location);
  const all = lefts.map((_, i) => i);
  if (lefts.length === 1) return test(name, 0);
  if (name === '=') return { kind: 'and', type: BOOL, args: all.map((i) => test('=', i)) };
  if (name === '<>') return { kind: 'or', type: BOOL, args: all.map((i) => test('<>', i)) };
  if (!['<', '<=', '>', '>='].includes(name)) {
    const { type } = test(name, 0);
    if (type.oid !== OID.bool) {
      throw context.error(
        'datatype_mismatch',
        `row comparison operator must yield type boolean, not type ${typeText(context, type.oid)}`,
        location,
      );
    }
    throw context.error(
      'feature_not_supported',
      `could not determine interpretation of row comparison operator ${name}`,
      location,
      {
        hint: 'Row comparison operators must be associated with btree operator families.',
      },
    );
  }
  const strict = name[0];
  const last = lefts.length - 1;
  let result = test(name, last);
  for (let i = last - 1; i >= 0; i--) {
    const tie: Expr = { kind: 'and', type: BOOL, args: [test('=', i), result] };
    result = { kind: 'or', type: BOOL, args: [test(strict, i), tie] };
  }
  return result;
}
