/** The unique indexes whose conflicts ON CONFLICT takes: by name, or by their columns and expressions. */
import { liveColumns, type IndexDescriptor } from '../../catalog/catalog.ts';
import { nodeAs, type Node, type OnConflictClause } from '../../parse/ast.ts';
import { transformExpr } from '../expr-walk.ts';
import type { Expr } from '../expr.ts';
import type { Arbiter } from '../logical.ts';
import { bindExpr } from './expr.ts';
import { columnAt, type ModifyTarget } from './modify-target.ts';
import { bindStoredSql } from './modify.ts';
import type { QueryInput } from './query.ts';
import { sameExpr } from './same-expr.ts';
import { Scope, type RangeItem } from './scope.ts';

/** The new row, as the statement names it and as the table has it. */
interface NewRow {
  readonly item: RangeItem;
  readonly table: RangeItem;
}

export function findArbiters(
  clause: OnConflictClause,
  target: ModifyTarget,
  row: NewRow,
  input: QueryInput,
): Arbiter[] {
  const { context } = input;
  const infer = clause.infer ?? {};
  const columns = new Map(row.table.columns.map(({ name, expr }) => [name, expr]));
  const bindStored = (sql: string): Expr =>
    normalized(bindStoredSql(context, sql, columns, 'index expressions'));
  const arbiter = (index: IndexDescriptor): Arbiter => ({
    index: index.oid,
    keys: index.keys.map((key) =>
      key.column === 0
        ? bindStored(key.expressionSql ?? '')
        : (columns.get(target.table.columns[key.column - 1].name) as Expr),
    ),
    predicate: index.predicateSql === undefined ? null : bindStored(index.predicateSql),
  });
  const indexes = context.env.catalog.indexesOf(target.table.oid);
  if (infer.conname !== undefined) {
    const named = constraintIndex(target, infer, input);
    return indexes.filter(({ oid }) => oid === named).map(arbiter);
  }
  const wanted = (infer.indexElems ?? []).map((node) =>
    wantedKey(node, infer.location, target, row, input),
  );
  const matches = indexes
    .filter(
      (index) =>
        index.unique && (index.predicateSql === undefined || infer.whereClause !== undefined),
    )
    .map(arbiter)
    .filter(({ keys }) => sameKeys(keys, wanted));
  if (matches.length > 0) return matches;
  throw context.error(
    'invalid_column_reference',
    'there is no unique or exclusion constraint matching the ON CONFLICT specification',
  );
}

function constraintIndex(
  target: ModifyTarget,
  infer: NonNullable<OnConflictClause['infer']>,
  { context }: QueryInput,
) {
  const { relation } = target;
  const constraints = relation.kind === 'table' ? relation.constraints : [];
  const constraint = constraints.find((candidate) => candidate.name === infer.conname);
  if (constraint === undefined) {
    throw context.error(
      'undefined_object',
      `constraint "${infer.conname}" for table "${relation.name}" does not exist`,
    );
  }
  if (constraint.kind !== 'check') return constraint.index;
  throw context.error(
    'wrong_object_type',
    'constraint in ON CONFLICT clause has no associated index',
    infer.location,
  );
}

/** A column or expression between the parentheses, over the table's new row. */
function wantedKey(
  node: Node,
  location: number | undefined,
  target: ModifyTarget,
  row: NewRow,
  input: QueryInput,
): Expr {
  const { context } = input;
  const element = nodeAs(node, 'IndexElem');
  const name = element?.name;
  if (name === undefined) {
    const columns = row.item.columns.map((column) => ({ item: row.item, ...column }));
    const scope = new Scope(context, null, new Map(), { items: [row.item], columns });
    scope.clause = 'index expressions';
    return normalized(bindExpr(element?.expr as Node, scope));
  }
  const place = liveColumns(target.relation).findIndex((candidate) => candidate.name === name);
  if (place < 0)
    throw context.error('undefined_column', `column "${name}" does not exist`, location);
  const { position } = columnAt(target, place);
  // What a view computes is no column of the table, but may be what an index is over.
  return position < 0 ? normalized(row.item.columns[place].expr) : row.table.columns[position].expr;
}

function sameKeys(keys: readonly Expr[], wanted: readonly Expr[]): boolean {
  return (
    keys.every((key) => wanted.some((each) => sameExpr(key, each))) &&
    wanted.every((each) => keys.some((key) => sameExpr(key, each)))
  );
}

/** Stored expressions spell out the casts that the user left to the binder. */
function normalized(expr: Expr): Expr {
  return transformExpr(expr, (each) =>
    each.kind === 'cast' && each.type.typmod < 0 ? { ...each, explicit: true } : each,
  );
}
