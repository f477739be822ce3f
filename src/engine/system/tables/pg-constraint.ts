/** pg_constraint and pg_attrdef: constraints and defaults of tables. */
import type {
  ConstraintDescriptor,
  TableDescriptor,
  ViewDescriptor,
} from '../../../catalog/catalog.ts';
import { PgArray } from '../../../types/pg-array.ts';
import { OID } from '../../../types/type.ts';
import { columnDefaultOid } from '../object-oids.ts';
import { versionedTable, perObject, type Row } from '../virtual-table.ts';

const TYPE_LETTER: Readonly<Record<ConstraintDescriptor['kind'], string>> = {
  primary: 'p',
  unique: 'u',
  check: 'c',
};

function constraintRow(table: TableDescriptor, constraint: ConstraintDescriptor): Row {
  const isCheck = constraint.kind === 'check';
  return [
    constraint.oid,
    constraint.name,
    table.schema,
    TYPE_LETTER[constraint.kind],
    false,
    false,
    !(isCheck && constraint.notValid === true),
    table.oid,
    0,
    isCheck ? 0 : constraint.index,
    0,
    0,
    ' ',
    ' ',
    ' ',
    true,
    0,
    !isCheck,
    constraint.columns.length === 0 ? null : new PgArray(OID.int2, constraint.columns),
    null,
    null,
    null,
    null,
    null,
    null,
    isCheck ? constraint.sql : null,
  ];
}

const constraintRows = perObject((table: TableDescriptor): Row[] =>
  table.constraints.map((constraint) => constraintRow(table, constraint)),
);

export const pgConstraint = versionedTable('pg_constraint', function* (catalog) {
  for (const relation of catalog.relations()) {
    if (relation.kind === 'table') yield* constraintRows(relation);
  }
});

const defaultRows = perObject((table: TableDescriptor | ViewDescriptor): Row[] => {
  const rows: Row[] = [];
  for (const { attnum, defaultSql, generatedSql, dropped } of table.columns) {
    const sql = generatedSql ?? defaultSql;
    if (sql !== null && dropped !== true)
      rows.push([columnDefaultOid(table.oid, attnum), table.oid, attnum, sql]);
  }
  return rows;
});

export const pgAttrdef = versionedTable('pg_attrdef', function* (catalog) {
  for (const relation of catalog.relations()) {
    if (relation.kind === 'table' || relation.kind === 'view') yield* defaultRows(relation);
  }
});
