/** ALTER COLUMN TYPE: rows are rewritten unless their stored form already fits the new type. */
import {
  liveColumns,
  type CatalogChange,
  type ColumnDescriptor,
  type TableDescriptor,
} from '../../../catalog/catalog.ts';
import { dbError, notSupported } from '../../../errors/db-error.ts';
import { isAsync } from '../../../exec/expression.ts';
import type { ColumnDef, Node, TypeName } from '../../../parse/ast.ts';
import { parseExpression } from '../../../parse/parser.ts';
import { tryCoerce } from '../../../plan/bind/coerce.ts';
import { bindExpr } from '../../../plan/bind/expr.ts';
import { typeText } from '../../../plan/bind/types.ts';
import { deparseExpr } from '../../../plan/deparse.ts';
import { walkExpr } from '../../../plan/expr-walk.ts';
import type { Expr } from '../../../plan/expr.ts';
import { OID, type SqlType } from '../../../types/type.ts';
import { tableScope } from '../../expressions.ts';
import { columnType } from '../column-definition.ts';
import { describeObject } from '../dependencies.ts';
import { viewsUsing } from './drop-column.ts';
import { rewriteTable } from './rewrite.ts';
import { carryChecks, carryIndexes, rebind } from './stored-sql.ts';
import { currentTable, mustColumn, putTable, withColumn, type AlterTarget } from './target.ts';

export async function alterColumnType(
  target: AlterTarget,
  name: string,
  definition: ColumnDef,
): Promise<void> {
  const { session, sql } = target;
  const before = currentTable(target);
  const column = mustColumn(before, name);
  const type = columnType(session, definition.typeName as TypeName, sql);
  if (definition.collClause !== undefined) throw notSupported('COLLATE in ALTER COLUMN TYPE');
  await refuse(target, before, column, type);
  const transform = transformOf(target, before, column, type, definition.raw_default);
  const defaultSql = defaultFor(target, column, type);
  const changed: ColumnDescriptor = { ...column, type, defaultSql, missingText: undefined };
  const columns = withColumn(before.columns, changed);
  const typed: TableDescriptor = { ...before, columns, schemaVersion: before.schemaVersion + 1 };
  const carry = rebind(session, typed);
  const after = { ...typed, constraints: carryChecks(typed, column.attnum, carry) };
  const changes = [
    ...carryIndexes(session, typed, column.attnum, carry),
    ...sequenceTypes(target, column, type),
  ];
  if (definition.raw_default === undefined && sameStoredForm(column.type, type)) {
    const kept = withColumn(before.columns, { ...changed, missingText: column.missingText });
    await putTable(target, { ...after, columns: kept }, changes);
    return;
  }
  await rewriteTable(
    target,
    before,
    after,
    new Map([[column.attnum, { expr: transform }]]),
    changes,
  );
  for (const index of session.catalog().indexesOf(before.oid)) {
    if (index.unique && before.hypertable !== null) {
      await session.transaction.current().buildIndex(currentTable(target), index);
    }
  }
}

async function refuse(
  target: AlterTarget,
  table: TableDescriptor,
  column: ColumnDescriptor,
  type: SqlType,
): Promise<void> {
  const { session } = target;
  if (table.hypertable?.timeColumn === column.attnum && type.oid !== column.type.oid) {
    throw notSupported(`changing the data type of the hypertable column "${column.name}"`);
  }
  const [view] = await viewsUsing(session, table.oid, column.attnum);
  if (view !== undefined) {
    throw dbError('feature_not_supported', {
      message: 'cannot alter type of a column used by a view or rule',
      detail: `rule _RETURN on ${describeObject(session, view)} depends on column "${column.name}"`,
    });
  }
  const isInteger = type.oid === OID.int2 || type.oid === OID.int4 || type.oid === OID.int8;
  if (column.identity !== '' && !isInteger) {
    throw dbError(
      'invalid_parameter_value',
      'identity column type must be smallint, integer, or bigint',
    );
  }
}

