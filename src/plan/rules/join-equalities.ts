/**
 * x = 1 OR x = 2 OR ... becomes x = ANY ('{1,2,...}'), and x <> 1 AND x <> 2 AND ... becomes x <> ALL: a set
 * that is looked into once a row, and that storage can look for. As PostgreSQL does from 18 on; few terms stay
 * as they are written.
 */
import { PgArray } from '../../types/pg-array.ts';
import { OID, sqlType, type Oid } from '../../types/type.ts';
import { arrayTypeOf } from '../../types/type-table.ts';
import type { CallExpr, ColumnExpr, ConstantExpr, Expr, LogicExpr } from '../expr.ts';
import type { FunctionRegistry } from '../../functions/function.ts';
import type { LogicalNode } from '../logical.ts';
import type { RuleState } from '../optimize.ts';
import { mapExprsDeep } from '../plan-walk.ts';

const TERMS_MIN = 16;
/** Types whose equal values look alike. */
const TYPES: ReadonlySet<Oid> = new Set([
  OID.int2,
  OID.int4,
  OID.int8,
  OID.text,
  OID.uuid,
  OID.date,
  OID.timestamp,
  OID.timestamptz,
]);

/** The largest number of an integer type that others are put into; int8 holds them all. */
const INTEGERS: ReadonlyMap<Oid, number> = new Map([
  [OID.int2, 32_767],
  [OID.int4, 2_147_483_647],
  [OID.int8, Infinity],
]);

export function joinEqualities(plan: LogicalNode, { env }: RuleState): LogicalNode {
  return mapExprsDeep(plan, (expr) =>
    (expr.kind === 'or' || expr.kind === 'and') && expr.args.length >= TERMS_MIN
      ? joined(expr, env.registry)
      : expr,
  );
}

/** A term that compares a column with a value other than NULL. */
interface Term extends CallExpr {
  readonly args: readonly [ColumnExpr, ConstantExpr];
}

function joined(expr: LogicExpr, registry: FunctionRegistry): Expr {
  const operator = expr.kind === 'or' ? '=' : '<>';
  const byColumn = new Map<number, Term[]>();
  for (const arg of expr.args) {
    if (!isTerm(arg, operator)) continue;
    const { index } = arg.args[0];
    const terms = byColumn.get(index);
    if (terms === undefined) byColumn.set(index, [arg]);
    else terms.push(arg);
  }
  const sets = new Map<Expr, Expr>();
  const replaced = new Set<Expr>();
  for (const terms of byColumn.values()) {
    const set = terms.length < TERMS_MIN ? undefined : setTest(terms, registry);
    if (set === undefined) continue;
    sets.set(terms[0], set);
    for (const term of terms.slice(1)) replaced.add(term);
  }
  if (sets.size === 0) return expr;
  const args = expr.args.filter((arg) => !replaced.has(arg)).map((arg) => sets.get(arg) ?? arg);
  return args.length === 1 ? args[0] : { ...expr, args };
}

function isTerm(expr: Expr, operator: string): expr is Term {
  if (expr.kind !== 'call' || expr.operator !== operator) return false;
  const [left, right] = expr.args;
  if (left.kind !== 'column' || right?.kind !== 'constant' || right.value === null) return false;
  return left.type.oid === right.type.oid ? TYPES.has(left.type.oid) : fits(right, left.type.oid);
}

/** Whether an integer is one of another type, too. */
function fits({ type, value }: ConstantExpr, oid: Oid): boolean {
  const max = INTEGERS.get(oid);
  if (max === undefined || !INTEGERS.has(type.oid)) return false;
  return max === Infinity || (typeof value === 'number' && value <= max && value >= -max);
}

function setTest(terms: readonly Term[], registry: FunctionRegistry): Expr | undefined {
  const { type, operator = '=', args } = terms[0];
  const [left] = args;
  const { oid } = left.type;
  const found = registry
    .operators(operator)
    .find((each) => each.left === oid && each.right === oid);
  if (found === undefined) return undefined;
  const values = terms.map((term) => term.args[1].value);
  return {
    kind: 'array-op',
    type,
    fn: found.fn,
    call: { argTypes: [left.type, left.type], returnType: type },
    operator,
    left,
    array: {
      kind: 'constant',
      type: sqlType(arrayTypeOf(oid) ?? 0),
      value: new PgArray(oid, values),
    },
    quantifier: operator === '=' ? 'any' : 'all',
  };
}
