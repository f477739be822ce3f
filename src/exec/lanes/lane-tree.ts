/**
 * Expressions that can be computed on lanes: whole numbers and truth out of columns, constants, sums and
 * products, comparisons, AND, OR, NOT, CASE and the tests of NULL. No step of them can fail where its
 * numbers stay in range, so it does not matter that branches are computed for rows that do not take them.
 */
import type { CallExpr, CaseExpr, Expr, InListExpr } from '../../plan/expr.ts';
import { OID, vectorRep, type Oid } from '../../types/type.ts';
import { isAsync, isVolatile, mayRaise, usedColumns } from '../expr/walk.ts';
import { columnComparison, isComparison, type Comparison } from '../predicate-compare.ts';

export type Arithmetic = '+' | '-' | '*' | '/' | '%';

export type NumberTree =
  | { readonly kind: 'column'; readonly index: number }
  | { readonly kind: 'fixed'; readonly expr: Expr }
  | {
      readonly kind: 'arithmetic';
      readonly operator: Arithmetic;
      readonly left: NumberTree;
      readonly right: NumberTree;
      /** The largest number of the result's type. */
      readonly limit: number;
      /** float8, which tells 0 from -0. */
      readonly isFloat: boolean;
    }
  | {
      readonly kind: 'choose';
      readonly when: TruthTree;
      readonly taken: NumberTree;
      readonly otherwise: NumberTree;
    }
  | { readonly kind: 'coalesce' | 'greatest' | 'least'; readonly args: readonly NumberTree[] }
  | { readonly kind: 'nullif'; readonly left: NumberTree; readonly right: NumberTree };

export type TruthTree =
  | {
      readonly kind: 'compare';
      readonly comparison: Comparison;
      readonly left: NumberTree;
      readonly right: NumberTree;
    }
  /** A column beside a constant, of any type whose order is that of its numbers. */
  | {
      readonly kind: 'within';
      readonly index: number;
      readonly comparison: Comparison;
      readonly fixed: Expr;
      readonly expr: Expr;
    }
  | { readonly kind: 'and' | 'or'; readonly args: readonly TruthTree[] }
  | { readonly kind: 'not'; readonly arg: TruthTree }
  | { readonly kind: 'is-null'; readonly arg: NumberTree; readonly negated: boolean }
  /** Anything over columns that are the same in all rows of a run. */
  | { readonly kind: 'in-runs'; readonly expr: Expr; readonly used: readonly number[] };

const INTEGER_MAX: ReadonlyMap<Oid, number> = new Map([
  [OID.int2, 2 ** 15 - 1],
  [OID.int4, 2 ** 31 - 1],
  [OID.int8, 2 ** 53 - 1],
]);

export function isInteger(oid: Oid): boolean {
  return INTEGER_MAX.has(oid);
}

/** Whole numbers of a float8 column are added and multiplied as integers are, as long as doubles are exact. */
const FLOAT_MAX = 2 ** 53 - 1;

function mayBeWhole(oid: Oid): boolean {
  return oid === OID.float8 || isInteger(oid);
}

const NUMBERS = new WeakMap<Expr, { readonly tree: NumberTree | undefined }>();
const TRUTHS = new WeakMap<Expr, { readonly tree: TruthTree | undefined }>();

/** Whole numbers of an integer type, or of float8 where all that it is made of turns out to be whole. */
export function numberTree(expr: Expr): NumberTree | undefined {
  let known = NUMBERS.get(expr);
  if (known === undefined) NUMBERS.set(expr, (known = { tree: makeNumber(expr) }));
  return known.tree;
}

/** Also any column of numbers, which need not be whole. */
export function valueTree(expr: Expr): NumberTree | undefined {
  if (expr.kind !== 'column' || vectorRep(expr.type.oid) !== 'f64') return numberTree(expr);
  return { kind: 'column', index: expr.index };
}

export function truthTree(expr: Expr): TruthTree | undefined {
  let known = TRUTHS.get(expr);
  if (known === undefined) TRUTHS.set(expr, (known = { tree: makeTruth(expr) }));
  return known.tree;
}

function makeNumber(expr: Expr): NumberTree | undefined {
  if (expr.kind === 'cast') {
    const widens = isInteger(expr.arg.type.oid) && WIDER.get(expr.type.oid)?.(expr.arg.type.oid);
    return widens === true ? numberTree(expr.arg) : undefined;
  }
  if (!mayBeWhole(expr.type.oid)) return undefined;
  switch (expr.kind) {
    case 'column':
      return { kind: 'column', index: expr.index };
    case 'constant':
    case 'parameter':
      return { kind: 'fixed', expr };
    case 'call':
      return arithmetic(expr);
    case 'case':
      return choice(expr);
    case 'coalesce':
    case 'greatest':
    case 'least': {
      const args = all(expr.args, numberTree);
      return args && { kind: expr.kind, args };
    }
    case 'nullif': {
      const pair = all([expr.left, expr.right], numberTree);
      return pair && { kind: 'nullif', left: pair[0], right: pair[1] };
    }
    default:
      return undefined;
  }
}

