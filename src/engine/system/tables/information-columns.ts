/** information_schema.columns and element_types. */
import {
  liveColumns,
  type CatalogSnapshot,
  type ColumnDescriptor,
  type ReadableRelation,
  type ViewDescriptor,
} from '../../../catalog/catalog.ts';
import { DELETE_EVENT, UPDATE_EVENT } from '../../../plan/updatable.ts';
import { elementTypeOf } from '../../../types/type-table.ts';
import { sqlType, type Oid } from '../../../types/type.ts';
import { hasPrivilege } from '../../privileges.ts';
import type { SessionContext } from '../../session-context.ts';
import { typeDetails } from '../type-details.ts';
import { updatability } from '../updatability.ts';
import {
  perObject,
  rowMaker,
  type FieldValues,
  type Row,
  type VirtualTable,
} from '../virtual-table.ts';

type WithColumns = Exclude<ReadableRelation, { kind: 'sequence' }>;

/** Tables and views that the current role may read or write. */
function* visibleRelations(session: SessionContext): Iterable<WithColumns> {
  for (const relation of session.catalog().relations()) {
    if (relation.kind === 'index' || relation.kind === 'sequence') continue;
    const mayUse = (['r', 'a', 'w'] as const).some((letter) =>
      hasPrivilege(session, relation, letter),
    );
    if (mayUse) yield relation;
  }
}

function identityValues(column: ColumnDescriptor, catalog: CatalogSnapshot): FieldValues {
  if (column.identity === '') return { is_identity: 'NO', identity_cycle: 'NO' };
  const sequence = catalog.relation(column.identitySequence ?? 0);
  const generation = column.identity === 'a' ? 'ALWAYS' : 'BY DEFAULT';
  const common = { is_identity: 'YES', identity_generation: generation };
  if (sequence?.kind !== 'sequence') return { ...common, identity_cycle: 'NO' };
  return {
    ...common,
    identity_start: sequence.start,
    identity_increment: sequence.increment,
    identity_maximum: sequence.maximum,
    identity_minimum: sequence.minimum,
    identity_cycle: sequence.cycle ? 'YES' : 'NO',
  };
}

const columnsRow = rowMaker('information_schema', 'columns');

function columnRow(relation: WithColumns, column: ColumnDescriptor, catalog: CatalogSnapshot): Row {
  return columnsRow({
    table_catalog: catalog.databaseName,
    table_schema: catalog.schema(relation.schema)?.name ?? null,
    table_name: relation.name,
    column_name: column.name,
    ordinal_position: column.attnum,
    column_default: column.defaultSql,
    is_nullable: column.notNull ? 'NO' : 'YES',
    ...typeDetails(column.type, catalog),
    dtd_identifier: String(column.attnum),
    is_self_referencing: 'NO',
    ...identityValues(column, catalog),
    is_generated: column.generatedSql === undefined ? 'NEVER' : 'ALWAYS',
    generation_expression: column.generatedSql ?? null,
    is_updatable: relation.kind === 'table' ? 'YES' : 'NO',
  });
}

/** Rows by relation; clients ask table by table, and only DDL changes the answers. */
const columnRows = perObject((catalog: CatalogSnapshot) =>
  perObject((relation: WithColumns): Row[] =>
    liveColumns(relation).map((column) => columnRow(relation, column, catalog)),
  ),
);

export const informationColumns: VirtualTable = {
  schema: 'information_schema',
  name: 'columns',
  *rows(session) {
    const rowsOf = columnRows(session.catalog());
    for (const relation of visibleRelations(session)) {
      for (const row of rowsOf(relation)) {
        const shown = withDefaultText(row, relation.oid, session);
        yield relation.kind === 'view' ? withUpdatable(shown, relation, session) : shown;
      }
    }
  },
};

/** Position of column_default in the view. */
const COLUMN_DEFAULT = 5;
/** Of ordinal_position. */
const ATTNUM = 4;
const UPDATABLE = UPDATE_EVENT | DELETE_EVENT;

/** A view's column can be changed where it is one of a table; that takes more than its own descriptor. */
function withUpdatable(row: Row, view: ViewDescriptor, session: SessionContext): Row {
  const events = updatability(session, view.oid, Number(row[ATTNUM]));
  if ((events & UPDATABLE) !== UPDATABLE) return row;
  return [...row.slice(0, -1), 'YES'];
}

/** The default with names as the session's search_path needs them. */
function withDefaultText(row: Row, relation: Oid, session: SessionContext): Row {
  const sql = row[COLUMN_DEFAULT];
  if (typeof sql !== 'string') return row;
  const text = session.evalContext().sqlTexts?.expression(sql, relation, false) ?? sql;
  return text === sql ? row : row.map((value, i) => (i === COLUMN_DEFAULT ? text : value));
}

const elementRow = rowMaker('information_schema', 'element_types');

/** Element types of array columns. */
export const elementTypes: VirtualTable = {
  schema: 'information_schema',
  name: 'element_types',
  *rows(session) {
    const catalog = session.catalog();
    for (const relation of visibleRelations(session)) {
      for (const column of liveColumns(relation)) {
        const element = elementTypeOf(column.type.oid);
        if (element === undefined) continue;
        yield elementRow({
          object_catalog: catalog.databaseName,
          object_schema: catalog.schema(relation.schema)?.name ?? null,
          object_name: relation.name,
          object_type: 'TABLE',
          collection_type_identifier: String(column.attnum),
          ...withoutModifier(typeDetails(sqlType(element), catalog)),
          dtd_identifier: `a${column.attnum}`,
        });
      }
    }
  },
};

/** PostgreSQL gives no lengths and precisions of elements. */
function withoutModifier(details: FieldValues): FieldValues {
  const { data_type, udt_catalog, udt_schema, udt_name } = details;
  return { data_type, udt_catalog, udt_schema, udt_name };
}
