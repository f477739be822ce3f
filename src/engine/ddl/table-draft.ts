/** A table on its way into the catalog, and the sequences of its columns. */
import type {
  ColumnDescriptor,
  ConstraintDescriptor,
  IndexDescriptor,
  SequenceDescriptor,
} from '../../catalog/catalog.ts';
import { quoteIdentifier } from '../../base/identifier.ts';
import type { Oid } from '../../types/type.ts';
import type { Namespace } from '../../plan/bind/scope.ts';
import { tableNames, type CheckedColumns } from '../expressions.ts';
import type { SessionContext } from '../session-context.ts';
import type { ColumnPlan } from './column-definition.ts';
import { chooseName } from './names.ts';
import { sequenceDescriptor } from './sequence.ts';

/** What CREATE TABLE will put into the catalog, built up step by step. */
export interface TableDraft {
  readonly session: SessionContext;
  readonly sql: string;
  readonly oid: Oid;
  readonly name: string;
  readonly schema: Oid;
  readonly columns: ColumnDescriptor[];
  readonly constraints: ConstraintDescriptor[];
  readonly indexes: IndexDescriptor[];
  readonly sequences: SequenceDescriptor[];
  readonly takenNames: Set<string>;
  /** What checks can name; see `checkedColumns`. */
  names?: Namespace;
}

/** The draft's columns as its checks see them: made anew only when columns have come. */
export function checkedColumns(draft: TableDraft): CheckedColumns {
  const { columns } = draft;
  if (draft.names?.columns.length !== columns.length) {
    draft.names = tableNames(draft.name, columns);
  }
  return { names: draft.names, columns };
}

/** The sequence of a serial or identity column, owned by it. */
export async function addSequence(draft: TableDraft, plan: ColumnPlan): Promise<ColumnDescriptor> {
  const { session, schema } = draft;
  const request = plan.sequence as NonNullable<ColumnPlan['sequence']>;
  const name = chooseName(
    session.catalog(),
    schema,
    [draft.name, plan.column.name],
    'seq',
    draft.takenNames,
  );
  draft.takenNames.add(name);
  const oid = await session.transaction.current().allocateOid();
  draft.sequences.push(
    sequenceDescriptor(session, {
      oid,
      name,
      schema,
      type: request.type,
      options: request.options ?? [],
      ownedBy: { table: draft.oid, column: plan.column.attnum },
    }),
  );
  if (!request.serial) return { ...plan.column, identitySequence: oid };
  const owner = session.catalog().schema(schema)?.name ?? '';
  const qualified = `${quoteIdentifier(owner)}.${quoteIdentifier(name)}`;
  return { ...plan.column, defaultSql: `nextval('${qualified.replaceAll("'", "''")}'::regclass)` };
}