/** Conversions that leave every whole number as it is: by the type that comes out, those that go in. */
const WIDER: ReadonlyMap<Oid, (from: Oid) => boolean> = new Map([
  [OID.int4, (from: Oid) => from === OID.int2],
  [OID.int8, (from: Oid) => from !== OID.int8],
  [OID.float8, () => true],
]);

function arithmetic({ operator, args, type }: CallExpr): NumberTree | undefined {
  const limit = INTEGER_MAX.get(type.oid) ?? FLOAT_MAX;
  const isFloat = type.oid === OID.float8;
  if (!isArithmetic(operator, isFloat)) return undefined;
  const trees = all(args, numberTree);
  const isOfType = (arg: Expr): boolean =>
    isFloat ? arg.type.oid === OID.float8 : isInteger(arg.type.oid);
  if (trees === undefined || !args.every(isOfType)) return undefined;
  const [left, right] = trees;
  if (right !== undefined) return { kind: 'arithmetic', operator, left, right, limit, isFloat };
  if (operator !== '-' || isFloat) return undefined;
  const zero: NumberTree = { kind: 'fixed', expr: { kind: 'constant', type, value: 0 } };
  return { kind: 'arithmetic', operator, left: zero, right: left, limit, isFloat };
}

function isArithmetic(operator: string | undefined, isFloat: boolean): operator is Arithmetic {
  if (operator === undefined) return false;
  return ['+', '-', '*'].includes(operator) || (!isFloat && ['/', '%'].includes(operator));
}

function choice({ branches, otherwise }: CaseExpr): NumberTree | undefined {
  let tree = numberTree(otherwise);
  for (const branch of branches.toReversed()) {
    const when = truthTree(branch.when);
    const taken = numberTree(branch.then);
    if (tree === undefined || when === undefined || taken === undefined) return undefined;
    tree = { kind: 'choose', when, taken, otherwise: tree };
  }
  return tree;
}

function makeTruth(expr: Expr): TruthTree | undefined {
  return truthOf(expr) ?? inRuns(expr);
}

function truthOf(expr: Expr): TruthTree | undefined {
  switch (expr.kind) {
    case 'call':
      return comparison(expr);
    case 'and':
    case 'or': {
      const args = all(expr.args, truthTree);
      return args && { kind: expr.kind, args };
    }
    case 'not': {
      const arg = truthTree(expr.arg);
      return arg && { kind: 'not', arg };
    }
    case 'is-null': {
      const arg = valueTree(expr.arg);
      return arg && { kind: 'is-null', arg, negated: expr.negated };
    }
    case 'in-list':
      return listed(expr);
    default:
      return undefined;
  }
}

/** Items beyond which a look-up is worth more than comparisons. */
const ITEMS_MAX = 8;

function listed({ arg, items, negated }: InListExpr): TruthTree | undefined {
  if (items.length > ITEMS_MAX || ![arg, ...items].every((each) => mayBeWhole(each.type.oid))) {
    return undefined;
  }
  const left = numberTree(arg);
  const rights = all(items, numberTree);
  if (left === undefined || rights === undefined) return undefined;
  const args = rights.map(
    (right): TruthTree => ({ kind: 'compare', comparison: '=', left, right }),
  );
  const any: TruthTree = { kind: 'or', args };
  return negated ? { kind: 'not', arg: any } : any;
}

function comparison(expr: CallExpr): TruthTree | undefined {
  const plain = columnComparison(expr);
  if (plain !== undefined) return { kind: 'within', expr, ...plain };
  const { operator, args } = expr;
  if (!isComparison(operator) || args.length !== 2) return undefined;
  if (!args.every((arg) => mayBeWhole(arg.type.oid))) return undefined;
  const pair = all(args, numberTree);
  if (pair === undefined) return undefined;
  return { kind: 'compare', comparison: operator, left: pair[0], right: pair[1] };
}

function inRuns(expr: Expr): TruthTree | undefined {
  if (expr.type.oid !== OID.bool || isAsync(expr) || isVolatile(expr) || mayRaise(expr)) {
    return undefined;
  }
  const used = usedColumns([expr]);
  return used.length === 0 ? undefined : { kind: 'in-runs', expr, used };
}

function all<T, R>(items: readonly T[], one: (item: T) => R | undefined): R[] | undefined {
  const found: R[] = [];
  for (const item of items) {
    const result = one(item);
    if (result === undefined) return undefined;
    found.push(result);
  }
  return found;
}
