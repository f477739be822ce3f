/** ADD, DROP, VALIDATE and RENAME CONSTRAINT. */
import type {
  CheckConstraint,
  ColumnDescriptor,
  ConstraintDescriptor,
  IndexDescriptor,
  TableDescriptor,
} from '../../../catalog/catalog.ts';
import { dbError, notSupported } from '../../../errors/db-error.ts';
import type { NodeBody } from '../../../parse/ast.ts';
import { addConstraint as draftConstraint } from '../create-table.ts';
import type { TableDraft } from '../table-draft.ts';
import { requireFreeName } from '../names.ts';
import { requireHypertableIndexes } from './add-column.ts';
import { verifyRows } from './rewrite.ts';
import { currentTable, draftOf, putTable, withColumn, type AlterTarget } from './target.ts';

type ConstraintNode = NodeBody<'Constraint'>;

export async function addConstraint(target: AlterTarget, node: ConstraintNode): Promise<void> {
  const { session } = target;
  const table = currentTable(target);
  const { conname } = node;
  if (
    conname !== undefined &&
    table.constraints.some((constraint) => constraint.name === conname)
  ) {
    throw dbError(
      'duplicate_object',
      `constraint "${conname}" for relation "${table.name}" already exists`,
    );
  }
  if (node.indexname !== undefined)
    return await constraintFromIndex(target, table, node, node.indexname);
  const draft = draftOf(target, table);
  await draftConstraint(draft, node);
  requireHypertableIndexes(table, draft);
  const skip = node.contype === 'CONSTR_CHECK' && node.skip_validation === true;
  const constraints = skip
    ? draft.constraints.map((each, i) => (i < table.constraints.length ? each : unchecked(each)))
    : draft.constraints;
  await verifyNew(target, table, draft, skip);
  await putTable(
    target,
    { ...table, columns: draft.columns, constraints },
    draft.indexes.map((object) => ({ change: 'put', object })),
  );
  for (const index of draft.indexes) {
    await session.transaction.current().buildIndex(currentTable(target), index);
  }
}

function unchecked(constraint: ConstraintDescriptor): ConstraintDescriptor {
  return constraint.kind === 'check' ? { ...constraint, notValid: true } : constraint;
}

/** Rows that are there must satisfy what the draft adds. */
async function verifyNew(
  target: AlterTarget,
  table: TableDescriptor,
  draft: TableDraft,
  skipChecks: boolean,
): Promise<void> {
  const added = draft.constraints.slice(table.constraints.length);
  await verifyRows(target, {
    notNull: draft.columns.filter(
      (column, i) => column.notNull && table.columns[i]?.notNull === false,
    ),
    checks: skipChecks
      ? []
      : added.filter((constraint): constraint is CheckConstraint => constraint.kind === 'check'),
  });
}

/** PRIMARY KEY or UNIQUE USING INDEX: the index becomes the constraint's, under its name. */
async function constraintFromIndex(
  target: AlterTarget,
  table: TableDescriptor,
  node: ConstraintNode,
  indexName: string,
): Promise<void> {
  const { session } = target;
  if (node.deferrable === true) throw notSupported('a deferrable constraint');
  const primary = node.contype === 'CONSTR_PRIMARY';
  if (primary && table.constraints.some((constraint) => constraint.kind === 'primary')) {
    throw dbError(
      'invalid_table_definition',
      `multiple primary keys for table "${table.name}" are not allowed`,
    );
  }
  const index = session.catalog().relationByName(table.schema, indexName);
  if (index?.kind !== 'index')
    throw dbError('undefined_object', `index "${indexName}" does not exist`);
  requireUsable(table, index);
  const name = node.conname ?? index.name;
  if (name !== index.name) {
    requireFreeName(session.catalog(), table.schema, name);
    session.notice(
      'NOTICE',
      `ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index "${index.name}" to "${name}"`,
    );
  }
  const attnums = index.keys.map((key) => key.column);
  let { columns } = table;
  if (primary) {
    const nullable = columns.filter((column) => attnums.includes(column.attnum) && !column.notNull);
    await verifyRows(target, { notNull: nullable, checks: [] });
    for (const column of nullable)
      columns = withColumn(columns, { ...column, notNull: true } satisfies ColumnDescriptor);
  }
  const constraint: ConstraintDescriptor = {
    kind: primary ? 'primary' : 'unique',
    oid: await session.transaction.current().allocateOid(),
    name,
    index: index.oid,
    columns: attnums,
  };
  await putTable(target, { ...table, columns, constraints: [...table.constraints, constraint] }, [
    { change: 'put', object: { ...index, name, primary } },
  ]);
}

