/** How to read a table: predicates for storage, and an index where one fits. */
import type { IndexDescriptor, TableDescriptor } from '../../catalog/catalog.ts';
import { findCast } from '../../types/cast.ts';
import { PgArray } from '../../types/pg-array.ts';
import { elementTypeOf, typeInfo } from '../../types/type-table.ts';
import { OID, sqlType, type Oid, type SqlType } from '../../types/type.ts';
import type { Value } from '../../types/value.ts';
import type { Expr } from '../expr.ts';
import { conjuncts, isVolatile, someExpr } from '../expr-walk.ts';
import type { ScanColumn } from '../logical.ts';
import type { IndexList, ScanPredicate } from '../physical.ts';

/** `column op value` found in a condition; `source` is the conjunct that it came from. */
export interface ColumnPredicate {
  readonly attnum: number;
  readonly op: ScanPredicate['op'];
  readonly values: readonly Expr[];
  readonly source: Expr;
}

const FLIPPED: Readonly<Record<string, ScanPredicate['op']>> = {
  '=': '=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** The conjuncts of a condition that compare one column with a value known before the scan. */
export function columnPredicates(
  condition: Expr | null,
  columns: readonly ScanColumn[],
): ColumnPredicate[] {
  const byId = new Map(columns.map((column) => [column.id, column]));
  return conjuncts(condition).flatMap((part) => predicateOf(part, byId) ?? []);
}

function predicateOf(
  part: Expr,
  byId: ReadonlyMap<number, ScanColumn>,
): ColumnPredicate | undefined {
  if (
    part.kind === 'call' &&
    part.operator !== undefined &&
    part.operator in FLIPPED &&
    part.args.length === 2
  ) {
    const [left, right] = part.args;
    const direct = scanColumn(left, byId);
    if (direct !== undefined)
      return comparison(direct, FLIPPED[FLIPPED[part.operator]], right, part);
    const flipped = scanColumn(right, byId);
    return flipped === undefined
      ? undefined
      : comparison(flipped, FLIPPED[part.operator], left, part);
  }
  if (part.kind === 'in-list' && !part.negated) {
    const column = scanColumn(part.arg, byId);
    if (column === undefined) return undefined;
    const values = part.items.map((item) => valueFor(column.type, item));
    if (values.includes(undefined)) return undefined;
    return { attnum: column.attnum, op: 'in', values: values as Expr[], source: part };
  }
  if (part.kind === 'array-op' && part.quantifier === 'any' && part.operator === '=') {
    const column = scanColumn(part.left, byId);
    const elements = column === undefined ? undefined : elementsOf(part.array);
    if (column === undefined || elements === undefined) return undefined;
    const [first] = elements;
    const isPlain = part.array.kind === 'constant' && first?.type.oid === column.type.oid;
    const values: readonly (Expr | undefined)[] = isPlain
      ? elements
      : elements.map((item) => valueFor(column.type, item));
    if (values.includes(undefined)) return undefined;
    return { attnum: column.attnum, op: 'in', values: values as Expr[], source: part };
  }
  return undefined;
}

/** `column = ANY (array)` with an array that is known before the scan, but not yet. */
export interface ListPredicate {
  readonly attnum: number;
  readonly array: Expr;
}

export function listPredicates(
  condition: Expr | null,
  columns: readonly ScanColumn[],
): ListPredicate[] {
  const byId = new Map(columns.map((column) => [column.id, column]));
  return conjuncts(condition).flatMap((part) => {
    if (part.kind !== 'array-op' || part.quantifier !== 'any' || part.operator !== '=') return [];
    const { left, array } = part;
    const column = scanColumn(left, byId);
    if (column === undefined || array.kind === 'constant' || !isKnownBeforeScan(array)) return [];
    const element = typeInfo(array.type.oid)?.isArray === true && elementTypeOf(array.type.oid);
    if (element === undefined || element === false) return [];
    const isSame = element === column.type.oid || sameFamily(element, column.type.oid);
    return isSame && left.type.oid === column.type.oid ? [{ attnum: column.attnum, array }] : [];
  });
}

/** Elements of a constant array that a scan may look for one by one. */
const ELEMENTS_MAX = 32_768;

function elementsOf(array: Expr): readonly Expr[] | undefined {
  if (array.kind === 'array') return array.multidimensional ? undefined : array.elements;
  if (array.kind !== 'constant' || !(array.value instanceof PgArray)) return undefined;
  const { values, elementType } = array.value;
  if (values.length === 0 || values.length > ELEMENTS_MAX) return undefined;
  const type = sqlType(elementType);
  return values.map((value) => ({ kind: 'constant', type, value }));
}

/** The column behind an expression, seen through casts that change nothing. */
function scanColumn(expr: Expr, byId: ReadonlyMap<number, ScanColumn>): ScanColumn | undefined {
  if (expr.kind === 'cast' && expr.convert === false && expr.arg.type.oid !== OID.bpchar)
    return scanColumn(expr.arg, byId);
  if (expr.kind === 'cast' && isIntegerWidening(expr)) return scanColumn(expr.arg, byId);
  if (expr.kind !== 'column') return undefined;
  const column = byId.get(expr.index);
  return column === undefined || column.attnum <= 0 ? undefined : column;
}

const INTEGER_RANK: ReadonlyMap<Oid, number> = new Map<Oid, number>([
  [OID.int2, 1],
  [OID.int4, 2],
  [OID.int8, 3],
]);

function isIntegerWidening(expr: Extract<Expr, { kind: 'cast' }>): boolean {
  const from = INTEGER_RANK.get(expr.arg.type.oid);
  const to = INTEGER_RANK.get(expr.type.oid);
  return from !== undefined && to !== undefined && from <= to;
}

function comparison(
  column: ScanColumn,
  op: ScanPredicate['op'],
  value: Expr,
  source: Expr,
): ColumnPredicate | undefined {
  const comparable = valueFor(column.type, value);
  return comparable === undefined
    ? undefined
    : { attnum: column.attnum, op, values: [comparable], source };
}

/** The value in the column's own type, or undefined where that could change the comparison. */
function valueFor(type: SqlType, value: Expr): Expr | undefined {
  if (!isKnownBeforeScan(value)) return undefined;
  const from = value.type.oid;
  if (from === type.oid || sameFamily(from, type.oid)) return value;
  const fromRank = INTEGER_RANK.get(from);
  const toRank = INTEGER_RANK.get(type.oid);
  if (fromRank !== undefined && toRank !== undefined) {
    return fromRank <= toRank || fitsInteger(value, toRank) ? value : undefined;
  }
  const cast = findCast(from, type.oid);
  if (cast === undefined || cast.context !== 'implicit' || fromRank !== undefined) return undefined;
  return {
    kind: 'cast',
    type: sqlType(type.oid),
    arg: value,
    convert: cast.convert,
    explicit: false,
    form: 'implicit',
  };
}

const STRINGS = new Set<Oid>([OID.text, OID.varchar]);
const sameFamily = (a: Oid, b: Oid): boolean => STRINGS.has(a) && STRINGS.has(b);

function fitsInteger(value: Expr, rank: number): boolean {
  if (value.kind !== 'constant' || value.value === null) return false;
  const number = Number(value.value as Extract<Value, number | bigint>);
  const limit = rank === 1 ? 2 ** 15 : 2 ** 31;
  return number >= -limit && number < limit;
}

function isKnownBeforeScan(value: Expr): boolean {
  if (isVolatile(value)) return false;
  return !someExpr(
    value,
    (node) => node.kind === 'column' || node.kind === 'subquery' || node.kind === 'subplan',
  );
}

export interface IndexChoice {
  readonly index: IndexDescriptor;
  readonly equals: readonly ColumnPredicate[];
  /** A list of values for the key after those. */
  readonly anyOf: IndexList | null;
  readonly lower: ColumnPredicate | null;
  readonly upper: ColumnPredicate | null;
  /** True where at most one row can match. */
  readonly unique: boolean;
}

/** Values that a list may have to be looked up one by one. */
const LOOKUPS_MAX = 1_024;
/** Rows of a table that are read as fast as one is looked up; few values are looked up in any table. */
export const LOOKUP_COST_ROWS = 16;
const LOOKUPS_MIN = 16;

/** The index that narrows the scan of a table of so many rows most, if any. */
export function chooseIndex(
  table: TableDescriptor,
  indexes: readonly IndexDescriptor[],
  predicates: readonly ColumnPredicate[],
  lists: readonly ListPredicate[],
  rows: number,
): IndexChoice | undefined {
  if (table.hypertable !== null) return undefined;
  const lookupsMax = Math.max(LOOKUPS_MIN, Math.min(LOOKUPS_MAX, rows / LOOKUP_COST_ROWS));
  let best: IndexChoice | undefined;
  let bestScore = 0;
  for (const index of indexes) {
    if (index.predicateSql !== undefined) continue;
    if (index.method !== 'btree' && index.method !== 'hash') continue;
    const choice = matchIndex(index, predicates, lists, lookupsMax);
    const score = choice === undefined ? 0 : scoreOf(choice);
    if (score > bestScore) {
      best = choice;
      bestScore = score;
    }
  }
  return best;
}

function scoreOf(choice: IndexChoice): number {
  const range = (choice.lower === null ? 0 : 1) + (choice.upper === null ? 0 : 1);
  const list = choice.anyOf === null ? 0 : 7;
  return choice.equals.length * 10 + list + range * 3 + (choice.unique ? 1000 : 0);
}

function matchIndex(
  index: IndexDescriptor,
  predicates: readonly ColumnPredicate[],
  lists: readonly ListPredicate[],
  lookupsMax: number,
): IndexChoice | undefined {
  const equals: ColumnPredicate[] = [];
  let next = 0;
  for (; next < index.keys.length; next++) {
    const { column } = index.keys[next];
    const match =
      column === 0 ? undefined : predicates.find((p) => p.attnum === column && p.op === '=');
    if (match === undefined) break;
    equals.push(match);
  }
  const key = index.keys[next];
  const anyOf: IndexList | undefined =
    predicates.find(
      (p) => p.attnum === key?.column && p.op === 'in' && p.values.length <= lookupsMax,
    ) ?? lists.find((p) => p.attnum === key?.column);
  if (anyOf !== undefined && (index.method !== 'hash' || next + 1 === index.keys.length)) {
    return { index, equals, anyOf, lower: null, upper: null, unique: false };
  }
  const bound = (ops: readonly string[]) =>
    key === undefined || key.column === 0 || index.method === 'hash'
      ? null
      : (predicates.find((p) => p.attnum === key.column && ops.includes(p.op)) ?? null);
  const lower = bound(['>', '>=']);
  const upper = bound(['<', '<=']);
  if (equals.length === 0 && lower === null && upper === null) return undefined;
  if (index.method === 'hash' && equals.length < index.keys.length) return undefined;
  return {
    index,
    equals,
    anyOf: null,
    lower,
    upper,
    unique: index.unique && equals.length === index.keys.length,
  };
}
