/** Equalities of a join condition that a hash table can answer. */
import { findCast } from '../../types/cast.ts';
import { OID, sqlType, type Oid } from '../../types/type.ts';
import type { Expr } from '../expr.ts';
import { columnsOf, conjunction, conjuncts, isVolatile } from '../expr-walk.ts';

export interface JoinKeys {
  readonly left: readonly Expr[];
  readonly right: readonly Expr[];
  readonly rest: Expr | null;
}

const INTEGERS = new Set<Oid>([OID.int2, OID.int4, OID.int8]);

export function splitJoinCondition(
  condition: Expr | null,
  leftIds: ReadonlySet<number>,
  rightIds: ReadonlySet<number>,
): JoinKeys {
  const left: Expr[] = [];
  const right: Expr[] = [];
  const rest: Expr[] = [];
  for (const part of conjuncts(condition)) {
    const pair = equalityPair(part, leftIds, rightIds);
    if (pair === undefined) rest.push(part);
    else {
      left.push(pair[0]);
      right.push(pair[1]);
    }
  }
  return { left, right, rest: conjunction(rest) };
}

function equalityPair(
  part: Expr,
  leftIds: ReadonlySet<number>,
  rightIds: ReadonlySet<number>,
): [Expr, Expr] | undefined {
  if (part.kind !== 'call' || part.operator !== '=' || part.args.length !== 2 || isVolatile(part))
    return undefined;
  const [a, b] = part.args;
  const pair = sameType(a, b);
  if (pair === undefined) return undefined;
  const inA = columnsOf(a);
  const inB = columnsOf(b);
  if (inA.size === 0 || inB.size === 0) return undefined;
  const within = (ids: ReadonlySet<number>, side: ReadonlySet<number>) =>
    [...ids].every((id) => side.has(id));
  if (within(inA, leftIds) && within(inB, rightIds)) return pair;
  if (within(inA, rightIds) && within(inB, leftIds)) return [pair[1], pair[0]];
  return undefined;
}

/** Both sides in one type with the same meaning of equality. */
function sameType(a: Expr, b: Expr): [Expr, Expr] | undefined {
  const left = a.type.oid;
  const right = b.type.oid;
  if (left === OID.record || right === OID.record) return undefined;
  if (left === right) return [a, b];
  if (INTEGERS.has(left) && INTEGERS.has(right))
    return [a, b].map((expr) => widen(expr)) as [Expr, Expr];
  const forward = findCast(left, right);
  if (forward?.context === 'implicit') return [castTo(a, right, forward.convert), b];
  const back = findCast(right, left);
  return back?.context === 'implicit' ? [a, castTo(b, left, back.convert)] : undefined;
}

/** Integers of all widths are the same JavaScript numbers: only the label changes. */
function widen(expr: Expr): Expr {
  if (expr.type.oid === OID.int8) return expr;
  return {
    kind: 'cast',
    type: sqlType(OID.int8),
    arg: expr,
    convert: false,
    explicit: false,
    form: 'implicit',
  };
}

function castTo(arg: Expr, oid: Oid, convert: Extract<Expr, { kind: 'cast' }>['convert']): Expr {
  return { kind: 'cast', type: sqlType(oid), arg, convert, explicit: false, form: 'implicit' };
}