/** The new value over the old live columns by position. */
function transformOf(
  target: AlterTarget,
  table: TableDescriptor,
  column: ColumnDescriptor,
  type: SqlType,
  using: Node | undefined,
): Expr {
  const { session, sql } = target;
  const scope = tableScope(
    session.bindEnvironment(sql, []),
    table.name,
    liveColumns(table),
    'WHERE',
  );
  const source = using ?? { ColumnRef: { fields: [{ String: { sval: column.name } }] } };
  const bound = bindExpr(source, scope);
  const expr = tryCoerce(scope.context, bound, type, 'assignment');
  const newType = typeText(scope.context, type);
  if (expr === undefined && using === undefined) {
    throw dbError('datatype_mismatch', {
      message: `column "${column.name}" cannot be cast automatically to type ${newType}`,
      hint: `You might need to specify "USING ${column.name}::${newType}".`,
    });
  }
  if (expr === undefined) {
    throw dbError('datatype_mismatch', {
      message: `result of USING clause for column "${column.name}" cannot be cast automatically to type ${newType}`,
      hint: 'You might need to add an explicit cast.',
    });
  }
  walkExpr(expr, (node) => {
    if (node.kind === 'subquery' || node.kind === 'subplan') {
      throw dbError('feature_not_supported', 'cannot use subquery in transform expression');
    }
  });
  if (isAsync(expr)) throw notSupported('this function in a USING clause');
  return expr;
}

/** The default cast to the new type, as PostgreSQL keeps it. */
function defaultFor(target: AlterTarget, column: ColumnDescriptor, type: SqlType): string | null {
  const { session } = target;
  const { defaultSql } = column;
  if (defaultSql === null) return null;
  const scope = tableScope(session.bindEnvironment(defaultSql, []), '', [], 'DEFAULT expressions');
  const bound = bindExpr(parseExpression(defaultSql), scope);
  const old = tryCoerce(scope.context, bound, column.type, 'assignment');
  const expr =
    old === undefined
      ? undefined
      : tryCoerce(
          scope.context,
          bound.type.oid === column.type.oid ? bound : old,
          type,
          'assignment',
        );
  if (expr === undefined) {
    throw dbError(
      'datatype_mismatch',
      `default for column "${column.name}" cannot be cast automatically to type ${typeText(scope.context, type)}`,
    );
  }
  const { format } = session.evalContext();
  const text = deparseExpr(expr, { column: () => '', format });
  return old?.type.oid === type.oid && bound.type.oid === type.oid ? defaultSql : text;
}

/** The sequence of an identity column changes its type along. */
function sequenceTypes(
  target: AlterTarget,
  column: ColumnDescriptor,
  type: SqlType,
): CatalogChange[] {
  const sequence = target.session.catalog().relation(column.identitySequence ?? 0);
  if (sequence?.kind !== 'sequence') return [];
  const [minimum, maximum] =
    type.oid === OID.int2
      ? [1n, 32767n]
      : type.oid === OID.int4
        ? [1n, 2147483647n]
        : [1n, 9223372036854775807n];
  const wasDefault = sequence.minimum === '1' && DEFAULT_MAXIMA.has(sequence.maximum);
  if (!wasDefault) return [];
  return [
    {
      change: 'put',
      object: { ...sequence, type: type.oid, minimum: String(minimum), maximum: String(maximum) },
    },
  ];
}

const DEFAULT_MAXIMA: ReadonlySet<string> = new Set(['32767', '2147483647', '9223372036854775807']);

/** True where every stored value is already what the new type would store. */
function sameStoredForm(from: SqlType, to: SqlType): boolean {
  const texts = [OID.text, OID.varchar] as readonly number[];
  if (texts.includes(from.oid) && texts.includes(to.oid)) {
    return (
      to.typmod === -1 ||
      (from.oid === OID.varchar && from.typmod !== -1 && from.typmod <= to.typmod)
    );
  }
  if (from.oid !== to.oid || from.oid === OID.bpchar) return false;
  return from.typmod === to.typmod || (to.typmod === -1 && from.oid !== OID.bit);
}
