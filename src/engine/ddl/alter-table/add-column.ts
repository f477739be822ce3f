/** ADD COLUMN: rows that are there read a constant default as a missing value, a volatile one is written. */
import {
  liveColumns,
  type CatalogChange,
  type CheckConstraint,
  type ColumnDescriptor,
  type TableDescriptor,
} from '../../../catalog/catalog.ts';
import { dbError } from '../../../errors/db-error.ts';
import { compileExpr } from '../../../exec/expression.ts';
import type { ColumnDef } from '../../../parse/ast.ts';
import { isVolatile } from '../../../plan/expr-walk.ts';
import { codecFor } from '../../../types/codecs.ts';
import { valueAt } from '../../../vector/vector.ts';
import { bindColumnDefault } from '../../expressions.ts';
import { NEUTRAL_FORMAT } from '../../../types/neutral-format.ts';
import { planColumn, requireColumnName } from '../column-definition.ts';
import { addConstraint } from '../create-table.ts';
import { noteExisting } from '../names.ts';
import { addSequence, type TableDraft } from '../table-draft.ts';
import { requireUniqueHasTime } from '../hypertable-options.ts';
import { rewriteTable, verifyRows } from './rewrite.ts';
import { currentTable, draftOf, putTable, withColumn, type AlterTarget } from './target.ts';

export async function addColumn(
  target: AlterTarget,
  definition: ColumnDef,
  ifNotExists: boolean,
): Promise<void> {
  const { session } = target;
  const before = currentTable(target);
  const name = definition.colname ?? '';
  requireColumnName(name);
  if (liveColumns(before).some((column) => column.name === name)) {
    const label = `column "${name}" of relation "${before.name}"`;
    if (!ifNotExists) throw dbError('duplicate_column', `${label} already exists`);
    noteExisting(session, 'duplicate_column', label);
    return;
  }
  const plan = planColumn(session, definition, before.columns.length + 1, target.sql);
  const draft = draftOf(target, before);
  const column = plan.sequence === null ? plan.column : await addSequence(draft, plan);
  draft.columns.push(column);
  for (const constraint of plan.constraints) {
    const isCheck = constraint.contype === 'CONSTR_CHECK';
    await addConstraint(
      draft,
      isCheck ? constraint : { ...constraint, keys: [{ String: { sval: name } }] },
    );
  }
  requireHypertableIndexes(before, draft);
  await fillColumn(target, before, draft, column);
  for (const index of draft.indexes) {
    await session.transaction.current().buildIndex(currentTable(target), index);
  }
}

/** Unique indexes of a hypertable must hold its time column. */
export function requireHypertableIndexes(table: TableDescriptor, draft: TableDraft): void {
  const time = table.columns.find((column) => column.attnum === table.hypertable?.timeColumn);
  if (time !== undefined) requireUniqueHasTime(table.name, time, draft.indexes);
}

async function fillColumn(
  target: AlterTarget,
  before: TableDescriptor,
  draft: TableDraft,
  column: ColumnDescriptor,
): Promise<void> {
  const { session } = target;
  const after: TableDescriptor = {
    ...before,
    columns: draft.columns,
    constraints: draft.constraints,
    schemaVersion: before.schemaVersion + 1,
  };
  const sequences: CatalogChange[] = draft.sequences.map((object) => ({ change: 'put', object }));
  const indexes: CatalogChange[] = draft.indexes.map((object) => ({ change: 'put', object }));
  // Binding nextval() of the column's own sequence needs it in the catalog.
  await session.transaction.current().changeCatalog(sequences);
  const expr = bindColumnDefault(session, column);
  if (expr !== null && isVolatile(expr)) {
    await rewriteTable(target, before, after, new Map([[column.attnum, { expr }]]));
    await session.transaction.current().changeCatalog(indexes);
    return;
  }
  let missingText: string | undefined;
  if (expr !== null) {
    const value = valueAt(
      compileExpr(expr).evaluate({ columns: [], length: 1 }, session.execContext([], 0)),
      0,
    );
    if (value !== null) missingText = codecFor(column.type.oid).formatText(value, NEUTRAL_FORMAT);
  }
  const filled = draft.columns.find(
    (candidate) => candidate.attnum === column.attnum,
  ) as ColumnDescriptor;
  await putTable(
    target,
    { ...after, columns: withColumn(after.columns, { ...filled, missingText }) },
    indexes,
  );
  await verifyRows(target, {
    notNull: filled.notNull && missingText === undefined ? [filled] : [],
    checks: draft.constraints.filter(
      (constraint): constraint is CheckConstraint =>
        constraint.kind === 'check' && !before.constraints.includes(constraint),
    ),
  });
}