function requireUsable(table: TableDescriptor, index: IndexDescriptor): void {
  const wrong = (message: string): never => {
    throw dbError('wrong_object_type', {
      message,
      detail: 'Cannot create a primary key or unique constraint using such an index.',
    });
  };
  if (
    table.constraints.some(
      (constraint) => constraint.kind !== 'check' && constraint.index === index.oid,
    )
  ) {
    throw dbError(
      'object_not_in_prerequisite_state',
      `index "${index.name}" is already associated with a constraint`,
    );
  }
  if (index.table !== table.oid) {
    throw dbError(
      'object_not_in_prerequisite_state',
      `index "${index.name}" does not belong to table "${table.name}"`,
    );
  }
  if (!index.unique) wrong(`"${index.name}" is not a unique index`);
  if (index.keys.some((key) => key.column === 0))
    wrong(`index "${index.name}" contains expressions`);
  if (index.predicateSql !== undefined) wrong(`"${index.name}" is a partial index`);
  if (index.keys.some((key) => key.descending || key.nullsFirst)) {
    wrong(
      `index "${index.name}" column number ${index.keys.findIndex((key) => key.descending || key.nullsFirst) + 1} does not have default sorting behavior`,
    );
  }
}

export async function dropConstraint(
  target: AlterTarget,
  name: string,
  missingOk: boolean,
): Promise<void> {
  const table = currentTable(target);
  const constraint = table.constraints.find((candidate) => candidate.name === name);
  if (constraint === undefined) {
    const message = `constraint "${name}" of relation "${table.name}" does not exist`;
    if (!missingOk) throw dbError('undefined_object', message);
    target.session.notice('NOTICE', `${message}, skipping`);
    return;
  }
  const constraints = table.constraints.filter((candidate) => candidate !== constraint);
  await putTable(
    target,
    { ...table, constraints },
    constraint.kind === 'check' ? [] : [{ change: 'drop', oid: constraint.index }],
  );
}

export async function validateConstraint(target: AlterTarget, name: string): Promise<void> {
  const table = currentTable(target);
  const constraint = table.constraints.find((candidate) => candidate.name === name);
  if (constraint === undefined) {
    throw dbError(
      'undefined_object',
      `constraint "${name}" of relation "${table.name}" does not exist`,
    );
  }
  if (constraint.kind !== 'check') {
    throw dbError(
      'wrong_object_type',
      `constraint "${name}" of relation "${table.name}" is not a foreign key or check constraint`,
    );
  }
  if (constraint.notValid !== true) return;
  await verifyRows(target, { notNull: [], checks: [constraint] });
  await putTable(target, {
    ...table,
    constraints: table.constraints.map((each) =>
      each === constraint ? { ...constraint, notValid: undefined } : each,
    ),
  });
}

/** The index behind a key takes the constraint's new name. */
export async function renameConstraint(
  target: AlterTarget,
  from: string,
  to: string,
): Promise<void> {
  const { session } = target;
  const table = currentTable(target);
  const constraint = table.constraints.find((candidate) => candidate.name === from);
  if (constraint === undefined) {
    throw dbError(
      'undefined_object',
      `constraint "${from}" for table "${table.name}" does not exist`,
    );
  }
  if (constraint.kind !== 'check') requireFreeName(session.catalog(), table.schema, to);
  if (table.constraints.some((candidate) => candidate.name === to)) {
    throw dbError(
      'duplicate_object',
      `constraint "${to}" for relation "${table.name}" already exists`,
    );
  }
  const index =
    constraint.kind === 'check' ? undefined : session.catalog().relation(constraint.index);
  await putTable(
    target,
    {
      ...table,
      constraints: table.constraints.map((each) =>
        each === constraint ? { ...each, name: to } : each,
      ),
    },
    index?.kind === 'index' ? [{ change: 'put', object: { ...index, name: to } }] : [],
  );
}
