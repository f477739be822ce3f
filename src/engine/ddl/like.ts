/** CREATE TABLE (LIKE source INCLUDING ...): columns at once, constraints and indexes when all columns are known. */
import type {
  ColumnDescriptor,
  ConstraintDescriptor,
  IndexDescriptor,
  TableDescriptor,
} from '../../catalog/catalog.ts';
import { liveColumns } from '../../catalog/catalog.ts';
import { dbError } from '../../errors/db-error.ts';
import type { NodeBody, RangeVar } from '../../parse/ast.ts';
import { requirePrivilege } from '../privileges.ts';
import { addSequence, type TableDraft } from './table-draft.ts';
import { atName, chooseName, mustFindTable } from './names.ts';
import { sequenceOptions } from './sequence.ts';

/** INCLUDING words as bits of the syntax tree. */
const COMMENTS = 1;
const CONSTRAINTS = 4;
const DEFAULTS = 8;
const IDENTITY = 32;
const INDEXES = 64;

/** Adds the columns; the result adds the rest. */
export async function addLike(
  draft: TableDraft,
  like: NodeBody<'TableLikeClause'>,
): Promise<() => Promise<void>> {
  const name = like.relation as RangeVar;
  const source = await atName(draft.sql, name, () => mustFindTable(draft.session, name));
  requirePrivilege(draft.session, source, 'r');
  const includes = (bit: number): boolean => ((like.options ?? 0) & bit) !== 0;
  const attnums = new Map<number, number>();
  for (const column of liveColumns(source)) {
    if (draft.columns.some((other) => other.name === column.name)) {
      throw dbError('duplicate_column', `column "${column.name}" specified more than once`);
    }
    const attnum = draft.columns.length + 1;
    attnums.set(column.attnum, attnum);
    const copy: ColumnDescriptor = {
      attnum,
      name: column.name,
      type: column.type,
      notNull: column.notNull,
      defaultSql: includes(DEFAULTS) ? column.defaultSql : null,
      identity: '',
      comment: includes(COMMENTS) ? column.comment : undefined,
    };
    draft.columns.push(
      includes(IDENTITY) && column.identity !== '' ? await withIdentity(draft, column, copy) : copy,
    );
  }
  return async () => {
    if (includes(CONSTRAINTS)) await copyChecks(draft, source, attnums, includes(COMMENTS));
    if (includes(INDEXES)) await copyIndexes(draft, source, attnums, includes(COMMENTS));
  };
}

/** An identity column of its own, with a sequence like the source's. */
async function withIdentity(
  draft: TableDraft,
  source: ColumnDescriptor,
  copy: ColumnDescriptor,
): Promise<ColumnDescriptor> {
  const sequence = draft.session.catalog().relation(source.identitySequence ?? 0);
  const options = sequence?.kind === 'sequence' ? sequenceOptions(sequence) : [];
  return await addSequence(draft, {
    column: { ...copy, identity: source.identity },
    sequence: { type: source.type.oid, options, serial: false },
    constraints: [],
  });
}

async function copyChecks(
  draft: TableDraft,
  source: TableDescriptor,
  attnums: ReadonlyMap<number, number>,
  comments: boolean,
): Promise<void> {
  for (const constraint of source.constraints) {
    if (constraint.kind !== 'check') continue;
    if (draft.constraints.some((other) => other.name === constraint.name)) {
      throw dbError(
        'duplicate_object',
        `constraint "${constraint.name}" for relation "${draft.name}" already exists`,
      );
    }
    draft.constraints.push({
      kind: 'check',
      oid: await draft.session.transaction.current().allocateOid(),
      name: constraint.name,
      sql: constraint.sql,
      columns: constraint.columns.map((attnum) => attnums.get(attnum) ?? 0),
      comment: comments ? constraint.comment : undefined,
    });
  }
}

async function copyIndexes(
  draft: TableDraft,
  source: TableDescriptor,
  attnums: ReadonlyMap<number, number>,
  comments: boolean,
): Promise<void> {
  for (const index of draft.session.catalog().indexesOf(source.oid)) {
    const constraint = source.constraints.find(
      (candidate) => candidate.kind !== 'check' && candidate.index === index.oid,
    );
    await copyIndex(draft, index, constraint, attnums, comments);
  }
}

async function copyIndex(
  draft: TableDraft,
  index: IndexDescriptor,
  constraint: ConstraintDescriptor | undefined,
  attnums: ReadonlyMap<number, number>,
  comments: boolean,
): Promise<void> {
  const primary = constraint?.kind === 'primary';
  if (primary && draft.constraints.some((other) => other.kind === 'primary')) {
    throw dbError(
      'invalid_table_definition',
      `multiple primary keys for table "${draft.name}" are not allowed`,
    );
  }
  const transaction = draft.session.transaction.current();
  const keys = index.keys.map((key) => ({ ...key, column: attnums.get(key.column) ?? 0 }));
  const names = keys.map(({ column }) => (column === 0 ? 'expr' : draft.columns[column - 1]?.name));
  const suffix = primary ? 'pkey' : constraint === undefined ? 'idx' : 'key';
  const name = chooseName(
    draft.session.catalog(),
    draft.schema,
    [draft.name, primary ? '' : names.join('_')],
    suffix,
    draft.takenNames,
  );
  draft.takenNames.add(name);
  const copy: IndexDescriptor = {
    ...index,
    oid: await transaction.allocateOid(),
    name,
    schema: draft.schema,
    table: draft.oid,
    keys,
    include: index.include.map((attnum) => attnums.get(attnum) ?? 0),
    storageId: await transaction.allocateStorageId(),
    comment: comments ? index.comment : undefined,
  };
  draft.indexes.push(copy);
  if (constraint === undefined || constraint.kind === 'check') return;
  draft.constraints.push({
    kind: constraint.kind,
    oid: await transaction.allocateOid(),
    name,
    index: copy.oid,
    columns: keys.map((key) => key.column),
    comment: comments ? constraint.comment : undefined,
  });
}
