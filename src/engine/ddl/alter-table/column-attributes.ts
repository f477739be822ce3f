/** ALTER COLUMN: defaults, NOT NULL and identity. */
import type { ColumnDescriptor, TableDescriptor } from '../../../catalog/catalog.ts';
import { dbError } from '../../../errors/db-error.ts';
import { nodeAs, type Node, type NodeBody } from '../../../parse/ast.ts';
import { OID } from '../../../types/type.ts';
import { canonicalDefault } from '../../expressions.ts';
import { addSequence } from '../table-draft.ts';
import { changeSequence } from '../sequence.ts';
import { verifyRows } from './rewrite.ts';
import {
  currentTable,
  draftOf,
  mustColumn,
  putTable,
  replaceColumn,
  withColumn,
  type AlterTarget,
} from './target.ts';

function describe(table: TableDescriptor, column: ColumnDescriptor): string {
  return `column "${column.name}" of relation "${table.name}"`;
}

/** SET DEFAULT, or DROP DEFAULT where there is no expression. */
export async function setDefault(
  target: AlterTarget,
  name: string,
  expr: Node | undefined,
): Promise<void> {
  const table = currentTable(target);
  const column = mustColumn(table, name);
  if (column.identity !== '') {
    throw dbError('syntax_error', {
      message: `${describe(table, column)} is an identity column`,
      hint:
        expr === undefined
          ? 'Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.'
          : undefined,
    });
  }
  const defaultSql = canonicalDefault(target.session, expr, name, column.type, target.sql);
  await replaceColumn(target, { ...column, defaultSql });
}

export async function setNotNull(target: AlterTarget, name: string): Promise<void> {
  const column = mustColumn(currentTable(target), name);
  if (column.notNull) return;
  await verifyRows(target, { notNull: [column], checks: [] });
  await replaceColumn(target, { ...column, notNull: true });
}

export async function dropNotNull(target: AlterTarget, name: string): Promise<void> {
  const table = currentTable(target);
  const column = mustColumn(table, name);
  if (column.identity !== '') {
    throw dbError('syntax_error', `${describe(table, column)} is an identity column`);
  }
  const key = table.constraints.find((constraint) => constraint.kind === 'primary');
  if (key?.columns.includes(column.attnum) === true) {
    throw dbError('invalid_table_definition', `column "${name}" is in a primary key`);
  }
  if (table.hypertable?.timeColumn === column.attnum) {
    throw dbError(
      'feature_not_supported',
      'cannot drop not-null constraint from a time-partitioned column',
    );
  }
  if (column.notNull) await replaceColumn(target, { ...column, notNull: false });
}

export async function addIdentity(
  target: AlterTarget,
  name: string,
  definition: NodeBody<'Constraint'>,
): Promise<void> {
  const table = currentTable(target);
  const column = mustColumn(table, name);
  const refuse = (message: string): never => {
    throw dbError('object_not_in_prerequisite_state', message);
  };
  if (!column.notNull)
    refuse(`${describe(table, column)} must be declared NOT NULL before identity can be added`);
  if (column.identity !== '') refuse(`${describe(table, column)} is already an identity column`);
  if (column.defaultSql !== null) refuse(`${describe(table, column)} already has a default value`);
  const { oid } = column.type;
  if (oid !== OID.int2 && oid !== OID.int4 && oid !== OID.int8) {
    throw dbError(
      'invalid_parameter_value',
      'identity column type must be smallint, integer, or bigint',
    );
  }
  const draft = draftOf(target, table);
  const identity = definition.generated_when === 'a' ? 'a' : 'd';
  const sequence = { type: oid, options: definition.options, serial: false };
  const changed = await addSequence(draft, {
    column: { ...column, identity },
    sequence,
    constraints: [],
  });
  await putTable(
    target,
    { ...table, columns: withColumn(table.columns, changed) },
    draft.sequences.map((object) => ({ change: 'put', object })),
  );
}

/** SET GENERATED and sequence options. */
export async function setIdentity(
  target: AlterTarget,
  name: string,
  options: readonly Node[],
): Promise<void> {
  const table = currentTable(target);
  const column = mustColumn(table, name);
  const sequence = target.session.catalog().relation(column.identitySequence ?? 0);
  if (column.identity === '' || sequence?.kind !== 'sequence') {
    throw dbError(
      'object_not_in_prerequisite_state',
      `${describe(table, column)} is not an identity column`,
    );
  }
  let { identity } = column;
  const rest: Node[] = [];
  for (const option of options) {
    const element = nodeAs(option, 'DefElem');
    if (element?.defname === 'generated') {
      identity = nodeAs(element.arg, 'Integer')?.ival === GENERATED_ALWAYS ? 'a' : 'd';
    } else rest.push(option);
  }
  if (identity !== column.identity) await replaceColumn(target, { ...column, identity });
  if (rest.length > 0) await changeSequence(target.session, sequence, rest);
}

/** The character 'a'. */
const GENERATED_ALWAYS = 97;

export async function dropIdentity(
  target: AlterTarget,
  name: string,
  missingOk: boolean,
): Promise<void> {
  const table = currentTable(target);
  const column = mustColumn(table, name);
  if (column.identity === '') {
    const message = `${describe(table, column)} is not an identity column`;
    if (!missingOk) throw dbError('object_not_in_prerequisite_state', message);
    target.session.notice('NOTICE', `${message}, skipping`);
    return;
  }
  const { identitySequence } = column;
  const changed: ColumnDescriptor = { ...column, identity: '', identitySequence: undefined };
  await putTable(
    target,
    { ...table, columns: withColumn(table.columns, changed) },
    identitySequence === undefined ? [] : [{ change: 'drop', oid: identitySequence }],
  );
}
